using Snapstore.Copying;
using Snapstore.Maintenance;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>`check --mirror`: compares the repository with its mirror.</summary>
internal static class MirrorCheck
{
    /// <summary>Compares and tells; returns the exit code.</summary>
    public static int Run(CommandContext context, string mirror, ReadDataSelection reads)
    {
        using IStorage source = context.OpenStorage();
        using IStorage place = Open(context, mirror);
        SamePlace.RefuseSameName(source.Location, place.Location);
        CheckProgress progress = new();
        long start = context.Time.GetTimestamp();
        MirrorComparisonReport report;
        using (new ProgressLine(context.Output, context.Time, () => new ProgressState(progress.Packs, "packs", progress.Bytes, 0, 0, [])))
            report = MirrorComparison.Run(source, place, reads, progress, context.Cancel);
        Print(context, mirror, report, context.Time.GetElapsedTime(start));
        if (report.Damage.Total > 0)
            return ExitCode.Damage;
        return report.Behind > 0 ? ExitCode.Incomplete : ExitCode.Done;
    }

    private static IStorage Open(CommandContext context, string mirror)
    {
        try
        {
            return RepositoryAccess.Keyless(context.Parsed, mirror).OpenStorage();
        }
        catch (RepositoryNotFoundException)
        {
            throw new RepositoryNotFoundException($"there is no mirror at {Escaped.Text(mirror)}; make it with: snapstore mirror --to {ShellText.Word(mirror)}");
        }
    }

    private static void Print(CommandContext context, string mirror, MirrorComparisonReport report, TimeSpan duration)
    {
        Output output = context.Output;
        Output.Each(report.Damage, output.Damage);
        output.Tell($"  objects    {Quantity.Count(report.Objects)}, of which {Quantity.Count(report.ObjectsRead)} read; {Quantity.Count(report.Extra)} more only in the mirror");
        string time = Quantity.Duration(duration);
        if (report.Damage.Total > 0)
            output.Tell($"DAMAGED: {Quantity.Count(report.Damage.Total, "object")} of the mirror, in {time}; if snapstore check --read-data finds no damage, move them out of the mirror, keep them, and run: snapstore mirror --to {ShellText.Word(mirror)}");
        if (report.Behind > 0)
            output.Tell($"the mirror is behind: it lacks {Quantity.Count(report.Behind, "object")} ({Quantity.Bytes(report.BytesBehind)}); run: snapstore mirror --to {ShellText.Word(mirror)} ({time})");
        else if (report.Damage.Total == 0)
            output.Tell($"the mirror has all that the repository has ({time})");
        output.Json("summary", json =>
        {
            json.WriteString("verb", "check --mirror");
            json.WriteNumber("objects", report.Objects);
            json.WriteNumber("objects_read", report.ObjectsRead);
            json.WriteNumber("behind", report.Behind);
            json.WriteNumber("bytes_behind", report.BytesBehind);
            json.WriteNumber("extra", report.Extra);
            json.WriteNumber("damaged", report.Damage.Total);
            json.WriteNumber("seconds", duration.TotalSeconds);
        });
    }
}
