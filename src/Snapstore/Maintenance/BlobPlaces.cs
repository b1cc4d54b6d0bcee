using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Where blobs lie, and which of these places are lost. Filled by one thread at a time, asked by many.</summary>
internal sealed class BlobPlaces(BlobIndex index, BlobIndex missing) : IDisposable
{
    private readonly HashSet<(string Pack, long Offset)> _badSegments = [];

    /// <summary>Every blob of every pack that can be used: what a reader goes by.</summary>
    public BlobIndex Index { get; } = index;

    /// <summary>States that a segment does not open.</summary>
    public void AddBadSegment(StorageKey pack, long offset)
    {
        lock (_badSegments)
            _badSegments.Add((pack.Name, offset));
    }

    private bool IsBad(in SegmentLocation segment) =>
        _badSegments.Count > 0 && _badSegments.Contains((segment.Pack.Key.Name, segment.Offset));

    /// <summary>True where a reader that looks for this blob is led to exactly this copy.</summary>
    public bool IsWhereReadersLook(in BlobId id, StorageKey pack, long segmentOffset) =>
        Index.TryFind(id, out BlobLocation location)
        && location.Segment.Offset == segmentOffset
        && location.Segment.Pack.Key == pack;

    /// <summary>What is wrong with a reference to a data blob of this length; null where nothing is.</summary>
    public (string Object, string Message)? ProblemOf(in BlobId id, long length)
    {
        if (!Index.TryFind(id, out BlobLocation location))
            return (Culprit(id), "data is missing");
        if (location.Segment.Pack.Kind != PackKind.Data || location.Length != length)
            return ($"blob {id}", $"stands in {location.Segment.Pack.Key} with {location.Length} bytes where {length} bytes of data belong");
        if (IsBad(location.Segment))
            return (location.Segment.Pack.Key.Name, "data is damaged");
        return location.Delta is { Base: var found } && IsBad(found.Segment)
            ? (found.Segment.Pack.Key.Name, "data is damaged: what it is stored as a difference from")
            : null;
    }

    /// <summary>The object to blame for a blob that cannot be had: its pack, that of the base it is a delta of, or the blob itself
    /// where none is known.</summary>
    public string Culprit(in BlobId id)
    {
        if (Index.TryFind(id, out BlobLocation location))
            return location.Segment.Pack.Key.Name;
        StorageKey? pack = missing.FindPack(new BlobKey(id)) ?? (Index.FindBase(id) is { } lost ? missing.FindPack(lost) ?? Index.FindPack(new BlobKey(id)) : null);
        return pack?.Name ?? $"blob {id}";
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Index.Dispose();
        missing.Dispose();
    }
}
