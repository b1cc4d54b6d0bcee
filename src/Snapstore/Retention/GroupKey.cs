using Snapstore.Formats;

namespace Snapstore.Retention;

/// <summary>What the snapshots of one group have in common; equal where all its parts are, byte for byte.</summary>
public sealed class GroupKey : IEquatable<GroupKey>, IComparable<GroupKey>
{
    private static readonly Comparer<byte[]> PathOrder = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    private GroupKey(Candidate snapshot, GroupBy groupBy)
    {
        bool bySource = groupBy.HasFlag(GroupBy.Source);
        Host = groupBy.HasFlag(GroupBy.Host) ? snapshot.Host : null;
        Source = bySource ? snapshot.Source : null;
        Paths = bySource ? [.. new SortedSet<byte[]>(snapshot.Paths, PathOrder)] : [];
        Tags = groupBy.HasFlag(GroupBy.Tags) ? [.. new SortedSet<string>(snapshot.Tags, StringComparer.Ordinal)] : null;
    }

    /// <summary>The host, where they are grouped by it.</summary>
    public string? Host { get; }

    /// <summary>The kind of source, where they are grouped by source.</summary>
    public SourceKind? Source { get; }

    /// <summary>The paths, sorted, each once; empty where they are not grouped by source.</summary>
    public IReadOnlyList<byte[]> Paths { get; }

    /// <summary>The tags, sorted, each once, where they are grouped by them.</summary>
    public IReadOnlyList<string>? Tags { get; }

    /// <summary>The group that a snapshot belongs to.</summary>
    public static GroupKey Of(Candidate snapshot, GroupBy groupBy) => new(snapshot, groupBy);

    /// <inheritdoc/>
    public int CompareTo(GroupKey? other)
    {
        if (other is null)
            return 1;
        int order = string.CompareOrdinal(Host, other.Host);
        if (order == 0)
            order = Nullable.Compare(Source, other.Source);
        if (order == 0)
            order = CompareLists(Paths, other.Paths, PathOrder);
        return order == 0 ? CompareLists(Tags ?? [], other.Tags ?? [], StringComparer.Ordinal) : order;
    }

    /// <inheritdoc/>
    public bool Equals(GroupKey? other) => CompareTo(other) == 0 && Tags is null == other!.Tags is null;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GroupKey);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(Host, StringComparer.Ordinal);
        hash.Add(Source);
        foreach (byte[] path in Paths)
            hash.AddBytes(path);
        foreach (string tag in Tags ?? [])
            hash.Add(tag, StringComparer.Ordinal);
        return hash.ToHashCode();
    }

    private static int CompareLists<T>(IReadOnlyList<T> left, IReadOnlyList<T> right, IComparer<T> items)
    {
        for (int i = 0; i < Math.Min(left.Count, right.Count); i++)
        {
            int order = items.Compare(left[i], right[i]);
            if (order != 0)
                return order;
        }

        return left.Count.CompareTo(right.Count);
    }
}
