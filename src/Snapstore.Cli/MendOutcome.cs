using System.Text.Json;
using Snapstore.Cli.Commands;
using Snapstore.Garbage;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli;

/// <summary>The second half of `repair packs --from` with a repository that holds copies, and what is told of it.</summary>
internal static class MendOutcome
{
    /// <summary>Fetches what is lost, tells all; returns the exit code.</summary>
    public static int Run(CommandContext context, Repository repository, Repository copy, PackRepairReport packs, PruneOptions options)
    {
        HashSet<StorageKey> damaged = [.. packs.Damaged.Select(pack => pack.Key)];
        CopyFetchReport fetched = CopyFetch.Run(repository, copy, damaged, options, context.Cancel);
        RepairPacksCommand.Print(context, packs, options.IsDryRun, fetched);
        return fetched.Problems.Count > 0 || fetched.Snapshots.Any(one => !one.IsWhole) ? ExitCode.Damage : ExitCode.Done;
    }

    /// <summary>Tells which snapshots are whole again, and which not.</summary>
    public static void Print(CommandContext context, CopyFetchReport? fetched, bool isDryRun)
    {
        if (fetched is null)
            return;
        foreach (string problem in fetched.CopyProblems)
            context.Output.Warning($"in the other repository: {problem}");
        foreach (string problem in fetched.Problems)
            context.Output.Warning($"{problem}; a snapshot that the other repository has whole comes back by copying it here: snapstore --repo OTHER copy --to THIS");
        foreach (MendedSnapshot mended in fetched.Snapshots)
            Print(context, mended, isDryRun);
        int whole = fetched.Snapshots.Count(one => one.IsWhole);
        int damaged = fetched.Snapshots.Count - whole;
        string blobs = $"{(isDryRun ? "at most " : "")}{Quantity.Count(fetched.Blobs, "blob")} ({Quantity.Bytes(fetched.Bytes)}) {(isDryRun ? "can be fetched" : "fetched")} from the other repository";
        context.Output.Tell(fetched.Snapshots.Count == 0
            ? "no snapshot lacks anything, so nothing was fetched from the other repository"
            : $"{blobs}: {Quantity.Count(whole, "snapshot")} {(isDryRun ? "would be whole" : "whole again")}, {Quantity.Count(damaged)} still damaged");
    }

    /// <summary>The fields that a summary has of it.</summary>
    public static void Write(Utf8JsonWriter json, CopyFetchReport? fetched)
    {
        if (fetched is null)
            return;
        json.WriteNumber("blobs_fetched", fetched.Blobs);
        json.WriteNumber("blob_bytes_fetched", fetched.Bytes);
        json.WriteNumber("snapshots_mended", fetched.Snapshots.Count(one => one.IsWhole));
        json.WriteNumber("snapshots_damaged", fetched.Snapshots.Count(one => !one.IsWhole));
    }

    private static void Print(CommandContext context, MendedSnapshot mended, bool isDryRun)
    {
        Output output = context.Output;
        Snapshot snapshot = mended.Snapshot;
        string state = mended.IsWhole ? isDryRun ? "would be whole" : "whole again" : $"still damaged, {Quantity.Count(mended.Lost.Total, "path")} lost";
        string paths = $"{Quantity.Count(mended.Mended.Total, "path")} {(isDryRun ? "can be mended" : "mended")}";
        output.Line($"{snapshot.Id.ToShortString()}  {SnapshotJson.LocalTime(snapshot.Manifest.TimeNanoseconds, context.Time)}  {SnapshotJson.Title(snapshot)}: {state}, {paths}");
        if (output.IsVerbose)
            Output.Each(mended.Mended, path => output.Line($"  mended: {path}"));
        Output.Each(mended.Lost, line => output.Line($"  lost: {line}"));
        output.Json("mended_snapshot", json =>
        {
            json.WriteString("id", snapshot.Id.ToString());
            if (mended.Copy is { } copy)
                json.WriteString("copy", copy.Id.ToString());
            json.WriteBoolean("whole", mended.IsWhole);
            json.WriteNumber("mended_count", mended.Mended.Total);
            json.WriteTexts("mended", [.. mended.Mended]);
            json.WriteNumber("lost_count", mended.Lost.Total);
            json.WriteTexts("lost", [.. mended.Lost]);
        });
    }
}
