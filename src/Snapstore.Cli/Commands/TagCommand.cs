using System.CommandLine;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`tag`: changes the tags of snapshots.</summary>
internal sealed class TagCommand : VerbCommand
{
    public const string Summary = "Change the tags of snapshots";

    private readonly Argument<string[]> _snapshots = Declare.Arguments("SNAPSHOT", "Whose tags to change");
    private readonly FilterOptions _filter = new(hasTag: false);
    private readonly Option<string[]> _add = Declare.Texts("--add", "TAG[,TAG...]", "Add tags");
    private readonly Option<string[]> _remove = Declare.Texts("--remove", "TAG[,TAG...]", "Remove tags; one that is not there is no error");
    private readonly Option<string[]> _set = Declare.Texts("--set", "TAG[,TAG...]", "Replace all tags by these; --set '' leaves none");

    public TagCommand()
        : base("tag", Summary)
    {
        Arguments.Add(_snapshots);
        foreach (Option option in (Option[])[_add, _remove, _set])
            Options.Add(option);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore tag latest --add before-upgrade", "Marks the newest snapshot."),
        ("snapstore tag 1a2b3c4d 5e6f7081 --set yearly --json", "Two snapshots with one tag each, whatever they had."),
    ];

    public override int Run(CommandContext context)
    {
        bool isSet = context.Parsed.GetResult(_set) is { Implicit: false };
        IReadOnlyList<string> set = context.Values(_set) is [""] ? [] : TagArgument.Split(context.Values(_set));
        IReadOnlyList<string> add = TagArgument.Split(context.Values(_add));
        IReadOnlyList<string> remove = TagArgument.Split(context.Values(_remove));
        if (!isSet && add.Count + remove.Count == 0)
            throw new UsageException("nothing to change: give --add, --remove or --set");
        using Repository repository = context.OpenRepository();
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        Snapshot[] snapshots = [.. context.Value(_snapshots).Select(selector.Select).DistinctBy(snapshot => snapshot.Id)];
        foreach (Snapshot snapshot in snapshots)
        {
            SnapshotLabel label = SnapshotLabels.Change(repository, snapshot, before => before with
            {
                Tags = [.. (isSet ? set : before.Tags).Except(remove).Union(add)],
                TimeNanoseconds = UnixTime.ToNanoseconds(context.Time.GetUtcNow()),
            });
            Print(context, snapshot with { Tags = label.Tags });
        }

        return ExitCode.Done;
    }

    private static void Print(CommandContext context, Snapshot snapshot)
    {
        string tags = snapshot.Tags.Count > 0 ? Escaped.Text(string.Join(", ", snapshot.Tags)) : "no tags";
        context.Output.Tell($"{snapshot.Id.ToShortString()}: {tags}");
        context.Output.Json("snapshot", json => SnapshotJson.Write(json, snapshot));
    }
}
