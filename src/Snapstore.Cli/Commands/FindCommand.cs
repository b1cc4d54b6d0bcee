using System.CommandLine;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Text;

namespace Snapstore.Cli.Commands;

/// <summary>`find`: searches snapshots for names.</summary>
internal sealed class FindCommand : VerbCommand
{
    public const string Summary = "Search snapshots for files";

    private readonly Argument<string[]> _patterns = Declare.Arguments("PATTERN", "Names or paths, with * ? [a-z] ** (spec/patterns.md)");
    private readonly Option<string[]> _snapshots = Declare.Texts("--snapshot", "SNAPSHOT", "Only in this snapshot (several: in all of them)", "-s");
    private readonly Option<string?> _newer = Declare.Text("--newer", "TIME", "Only what changed at this time or later");
    private readonly Option<string?> _older = Declare.Text("--older", "TIME", "Only what changed before this time");
    private readonly Option<string?> _size = Declare.Text("--size", "[+|-]SIZE", "Only files of this size, or of it and more (+), or less (-)");
    private readonly Option<string?> _type = Declare.Choice("--type", "Only files, directories, links, pipes or devices", "f", "d", "l", "p", "b", "c");
    private readonly Option<bool> _long = Declare.Flag("--long", "Show mode, owner, size in bytes and time", "-l");
    private readonly FilterOptions _filter = new();

    public FindCommand()
        : base("find", Summary)
    {
        Arguments.Add(_patterns);
        Options.Add(_snapshots);
        _filter.AddTo(this);
        Options.Add(_newer);
        Options.Add(_older);
        Options.Add(_size);
        Options.Add(_type);
        Options.Add(_long);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore find report.odt", "Every snapshot that has a file of this name, newest first."),
        ("snapstore find '*.sql' --size +1GiB --newer 30d -s latest", "Large dumps of the last month in the newest snapshot."),
        ("snapstore find '/etc/**' --type l --host web1", "All links below /etc on web1."),
    ];

    public override string Remarks =>
        "Each line is SNAPSHOT:PATH, ready for cat, restore and export. Snapshots are searched newest first; "
        + "what did not change between them is read once.";

    public override int Run(CommandContext context)
    {
        SearchCriteria criteria = Criteria(context);
        SnapshotFilter filter = _filter.Read(context);
        using Repository repository = context.OpenRepository();
        using SnapshotSearch search = new(repository, criteria);
        long count = 0;
        Snapshot[] snapshots = Snapshots(context, repository, filter);
        foreach (Snapshot snapshot in snapshots)
        {
            foreach (ListedEntry found in search.Run(snapshot, context.Cancel))
            {
                count++;
                Print(context, snapshot, found);
            }
        }

        if (count == 0)
            context.Output.Note($"nothing was found in {Quantity.Count(snapshots.Length, "snapshot")}");
        return ExitCode.Done;
    }

    private Snapshot[] Snapshots(CommandContext context, Repository repository, SnapshotFilter filter)
    {
        string[] named = context.Values(_snapshots);
        if (named.Length > 0)
        {
            SnapshotSelector selector = context.Selector(repository, filter);
            return [.. named.Select(selector.Select)];
        }

        SnapshotList list = SnapshotList.Load(repository);
        foreach (string problem in list.Problems)
            context.Output.Warning(problem);
        return [.. list.Snapshots.Where(filter.Takes).Reverse()];
    }

    private SearchCriteria Criteria(CommandContext context)
    {
        (long? sizeMin, long? sizeMax) = context.Value(_size) is { } size ? ParseSize(size) : default;
        return new SearchCriteria
        {
            Patterns = ExcludeRules.Parse(context.Parsed.GetRequiredValue(_patterns).Select(RawText.ToBytes)),
            Kinds = context.Value(_type) is { } type ? [KindOf(type)] : [],
            Newer = ParseTime(context.Value(_newer), context.Time),
            Older = ParseTime(context.Value(_older), context.Time),
            SizeMin = sizeMin,
            SizeMax = sizeMax,
        };
    }

    private static (long? Min, long? Max) ParseSize(string text)
    {
        long bytes = Quantity.ParseBytes(text.TrimStart('+', '-'));
        return text[0] switch
        {
            '+' => (bytes, null),
            '-' => (null, bytes),
            _ => (bytes, bytes),
        };
    }

    private static EntryTime? ParseTime(string? text, TimeProvider time)
    {
        if (text is null)
            return null;
        long nanoseconds = TimeArgument.Start(text, time);
        (long seconds, long rest) = Math.DivRem(nanoseconds, 1_000_000_000);
        return rest < 0 ? new EntryTime(seconds - 1, (int)(rest + 1_000_000_000)) : new EntryTime(seconds, (int)rest);
    }

    private static EntryKind KindOf(string type) => type switch
    {
        "f" => EntryKind.File,
        "d" => EntryKind.Directory,
        "l" => EntryKind.Symlink,
        "p" => EntryKind.Fifo,
        "b" => EntryKind.BlockDevice,
        _ => EntryKind.CharacterDevice,
    };

    private void Print(CommandContext context, Snapshot snapshot, ListedEntry found)
    {
        if (context.Output.IsJson)
        {
            context.Output.Json("match", json =>
            {
                json.WriteString("snapshot", snapshot.Id.ToString());
                EntryText.Write(json, found.Path, found.Entry);
            });
            return;
        }

        string name = $"{snapshot.Id.ToShortString()}:{PrintablePath.Of(found.Path)}";
        context.Output.Line(context.Value(_long) ? EntryText.Long(found.Entry, name, context.Time.LocalTimeZone) : name);
    }
}
