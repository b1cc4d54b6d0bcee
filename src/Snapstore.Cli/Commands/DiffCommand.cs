using System.CommandLine;
using System.Text.Json;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`diff`: tells how two snapshots, or parts of them, differ.</summary>
internal sealed class DiffCommand : VerbCommand
{
    public const string Summary = "Show how two snapshots differ";

    private readonly Argument<string> _first = Declare.Argument("FIRST", "SNAPSHOT[:PATH]");
    private readonly Argument<string> _second = Declare.Argument("SECOND", "SNAPSHOT[:PATH]");
    private readonly Option<bool> _metadata = Declare.Flag("--metadata", "Also show what differs in mode, owner, time or attributes alone");
    private readonly Option<bool> _stat = Declare.Flag("--stat", "Show totals only, and how much content the second adds");
    private readonly FilterOptions _filter = new();

    public DiffCommand()
        : base("diff", Summary)
    {
        Arguments.Add(_first);
        Arguments.Add(_second);
        Options.Add(_metadata);
        Options.Add(_stat);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore diff latest~1 latest", "What changed with the newest snapshot."),
        ("snapstore diff 1a2b3c4d:/etc latest:/etc --metadata", "One directory, with modes, owners and times."),
        ("snapstore diff latest~7 latest --stat", "How much a week added."),
    ];

    public override string Remarks =>
        "+ only the second has it; - only the first has it; M other content; U other metadata only; T another kind of thing. "
        + "Paths are those of the second.";

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        SnapshotPath first = selector.SelectPath(RawText.ToBytes(context.Value(_first)));
        SnapshotPath second = selector.SelectPath(RawText.ToBytes(context.Value(_second)));
        using TreeReader trees = new(repository);
        (TreeEntry before, TreeEntry after) = (PathFinder.Find(trees, first), PathFinder.Find(trees, second));

        bool isStat = context.Value(_stat);
        DiffTotals totals = new();
        using AddedContent added = new(repository);
        using TreeDiff diff = new(repository, context.Value(_metadata));
        foreach (DiffEntry difference in diff.Run(before, after, second.Path))
        {
            context.Cancel.ThrowIfCancellationRequested();
            totals.Add(difference);
            if (isStat)
                added.Add(difference);
            else
                Print(context.Output, difference);
        }

        AddedTotals? content = isStat ? added.Without(before, context.Cancel) : null;
        DatabaseDiff? tables = isStat ? DatabaseDiff.Of(repository, first, second) : null;
        tables?.Print(context.Output);
        Print(context.Output, totals, content, tables);
        return ExitCode.Done;
    }

    private static void Print(Output output, DiffEntry difference)
    {
        if (output.IsJson)
        {
            output.Json("difference", json =>
            {
                json.WriteString("change", Change(difference.Kind));
                json.WritePath("path", difference.Path);
                WriteSide(json, "before", difference.Before);
                WriteSide(json, "after", difference.After);
            });
            return;
        }

        TreeEntry shown = difference.After ?? difference.Before!;
        string size = shown.Kind == EntryKind.File ? Quantity.Bytes(shown.Size) : "";
        output.Line($"{Letter(output, difference.Kind)} {size,10}  {EntryText.Name(difference.Path, shown)}");
    }

    private static void WriteSide(Utf8JsonWriter json, string name, TreeEntry? entry)
    {
        if (entry is null)
            return;
        json.WriteStartObject(name);
        json.WriteString("kind", EntryText.Kind(entry.Kind));
        if (entry.Kind == EntryKind.File)
            json.WriteNumber("size", entry.Size);
        json.WriteString("mode", Convert.ToString(entry.Mode, 8).PadLeft(4, '0'));
        json.WriteNumber("uid", entry.Owner.Uid);
        json.WriteNumber("gid", entry.Owner.Gid);
        json.WriteString("mtime", EntryText.Time(entry.Mtime));
        json.WriteEndObject();
    }

    private static void Print(Output output, DiffTotals totals, AddedTotals? content, DatabaseDiff? tables)
    {
        output.Line($"files:       {Sum(totals.FilesAdded)} added, {Sum(totals.FilesRemoved)} removed, {Sum(totals.FilesChanged)} changed");
        output.Line($"directories: {Quantity.Count(totals.DirectoriesAdded)} added, {Quantity.Count(totals.DirectoriesRemoved)} removed");
        if (totals.Others + totals.TypesChanged + totals.MetadataChanged > 0)
            output.Line($"other:       {Quantity.Count(totals.Others)} links, pipes and devices; {Quantity.Count(totals.TypesChanged)} of another kind; {Quantity.Count(totals.MetadataChanged)} with other metadata only");
        if (content is { } added)
            output.Line($"new content: {Quantity.Bytes(added.Bytes)} in {Quantity.Count(added.Blobs, "blob")} that the first does not have anywhere, stored in about {Quantity.Bytes(added.StoredBytes)}");
        output.Json("totals", json =>
        {
            Write(json, "files_added", totals.FilesAdded);
            Write(json, "files_removed", totals.FilesRemoved);
            Write(json, "files_changed", totals.FilesChanged);
            json.WriteNumber("directories_added", totals.DirectoriesAdded);
            json.WriteNumber("directories_removed", totals.DirectoriesRemoved);
            json.WriteNumber("others", totals.Others);
            json.WriteNumber("types_changed", totals.TypesChanged);
            json.WriteNumber("metadata_changed", totals.MetadataChanged);
            if (content is not { } sum)
                return;
            json.WriteNumber("new_blobs", sum.Blobs);
            json.WriteNumber("new_bytes", sum.Bytes);
            json.WriteNumber("new_stored_bytes", sum.StoredBytes);
            tables?.WriteTotals(json);
        });
    }

    private static string Sum((long Count, long Bytes) files) => $"{Quantity.Count(files.Count)} ({Quantity.Bytes(files.Bytes)})";

    private static void Write(Utf8JsonWriter json, string name, (long Count, long Bytes) files)
    {
        json.WriteNumber(name, files.Count);
        json.WriteNumber(name + "_bytes", files.Bytes);
    }

    private static string Letter(Output output, DiffKind kind) => kind switch
    {
        DiffKind.Added => output.Green("+"),
        DiffKind.Removed => output.Red("-"),
        DiffKind.ContentChanged => output.Yellow("M"),
        DiffKind.MetadataChanged => "U",
        _ => output.Yellow("T"),
    };

    private static string Change(DiffKind kind) => kind switch
    {
        DiffKind.Added => "added",
        DiffKind.Removed => "removed",
        DiffKind.ContentChanged => "content",
        DiffKind.MetadataChanged => "metadata",
        _ => "kind",
    };
}
