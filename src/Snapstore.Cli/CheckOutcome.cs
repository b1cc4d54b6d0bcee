using System.Text.Json;
using Snapstore.Maintenance;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>What `check` tells at its end.</summary>
internal static class CheckOutcome
{
    /// <summary>Prints it; returns the exit code.</summary>
    public static int Print(CommandContext context, CheckReport report, TimeSpan duration)
    {
        Output output = context.Output;
        foreach (Finding finding in report.Findings)
        {
            PrintFinding(output, finding);
            output.Json("finding", json => WriteFinding(json, finding));
        }

        foreach (string line in Lines(report, duration))
            output.Tell(line);
        output.Json("summary", json => WriteSummary(json, report, duration));
        if (report.HasDamage)
            return ExitCode.Damage;
        return report.HasStorageErrors ? ExitCode.Failed : ExitCode.Done;
    }

    private static void PrintFinding(Output output, Finding finding)
    {
        string kind = finding.Kind switch
        {
            FindingKind.Damage => output.Red("damage"),
            FindingKind.StorageError => output.Yellow("storage error"),
            _ => "note",
        };
        output.Line($"{kind}: {finding.Object}: {Escaped.Text(finding.Message)}");
        foreach (AffectedSnapshot affected in finding.Affected)
        {
            string count = Quantity.Count(affected.PathCount, "path");
            output.Line($"  snapshot {affected.Snapshot.ToShortString()} needs it for {(affected.IsAtLeast ? "at least " : "")}{count}:");
            foreach (byte[] path in affected.Paths)
                output.Line($"    {PrintablePath.Of(path)}");
            if (affected.PathCount > affected.Paths.Count)
                output.Line($"    and {Quantity.Count(affected.PathCount - affected.Paths.Count)} more");
        }
    }

    private static IEnumerable<string> Lines(CheckReport report, TimeSpan duration)
    {
        if (!report.IsKeyless)
            yield return $"  snapshots  {Quantity.Count(report.Snapshots)}";
        yield return $"  packs      {Quantity.Count(report.Packs)}, of which {Quantity.Count(report.PacksRead)} read whole ({Quantity.Bytes(report.BytesRead)} read)";
        if (!report.IsKeyless)
            yield return $"  blobs      {Quantity.Count(report.Blobs)}, of which {Quantity.Count(report.Nodes)} nodes of trees checked";
        if (report.FindingsDropped > 0)
            yield return $"  and {Quantity.Count(report.FindingsDropped, "finding")} more than are shown";
        string time = Quantity.Duration(duration);
        int damaged = report.Findings.Count(finding => finding.Kind == FindingKind.Damage);
        if (report.HasDamage)
            yield return $"DAMAGED: {Quantity.Count(damaged, "object")}, {(report.IsKeyless ? "which snapshots need them only a check with the password tells" : $"{Quantity.Count(report.SnapshotsAffected, "snapshot")} affected")}, in {time}";
        else if (report.HasStorageErrors)
            yield return $"not all could be checked, for the storage failed; what was, is sound ({time})";
        else
            yield return report.IsKeyless ? $"every pack read hashes to its name; more than that only a check with the password tells ({time})" : $"no damage found in {time}";
    }

    private static void WriteFinding(Utf8JsonWriter json, Finding finding)
    {
        json.WriteString("kind", finding.Kind switch
        {
            FindingKind.Damage => "damage",
            FindingKind.StorageError => "storage_error",
            _ => "note",
        });
        json.WriteString("object", finding.Object);
        json.WriteString("message", finding.Message);
        json.WriteStartArray("affected");
        foreach (AffectedSnapshot affected in finding.Affected)
        {
            json.WriteStartObject();
            json.WriteString("snapshot", affected.Snapshot.ToString());
            json.WritePaths("paths", affected.Paths);
            json.WriteNumber("path_count", affected.PathCount);
            json.WriteBoolean("is_at_least", affected.IsAtLeast);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteSummary(Utf8JsonWriter json, CheckReport report, TimeSpan duration)
    {
        json.WriteString("verb", "check");
        json.WriteBoolean("keyless", report.IsKeyless);
        json.WriteBoolean("has_damage", report.HasDamage);
        json.WriteBoolean("has_storage_errors", report.HasStorageErrors);
        (string Name, long Value)[] fields =
        [
            ("findings", report.Findings.Count), ("findings_dropped", report.FindingsDropped), ("snapshots", report.Snapshots),
            ("snapshots_affected", report.SnapshotsAffected), ("packs", report.Packs), ("packs_read", report.PacksRead),
            ("bytes_read", report.BytesRead), ("blobs", report.Blobs), ("nodes", report.Nodes),
        ];
        foreach ((string name, long value) in fields)
            json.WriteNumber(name, value);
        json.WriteNumber("seconds", duration.TotalSeconds);
    }
}
