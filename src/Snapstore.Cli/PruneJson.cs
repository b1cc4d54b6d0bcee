using System.Text.Json;
using Snapstore.Garbage;

namespace Snapstore.Cli;

/// <summary>What a prune did, as JSON (spec/cli.md).</summary>
internal static class PruneJson
{
    /// <summary>The fields of the object.</summary>
    public static void Write(Utf8JsonWriter json, PruneReport report, PruneOptions options, TimeSpan duration)
    {
        json.WriteString("verb", "prune");
        json.WriteBoolean("dry_run", options.IsDryRun);
        json.WriteNumber("snapshots", report.Snapshots);
        if (report.Plan is { } plan)
            WritePlan(json, plan);
        (string Name, long Value)[] done =
        [
            ("packs_deleted", report.PacksDeleted), ("bytes_deleted", report.BytesDeleted), ("bytes_written", report.BytesWritten),
            ("index_objects_replaced", report.IndexObjectsReplaced), ("snapshots_swept", report.SnapshotsSwept), ("bytes_condemned", report.BytesCondemned),
        ];
        foreach ((string name, long value) in done)
            json.WriteNumber(name, value);
        json.WriteNumber("locked_packs", report.Locked.Packs);
        json.WriteNumber("locked_bytes", report.Locked.Bytes);
        json.WriteNumber("snapshots_locked", report.SnapshotsLocked);
        if (report.Locked.Packs > 0)
        {
            json.WriteTime("locked_from", LockedText.Nanoseconds(report.Locked.From));
            json.WriteTime("locked_until", LockedText.Nanoseconds(report.Locked.Until));
        }

        json.WriteTexts("fenced", [.. report.Fenced.Select(session => session.ToString())]);
        json.WriteTexts("waiting", [.. report.Waiting.Select(waiting => waiting.Session.ToString())]);
        json.WriteNumber("seconds", duration.TotalSeconds);
    }

    private static void WritePlan(Utf8JsonWriter json, PruneTotals plan)
    {
        (string Name, long Value)[] fields =
        [
            ("packs", plan.Packs), ("bytes", plan.Bytes), ("used_bytes", plan.UsedBytes), ("delete_packs", plan.DeletePacks), ("delete_bytes", plan.DeleteBytes),
            ("repack_packs", plan.RepackPacks), ("repack_bytes", plan.RepackBytes), ("repack_used_bytes", plan.RepackLiveBytes),
            ("unused_after_bytes", plan.UnusedAfterBytes), ("busy_packs", plan.BusyPacks), ("locked_in_part_packs", plan.LockedInPart.Packs), ("locked_in_part_bytes", plan.LockedInPart.Bytes),
        ];
        foreach ((string name, long value) in fields)
            json.WriteNumber(name, value);
    }
}
