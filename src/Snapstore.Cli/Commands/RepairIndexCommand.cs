using Snapstore.Repair;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`repair index`: writes the index anew from the packs.</summary>
internal sealed class RepairIndexCommand : VerbCommand
{
    public const string Summary = "Write the index anew from the packs themselves";

    public RepairIndexCommand()
        : base("index", Summary)
    {
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits => ExitsWith((ExitCode.Damage, "done, but some packs do not tell what they hold; they are named"));

    public override string Remarks => "The index is a cache: losing all of it loses nothing. New index objects are durable before old ones go; snapshots may be taken meanwhile.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples => [("snapstore repair index", "After objects of index/ were lost or damaged.")];

    public override int Run(CommandContext context)
    {
        using Repository repository = context.OpenUncached();
        long packs = 0, start = context.Time.GetTimestamp();
        IndexRepairReport report;
        using (new ProgressLine(context.Output, context.Time, () => new ProgressState(packs, "packs", 0, 0, 0, [])))
            report = IndexRepair.Run(repository, count => Interlocked.Add(ref packs, count), context.Cancel);
        foreach (string problem in report.Problems)
            context.Output.Warning($"{problem}; next: snapstore repair packs");
        context.Output.Tell($"{Quantity.Count(packs, "pack")} indexed, {Quantity.Count(report.Replaced, "old index object")} replaced ({Quantity.Duration(context.Time.GetElapsedTime(start))})");
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "repair index");
            json.WriteNumber("packs", packs);
            json.WriteNumber("index_objects_replaced", report.Replaced);
            json.WriteNumber("bytes_written", report.BytesWritten);
            json.WriteNumber("packs_unreadable", report.Problems.Count);
        });
        return report.Problems.Count > 0 ? ExitCode.Damage : ExitCode.Done;
    }
}
