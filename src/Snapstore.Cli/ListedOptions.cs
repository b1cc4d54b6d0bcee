using System.CommandLine;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>The options by which `list` and `copy` choose snapshots: those of <see cref="FilterOptions"/>, --latest, --since, --until.</summary>
internal sealed class ListedOptions
{
    private readonly FilterOptions _filter = new();
    private readonly Option<int?> _latest = Declare.Number("--latest", "Only the N newest of each host and paths");
    private readonly Option<string?> _since = Declare.Text("--since", "TIME", "Only snapshots of this time or later");
    private readonly Option<string?> _until = Declare.Text("--until", "TIME", "Only snapshots of this time or earlier");

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        _filter.AddTo(command);
        command.Options.Add(_latest);
        command.Options.Add(_since);
        command.Options.Add(_until);
    }

    /// <summary>What they ask for, but for --latest.</summary>
    public SnapshotFilter Read(CommandContext context) => _filter.Read(context) with
    {
        SinceNanoseconds = context.Value(_since) is { } since ? TimeArgument.Start(since, context.Time) : long.MinValue,
        UntilNanoseconds = context.Value(_until) is { } until ? TimeArgument.End(until, context.Time) : long.MaxValue,
    };

    /// <summary>Those that are asked for, of each host and the same paths together, oldest first.</summary>
    public Snapshot[][] Choose(CommandContext context, IEnumerable<Snapshot> snapshots, SnapshotFilter filter) =>
    [
        .. snapshots.Where(filter.Takes).GroupBy(SnapshotJson.Title).OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => context.Value(_latest) is { } count ? group.TakeLast(count).ToArray() : [.. group]),
    ];
}
