using Snapstore.Formats;

namespace Snapstore.Garbage;

/// <summary>How a prune is to work.</summary>
public sealed record PruneOptions
{
    /// <summary>Who prunes: host, user, program; its time is set anew for every record.</summary>
    public required RecordOrigin Origin { get; init; }

    /// <summary>Share of stored bytes that may stay unused, 0 to 1: less means more rewriting.</summary>
    public double UnusedShareMax { get; init; } = 0.05;

    /// <summary>Bytes that may stay unused, where they are more than the share.</summary>
    public long UnusedBytesMax { get; init; }

    /// <summary>Bytes that may stay unused of so many that stay.</summary>
    internal double UnusedMaxOf(long stays) => Math.Max(UnusedBytesMax, UnusedShareMax * stays);

    /// <summary>Bytes of packs that are rewritten at most.</summary>
    public long RepackBytesMax { get; init; } = long.MaxValue;

    /// <summary>True says what would be done and does nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>True where the caller vouches that nobody else uses the repository: sessions are fenced at once and
    /// the storage is not probed.</summary>
    public bool IsExclusive { get; init; }

    /// <summary>Time without a sign of life after which a session is fenced. Its writer then begins again: time is lost, data never.</summary>
    public TimeSpan FenceAfter { get; init; } = TimeSpan.FromHours(24);

    /// <summary>Time to wait for sessions to end before the rest is left to the next prune.</summary>
    public TimeSpan Wait { get; init; } = TimeSpan.Zero;

    /// <summary>Threads that compress what is rewritten; 0 does all in one order.</summary>
    public int Workers { get; init; } = Math.Clamp(Environment.ProcessorCount, 1, 16);

    /// <summary>Clock for labels, silence and waiting; the safety of data does not depend on it.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Says whether the process of a session has certainly ended.</summary>
    public Func<SessionRecord, bool> HasEnded { get; init; } = static record => Posix.ProcessIdentity.HasEnded(record.Process, record.ProcessId);

    /// <summary>Waits; replaced in simulations.</summary>
    public Action<TimeSpan, CancellationToken> Sleep { get; init; } = static (time, cancel) => cancel.WaitHandle.WaitOne(time);

    /// <summary>The origin of a record that is written now.</summary>
    internal RecordOrigin OriginNow() => Origin with { TimeNanoseconds = UnixTime.ToNanoseconds(Time.GetUtcNow()) };
}

/// <summary>What a prune found and did.</summary>
public sealed record PruneReport
{
    /// <summary>Snapshots that count.</summary>
    public int Snapshots { get; init; }

    /// <summary>What is to be done with which packs, in bytes; null where another program's plan had to be finished and could not.</summary>
    public PruneTotals? Plan { get; init; }

    /// <summary>Packs deleted, by this run's or an earlier plan.</summary>
    public int PacksDeleted { get; init; }

    /// <summary>Bytes of them.</summary>
    public long BytesDeleted { get; init; }

    /// <summary>Bytes written by rewriting packs and index objects.</summary>
    public long BytesWritten { get; init; }

    /// <summary>Index objects removed because others say the same in less.</summary>
    public int IndexObjectsReplaced { get; init; }

    /// <summary>Forgotten snapshots that can no longer be brought back.</summary>
    public int SnapshotsSwept { get; init; }

    /// <summary>Sessions that were ended because their processes are gone or were silent too long.</summary>
    public IReadOnlyList<SessionId> Fenced { get; init; } = [];

    /// <summary>Sessions at work that have to end before condemned packs may be deleted; empty where all is done.</summary>
    public IReadOnlyList<WaitedFor> Waiting { get; init; } = [];

    /// <summary>Packs that nobody needs and that are locked.</summary>
    public LockedWaste Locked { get; init; } = LockedWaste.None;

    /// <summary>Forgotten snapshots that stay because their manifests are locked: they can still be brought back, as far as their packs are there.</summary>
    public int SnapshotsLocked { get; init; }

    /// <summary>Bytes of packs that are condemned and wait for these sessions.</summary>
    public long BytesCondemned { get; init; }
}

/// <summary>A session that a prune waits for.</summary>
/// <param name="Session">Its id.</param>
/// <param name="Record">Who it is; null where that cannot be read.</param>
public sealed record WaitedFor(SessionId Session, SessionRecord? Record);

/// <summary>Where a prune stands.</summary>
public sealed class PruneProgress
{
    private long _bytesDone, _bytesExpected;
    private volatile string _phase = "";

    /// <summary>What is being done.</summary>
    public string Phase
    {
        get => _phase;
        internal set => _phase = value;
    }

    /// <summary>Bytes rewritten.</summary>
    public long Bytes => Volatile.Read(ref _bytesDone);

    /// <summary>Bytes to be rewritten.</summary>
    public long BytesExpected => Volatile.Read(ref _bytesExpected);

    internal void Expect(long bytes) => Volatile.Write(ref _bytesExpected, bytes);

    internal void Add(long bytes) => Interlocked.Add(ref _bytesDone, bytes);
}
