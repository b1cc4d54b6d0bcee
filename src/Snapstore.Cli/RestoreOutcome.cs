using System.Text.Json;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>What `restore` tells at its end.</summary>
internal static class RestoreOutcome
{
    /// <summary>Prints it; returns the exit code.</summary>
    public static int Print(CommandContext context, Snapshot snapshot, RestoreOptions options, RestoreReport report, TimeSpan duration)
    {
        Output output = context.Output;
        Output.Each(report.Warnings, output.Warning);
        Output.Each(report.Damage, output.Damage);
        foreach (string line in Lines(snapshot, options, report, duration))
            output.Tell(line);
        output.Json("summary", json => Write(json, snapshot, options, report, duration));
        if (report.Damage.Total > 0)
            return ExitCode.Damage;
        return report.Warnings.Total > 0 ? ExitCode.Incomplete : ExitCode.Done;
    }

    private static IEnumerable<string> Lines(Snapshot snapshot, RestoreOptions options, RestoreReport report, TimeSpan duration)
    {
        yield return $"  written      {Quantity.Count(report.FilesWritten, "file")}, {Quantity.Bytes(report.BytesWritten)}";
        yield return $"  kept         {Quantity.Count(report.FilesKept, "file")} that were right already";
        yield return $"  directories  {Quantity.Count(report.Directories)}, links and others {Quantity.Count(report.Others)}";
        if (options.Delete)
            yield return $"  removed      {Quantity.Count(report.Deleted)} that the snapshot does not have";
        if (options.Verify)
            yield return $"  verified     {Quantity.Count(report.FilesVerified, "file")}";
        if (report.Warnings.Total > 0)
            yield return $"  incomplete   {Quantity.Count(report.Warnings.Total, "warning")}, see above";
        if (report.Damage.Total > 0)
            yield return $"  damaged      {Quantity.Count(report.Damage.Total, "file")}, see above; run: snapstore check --read-data";
        string target = PrintablePath.Of(options.Target);
        yield return options.DryRun
            ? $"dry run: nothing was written to {target}"
            : $"snapshot {snapshot.Id.ToShortString()} restored to {target} in {Quantity.Duration(duration)}";
    }

    private static void Write(
        Utf8JsonWriter json, Snapshot snapshot, RestoreOptions options, RestoreReport report, TimeSpan duration)
    {
        json.WriteString("verb", "restore");
        json.WriteString("id", snapshot.Id.ToString());
        json.WritePath("target", options.Target);
        json.WriteBoolean("dry_run", options.DryRun);
        (string Name, long Value)[] fields =
        [
            ("files_written", report.FilesWritten), ("bytes_written", report.BytesWritten), ("files_kept", report.FilesKept),
            ("directories", report.Directories), ("others", report.Others), ("deleted", report.Deleted),
            ("files_verified", report.FilesVerified), ("warnings", report.Warnings.Total), ("damaged", report.Damage.Total),
        ];
        foreach ((string name, long value) in fields)
            json.WriteNumber(name, value);
        json.WriteNumber("seconds", duration.TotalSeconds);
    }
}
