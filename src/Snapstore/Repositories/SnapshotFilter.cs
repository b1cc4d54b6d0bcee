namespace Snapstore.Repositories;

/// <summary>Which snapshots a command is about; a list that is empty asks for nothing.</summary>
public sealed record SnapshotFilter
{
    /// <summary>Takes all.</summary>
    public static SnapshotFilter All { get; } = new();

    /// <summary>Hosts: the snapshot's must be one of them.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Sets of tags: the snapshot must have every tag of at least one set.</summary>
    public IReadOnlyList<IReadOnlyList<string>> TagSets { get; init; } = [];

    /// <summary>Absolute paths, or a stream's name: the snapshot must have been taken of each of them.</summary>
    public IReadOnlyList<byte[]> Paths { get; init; } = [];

    /// <summary>The earliest time, Unix nanoseconds.</summary>
    public long SinceNanoseconds { get; init; } = long.MinValue;

    /// <summary>The last time, Unix nanoseconds.</summary>
    public long UntilNanoseconds { get; init; } = long.MaxValue;

    /// <summary>True where the snapshot is one that is asked for.</summary>
    public bool Takes(Snapshot snapshot)
    {
        long time = snapshot.Manifest.TimeNanoseconds;
        return time >= SinceNanoseconds
            && time <= UntilNanoseconds
            && (Hosts.Count == 0 || Hosts.Contains(snapshot.Manifest.Host))
            && (TagSets.Count == 0 || TagSets.Any(set => set.All(snapshot.Tags.Contains)))
            && Paths.All(path => snapshot.Manifest.Paths.Any(taken => taken.AsSpan().SequenceEqual(path)));
    }
}
