using System.Text.Json;
using Snapstore.Backup;
using Snapstore.Formats;

namespace Snapstore.Cli;

/// <summary>What `snapshot` tells at its end.</summary>
internal static class SnapshotReport
{
    /// <summary>Prints it, and makes and prints the copies that go with it; returns the exit code.</summary>
    /// <param name="context">How.</param>
    /// <param name="report">What the run did.</param>
    /// <param name="others">Where else the snapshot goes; null for nowhere.</param>
    public static int Print(CommandContext context, BackupReport report, AlsoTo? others = null)
    {
        Output output = context.Output;
        Output.Each(report.Warnings, output.Warning);
        if (output.IsVerbose)
            Output.Each(report.Notes, output.Note);

        foreach (string line in Lines(report))
            output.Tell(line);

        // A snapshot that stands is told before copies are waited for.
        output.Flush();
        others?.Finish(report);
        output.Json("summary", json => Write(json, report, others));
        if (others?.Failed > 0)
            context.Cancel.ThrowIfCancellationRequested();
        return report.Warnings.Total > 0 || others?.Failed > 0 ? ExitCode.Incomplete : ExitCode.Done;
    }

    private static IEnumerable<string> Lines(BackupReport report)
    {
        Manifest manifest = report.Manifest;
        SnapshotCounts counts = manifest.Counts;
        if (manifest.Source == SourceKind.Files)
        {
            yield return $"  files        {Quantity.Count(counts.FilesNew)} new, {Quantity.Count(counts.FilesChanged)} changed, {Quantity.Count(counts.FilesUnchanged)} unchanged";
            yield return $"  directories  {Quantity.Count(counts.Directories)}, of which {Quantity.Count(counts.DirectoriesUnchanged)} unchanged";
        }

        foreach (string line in SourceLines.Of(manifest))
            yield return line;
        long added = counts.DataBytesNew + counts.MetaBytesNew;
        yield return $"  size         {Quantity.Bytes(counts.Bytes)} in {Quantity.Count(counts.Files, "file")}";
        yield return report.Id is null
            ? $"  new          {Quantity.Bytes(added)}"
            : $"  added        {Quantity.Bytes(counts.BytesStored)}, from {Quantity.Bytes(added)} of new content ({Quantity.Ratio(added, counts.BytesStored)})";
        if (counts.DeltaBlobsNew > 0)
            yield return $"  differences  {Quantity.Bytes(counts.DeltaBytesNew)} of it stored as differences from the parent";
        if (report.Warnings.Total > 0)
            yield return $"  incomplete   {Quantity.Count(report.Warnings.Total, "warning")}, see above";
        if (report.Notes.Total > 0)
            yield return $"  notes        {Quantity.Count(report.Notes.Total)} (-v shows them)";
        string parent = report.Parent is { } id ? $"parent {id.ToShortString()}" : "no parent";
        string time = Quantity.Duration(TimeSpan.FromTicks((manifest.EndNanoseconds - manifest.StartNanoseconds) / TimeSpan.NanosecondsPerTick));
        yield return report.Id is { } snapshot
            ? $"snapshot {snapshot.ToShortString()} taken in {time}, {parent}"
            : $"dry run: no snapshot taken; {time}, {parent}";
    }

    private static void Write(Utf8JsonWriter json, BackupReport report, AlsoTo? others)
    {
        json.WriteString("verb", "snapshot");
        if (report.Id is { } id)
            json.WriteString("id", id.ToString());
        json.WriteBoolean("dry_run", report.Id is null);
        SnapshotJson.WriteManifest(json, report.Manifest, report.Manifest.Tags);
        if (others is null)
            return;
        json.WriteNumber("copies", others.Made);
        json.WriteNumber("copies_failed", others.Failed);
    }
}
