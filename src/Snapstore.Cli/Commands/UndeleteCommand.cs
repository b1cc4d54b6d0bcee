using System.CommandLine;
using Snapstore.Garbage;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`undelete`: brings forgotten snapshots back while nothing of them was swept.</summary>
internal sealed class UndeleteCommand : VerbCommand
{
    public const string Summary = "Bring forgotten snapshots back, or list those that can come back";

    private readonly Argument<string[]> _snapshots = Declare.Arguments("SNAPSHOT", "Forgotten snapshots; without any, they are listed", isOptional: true);

    public UndeleteCommand()
        : base("undelete", Summary) => Arguments.Add(_snapshots);

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Damage, "damage found, or something of the snapshot was swept already"));

    public override string Remarks => "A snapshot comes back under a new id, with its time, tags and content. It can come back until a prune has run.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore undelete", "What was forgotten and can still come back."),
        ("snapstore undelete 1a2b3c4d", "Brings one back."),
    ];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenRepository();
        SnapshotList list = SnapshotList.Load(repository);
        SnapshotSelector selector = new(list with { Snapshots = list.Forgotten }, SnapshotFilter.All, context.Time);
        string[] asked = context.Value(_snapshots);
        foreach (Snapshot forgotten in asked.Length == 0 ? list.Forgotten : [.. asked.Select(selector.Select).DistinctBy(snapshot => snapshot.Id)])
        {
            Snapshot shown = asked.Length == 0 ? forgotten : Forgetter.Undelete(repository, forgotten, PruneRun.Origin(context), context.Cancel);
            string what = $"{SnapshotJson.LocalTime(shown.Manifest.TimeNanoseconds, context.Time)}  {SnapshotJson.Title(shown)}";
            context.Output.Tell(asked.Length == 0 ? $"{forgotten.Id.ToShortString()}  {what}" : $"{forgotten.Id.ToShortString()} is back as {shown.Id.ToShortString()}: {what}");
            context.Output.Json("snapshot", json => SnapshotJson.Write(json, shown));
        }

        if (asked.Length == 0)
            context.Output.Tell($"{Quantity.Count(list.Forgotten.Count, "forgotten snapshot")} can come back");
        return ExitCode.Done;
    }
}
