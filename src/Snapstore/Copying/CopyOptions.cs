using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>How snapshots are copied.</summary>
public sealed record CopyOptions
{
    /// <summary>Who copies: host, user, program; its time is set anew for every record.</summary>
    public required RecordOrigin Origin { get; init; }

    /// <summary>True reads what a copy reads, tells what it would store, and writes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>True reads each copy back and compares it before it counts.</summary>
    public bool Verifies { get; init; }

    /// <summary>How hard to compress at the target.</summary>
    public CompressionLevel Compression { get; init; } = CompressionLevel.Default;

    /// <summary>Threads that compress; 0 does all in one order.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Bytes of opened segments that each of the copier's readers keeps.</summary>
    public int CachedBytesMax { get; init; } = BlobReader.CachedBytesDefault;

    /// <summary>Clock for records.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal RecordOrigin OriginNow() => Origin with { TimeNanoseconds = UnixTime.ToNanoseconds(Time.GetUtcNow()) };
}

/// <summary>What became of a snapshot that was to be copied.</summary>
public enum CopyOutcome
{
    /// <summary>It was copied.</summary>
    Copied = 1,

    /// <summary>It would be copied.</summary>
    Planned = 2,

    /// <summary>It is there already.</summary>
    Present = 3,

    /// <summary>It cannot be read whole at the source, or did not read back; no copy was made.</summary>
    Failed = 4,
}

/// <summary>What became of one snapshot.</summary>
/// <param name="Source">The snapshot.</param>
/// <param name="Outcome">What became of it.</param>
/// <param name="Copy">Its copy in the target; null where there is none.</param>
/// <param name="Stored">What was, or would be, stored for it.</param>
/// <param name="Problem">Why there is none; "" else.</param>
public sealed record CopiedSnapshot(Snapshot Source, CopyOutcome Outcome, Snapshot? Copy, StoredCounts Stored, string Problem = "");
