using System.CommandLine;
using System.Globalization;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>The options of a prune, and what is told of one: for `prune` and `forget --prune`.</summary>
internal sealed class PruneRun
{
    private readonly Option<string?> _maxUnused = Declare.Text(
        "--max-unused", "5%|SIZE", "How much may stay that nobody needs: a share of what stays, or bytes (default 5%)");

    private readonly Option<string?> _maxRepack = Declare.Text("--max-repack-size", "SIZE", "Rewrite packs of no more than this in one run");
    private readonly Option<string?> _wait = DeclareWait();

    private readonly Option<string?> _fenceAfter = Declare.Text(
        "--fence-after", "DURATION", "Take a session for dead that gave no sign of life for so long (default 24h); its writer, if it lives, begins again");

    private readonly Option<bool> _exclusive = Declare.Flag(
        "--exclusive", "Nobody else uses the repository, I vouch for it: ends all sessions at once; for storages on which a prune beside writers is not safe");

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_maxUnused, _maxRepack, _wait, _fenceAfter, _exclusive])
            command.Options.Add(option);
    }

    /// <summary>Who acts, for records.</summary>
    public static RecordOrigin Origin(CommandContext context) =>
        new(Environment.MachineName, Environment.UserName, ProgramVersion.Full, UnixTime.ToNanoseconds(context.Time.GetUtcNow()));

    /// <summary>The option --wait, for all that wait for sessions at work.</summary>
    public static Option<string?> DeclareWait() =>
        Declare.Text("--wait", "DURATION", "Wait so long for sessions at work to end (default 0s: leave the rest to the next prune)");

    /// <summary>What it says.</summary>
    public static TimeSpan ReadWait(CommandContext context, Option<string?> option) =>
        context.Value(option) is { } wait ? DurationArgument.Parse(wait) : TimeSpan.Zero;

    /// <summary>Names the sessions that are waited for.</summary>
    public static void PrintWaiting(CommandContext context, IReadOnlyList<WaitedFor> waiting)
    {
        foreach (WaitedFor one in waiting)
        {
            string who = one.Record is { } record ? $"{record.User} on {record.Host} (process {record.ProcessId}, since {SnapshotJson.LocalTime(record.StartNanoseconds, context.Time)})" : "nobody knows whose";
            context.Output.Tell($"  waiting for session {one.Session.ToShortString()}: {Escaped.Text(who)}");
        }
    }

    /// <summary>What the options ask for.</summary>
    public PruneOptions Read(CommandContext context, bool isDryRun)
    {
        PruneOptions options = new() { Origin = Origin(context), IsDryRun = isDryRun, IsExclusive = context.Value(_exclusive), Time = context.Time };
        if (context.Value(_maxUnused) is { } unused)
            options = Share(unused) is { } share ? options with { UnusedShareMax = share } : options with { UnusedShareMax = 0, UnusedBytesMax = Quantity.ParseBytes(unused) };
        if (context.Value(_maxRepack) is { } repack)
            options = options with { RepackBytesMax = Quantity.ParseBytes(repack) };
        options = options with { Wait = ReadWait(context, _wait) };
        return context.Value(_fenceAfter) is { } fence ? options with { FenceAfter = DurationArgument.Parse(fence) } : options;
    }

    /// <summary>Prunes and tells; returns the exit code.</summary>
    public static int Run(CommandContext context, Repository repository, PruneOptions options)
    {
        PruneProgress progress = new();
        PruneReport report;
        long start = context.Time.GetTimestamp();
        using (new ProgressLine(context.Output, context.Time, () => new ProgressState(0, $"packs, {progress.Phase}", progress.Bytes, progress.BytesExpected, 0, [])))
            report = Pruner.Run(repository, options, progress, context.Cancel);
        Print(context, report, options, context.Time.GetElapsedTime(start));
        return ExitCode.Done;
    }

    private static double? Share(string text)
    {
        if (text is "unlimited")
            return double.MaxValue;
        if (!text.EndsWith('%'))
            return null;
        return double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent) && percent <= 100
            ? percent / 100
            : throw new UsageException($"'{Escaped.Text(text)}' is no share: write for example 5%, 0%, 500MiB or unlimited");
    }

    private static void Print(CommandContext context, PruneReport report, PruneOptions options, TimeSpan duration)
    {
        Output output = context.Output;
        foreach (SessionId fenced in report.Fenced)
            output.Note($"session {fenced.ToShortString()} was ended: its process is gone, or it was silent too long");
        foreach (string line in PlanLines(report, options))
            output.Tell(line);
        PrintWaiting(context, report.Waiting);
        output.Tell(Outcome(report, options, duration));
        output.Json("summary", json => PruneJson.Write(json, report, options, duration));
    }

    private static IEnumerable<string> PlanLines(PruneReport report, PruneOptions options)
    {
        if (report.Plan is not { } plan)
            yield break;
        yield return $"  packs      {Quantity.Count(plan.Packs)}, {Quantity.Bytes(plan.Bytes)}, of which {Quantity.Count(report.Snapshots, "snapshot")} need {Quantity.Bytes(plan.UsedBytes)}";
        yield return $"  delete     {Quantity.Count(plan.DeletePacks)}, {Quantity.Bytes(plan.DeleteBytes)}";
        yield return $"  rewrite    {Quantity.Count(plan.RepackPacks)}, {Quantity.Bytes(plan.RepackBytes)}, of which {Quantity.Bytes(plan.RepackLiveBytes)} are needed";
        yield return $"  stays      {Quantity.Bytes(plan.UnusedAfterBytes)} that nobody needs";
        if (plan.LockedInPart is { Packs: > 0 } part)
            yield return $"  of that    {Quantity.Bytes(part.Bytes)} in {Quantity.Count(part.Packs, "locked pack")} needed in part, which can be written anew {LockedText.From(part.From, part.Until, options.Time)}";
        if (report.Locked.Packs > 0)
            yield return $"  locked     {Quantity.Count(report.Locked.Packs, "pack")}, {Quantity.Bytes(report.Locked.Bytes)}, can go {LockedText.From(report.Locked.From, report.Locked.Until, options.Time)}";
        if (plan.BusyPacks > 0)
            yield return $"  left alone {Quantity.Count(plan.BusyPacks)}, of sessions at work";
    }

    private static string Outcome(PruneReport report, PruneOptions options, TimeSpan duration)
    {
        string time = Quantity.Duration(duration);
        if (options.IsDryRun)
            return $"dry run: {Quantity.Bytes(report.Plan!.FreedBytes)} would be freed, nothing was done ({time})";
        if (report.Waiting.Count > 0)
            return $"{Quantity.Bytes(report.BytesCondemned)} are condemned and go with the next prune, when {Quantity.Count(report.Waiting.Count, "session")} at work will have ended ({time})";
        long freed = report.BytesDeleted - report.BytesWritten;
        return report.PacksDeleted == 0
            ? $"nothing to remove{(report.Locked.Packs > 0 || report.Plan?.LockedInPart.Packs > 0 ? " yet" : "")} ({time})"
            : $"{Quantity.Count(report.PacksDeleted, "pack")} removed, {Quantity.Bytes(freed)} freed in {time}";
    }
}
