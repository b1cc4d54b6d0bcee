using Snapstore.Copying;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>What `copy` tells: of each snapshot as it is done, and of all at the end.</summary>
internal sealed class CopyTally(CommandContext context, bool isDryRun)
{
    private readonly Dictionary<CopyOutcome, int> _counts = [];
    private readonly long _start = context.Time.GetTimestamp();
    private StoredCounts _stored;

    /// <summary>Snapshots that were not copied though they should.</summary>
    public int Failed => Count(CopyOutcome.Failed);

    /// <summary>Tells of one.</summary>
    public void Add(CopiedSnapshot copied)
    {
        _counts[copied.Outcome] = Count(copied.Outcome) + 1;
        _stored = new StoredCounts(
            _stored.DataBlobs + copied.Stored.DataBlobs, _stored.DataBytes + copied.Stored.DataBytes, _stored.MetaBlobs + copied.Stored.MetaBlobs,
            _stored.MetaBytes + copied.Stored.MetaBytes, _stored.StoredBytes + copied.Stored.StoredBytes);
        string name = $"{copied.Source.Id.ToShortString()}  {SnapshotJson.LocalTime(copied.Source.Manifest.TimeNanoseconds, context.Time)}  {SnapshotJson.Title(copied.Source)}";
        if (copied.Outcome == CopyOutcome.Failed)
            context.Output.Damage($"{name}: not copied: {copied.Problem}");
        else
            context.Output.Tell($"{name}  {Outcome(copied)}");
        WriteJson(copied);
    }

    /// <summary>Tells the end.</summary>
    public void Finish()
    {
        TimeSpan duration = context.Time.GetElapsedTime(_start);
        int done = Count(isDryRun ? CopyOutcome.Planned : CopyOutcome.Copied);
        string failed = Failed > 0 ? $", {Quantity.Count(Failed)} not" : "";
        string there = $"{Quantity.Count(Count(CopyOutcome.Present))} there already{failed}";
        context.Output.Tell(isDryRun
            ? $"dry run: {Quantity.Count(done, "snapshot")} would be copied, {there}; {Quantity.Bytes(New(_stored))} new before compression"
            : $"{Quantity.Count(done, "snapshot")} copied, {there}; {Quantity.Bytes(_stored.StoredBytes)} stored in {Quantity.Duration(duration)}");
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "copy");
            json.WriteBoolean("dry_run", isDryRun);
            json.WriteNumber("copied", done);
            json.WriteNumber("present", Count(CopyOutcome.Present));
            json.WriteNumber("failed", Failed);
            json.WriteNumber("data_bytes_new", _stored.DataBytes);
            json.WriteNumber("meta_bytes_new", _stored.MetaBytes);
            json.WriteNumber("bytes_stored", _stored.StoredBytes);
            json.WriteNumber("seconds", duration.TotalSeconds);
        });
    }

    /// <summary>Bytes of what was, or would be, stored, before compression.</summary>
    public static long New(StoredCounts stored) => stored.DataBytes + stored.MetaBytes;

    /// <summary>An outcome as JSON has it.</summary>
    public static string JsonName(CopyOutcome outcome) => outcome switch
    {
        CopyOutcome.Copied => "copied",
        CopyOutcome.Planned => "planned",
        CopyOutcome.Present => "present",
        _ => "failed",
    };

    private static string Outcome(CopiedSnapshot copied)
    {
        string id = copied.Copy?.Id.ToShortString() ?? "";
        return copied.Outcome switch
        {
            CopyOutcome.Present => $"is there as {id}",
            CopyOutcome.Planned => $"would be copied: {Quantity.Bytes(New(copied.Stored))} new before compression",
            _ => $"copied as {id}: {Quantity.Bytes(New(copied.Stored))} new, {Quantity.Bytes(copied.Stored.StoredBytes)} stored",
        };
    }

    private int Count(CopyOutcome outcome) => _counts.GetValueOrDefault(outcome);

    private void WriteJson(CopiedSnapshot copied) => context.Output.Json("copied_snapshot", json =>
    {
        json.WriteString("id", copied.Source.Id.ToString());
        json.WriteString("outcome", JsonName(copied.Outcome));
        if (copied.Copy is { } copy)
            json.WriteString("copy", copy.Id.ToString());
        if (copied.Problem.Length > 0)
            json.WriteString("message", copied.Problem);
        json.WriteNumber("data_bytes_new", copied.Stored.DataBytes);
        json.WriteNumber("meta_bytes_new", copied.Stored.MetaBytes);
        json.WriteNumber("bytes_stored", copied.Stored.StoredBytes);
    });
}
