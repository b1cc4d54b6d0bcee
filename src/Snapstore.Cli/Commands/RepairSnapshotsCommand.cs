using System.CommandLine;
using Snapstore.Garbage;
using Snapstore.Repair;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`repair snapshots`: new snapshots without what is lost of old ones.</summary>
internal sealed class RepairSnapshotsCommand : VerbCommand
{
    public const string Summary = "Make new snapshots without what is lost of damaged ones";

    private readonly Argument<string[]> _snapshots = Declare.Arguments("SNAPSHOT", "Which; without any, all are looked at", isOptional: true);
    private readonly FilterOptions _filter = new();
    private readonly Option<bool> _forget = Declare.Flag("--forget", "Forget each damaged one when its new one stands (not one that is held)");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what is lost, and do nothing", "-n");

    public RepairSnapshotsCommand()
        : base("snapshots", Summary)
    {
        Arguments.Add(_snapshots);
        Options.Add(_forget);
        Options.Add(_dryRun);
        _filter.AddTo(this);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits => ExitsWith((ExitCode.Damage, "done, and something is lost"));

    public override string Remarks =>
        "First `repair packs`, if check --read-data found damaged ones, and then a `snapshot` of the same sources: what they still have comes back, in old snapshots too. The damaged snapshots stay; the new ones are marked '(repaired)'.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore repair snapshots --dry-run", "Names every path that is lost."),
        ("snapstore repair snapshots 1a2b3c4d --forget", "Replaces one snapshot by what is left of it."),
    ];

    public override int Run(CommandContext context)
    {
        PruneOptions options = new() { Origin = PruneRun.Origin(context), IsDryRun = context.Value(_dryRun), Time = context.Time };
        using Repository repository = context.OpenUncached();
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        string[] named = context.Value(_snapshots);
        List<Snapshot> looked = named.Length == 0 ? [.. selector.Taken] : [.. named.Select(selector.Select).DistinctBy(snapshot => snapshot.Id)];
        int damaged = 0, made = 0;
        foreach (Snapshot snapshot in looked)
        {
            if (SnapshotRepair.Run(repository, snapshot, options, context.Cancel) is not { } repaired)
                continue;
            damaged++;
            made += repaired.Repaired is null ? 0 : 1;
            if (repaired.Repaired is not null && context.Value(_forget) && !snapshot.IsHeld)
                Forgetter.Forget(repository, snapshot.Id, PruneRun.Origin(context));
            Print(context, repaired, options.IsDryRun);
        }

        PrintSummary(context, looked.Count, damaged, made, options.IsDryRun);
        return damaged > 0 || selector.Problems.Count > 0 ? ExitCode.Damage : ExitCode.Done;
    }

    private static void Print(CommandContext context, RepairedSnapshot repaired, bool isDryRun)
    {
        Output output = context.Output;
        Snapshot snapshot = repaired.Damaged;
        string outcome = repaired.Repaired is { } made ? $"repaired as {made.Id.ToShortString()}" : isDryRun ? "can be repaired" : "nothing of it can be read";
        output.Line($"{snapshot.Id.ToShortString()}  {SnapshotJson.LocalTime(snapshot.Manifest.TimeNanoseconds, context.Time)}  {SnapshotJson.Title(snapshot)}: {outcome}");
        foreach (string line in repaired.Lost)
            output.Line($"  {Escaped.Text(line)}");
        if (repaired.Lost.Total > repaired.Lost.Count)
            output.Line($"  and {Quantity.Count(repaired.Lost.Total - repaired.Lost.Count)} more");
        output.Json("repaired_snapshot", json =>
        {
            json.WriteString("id", snapshot.Id.ToString());
            if (repaired.Repaired is not null)
                json.WriteString("repaired", repaired.Repaired.Id.ToString());
            json.WriteNumber("lost_count", repaired.Lost.Total);
            json.WriteTexts("lost", [.. repaired.Lost]);
        });
    }

    private static void PrintSummary(CommandContext context, int looked, int damaged, int made, bool isDryRun)
    {
        context.Output.Tell(damaged == 0
            ? $"{Quantity.Count(looked, "snapshot")} looked at, all are whole (by the index: check --read-data reads the data too)"
            : $"{Quantity.Count(looked, "snapshot")} looked at, {Quantity.Count(damaged)} damaged, {(isDryRun ? "nothing was done" : $"{Quantity.Count(made)} made anew")}");
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "repair snapshots");
            json.WriteBoolean("dry_run", isDryRun);
            json.WriteNumber("snapshots", looked);
            json.WriteNumber("damaged", damaged);
            json.WriteNumber("repaired", made);
        });
    }
}
