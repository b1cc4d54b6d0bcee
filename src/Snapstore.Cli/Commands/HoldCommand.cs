using System.CommandLine;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`hold` and `release`: what is held, nothing forgets.</summary>
internal sealed class HoldCommand : VerbCommand
{
    public const string HoldSummary = "Hold snapshots: nothing forgets them until they are released";
    public const string ReleaseSummary = "Release snapshots that are held";

    private readonly bool _isHeld;
    private readonly Argument<string[]> _snapshots = Declare.Arguments("SNAPSHOT", "Which");
    private readonly FilterOptions _filter = new();

    public HoldCommand(bool isHeld)
        : base(isHeld ? "hold" : "release", isHeld ? HoldSummary : ReleaseSummary)
    {
        _isHeld = isHeld;
        Arguments.Add(_snapshots);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples => _isHeld
        ? [("snapstore hold 1a2b3c4d", "Keeps this snapshot whatever any policy says.")]
        : [("snapstore release 1a2b3c4d", "From now on policies may forget it again.")];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        foreach (Snapshot snapshot in context.Value(_snapshots).Select(selector.Select).DistinctBy(snapshot => snapshot.Id).ToList())
        {
            SnapshotLabel label = SnapshotLabels.Change(repository, snapshot, before => before with
            {
                IsHeld = _isHeld,
                TimeNanoseconds = UnixTime.ToNanoseconds(context.Time.GetUtcNow()),
            });
            context.Output.Tell($"{snapshot.Id.ToShortString()}: {(label.IsHeld ? "held" : "not held")}");
            context.Output.Json("snapshot", json => SnapshotJson.Write(json, snapshot with { IsHeld = label.IsHeld, Tags = label.Tags }));
        }

        return ExitCode.Done;
    }
}
