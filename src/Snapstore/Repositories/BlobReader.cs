namespace Snapstore.Repositories;

/// <summary>Reads single blobs, keeping the last few opened segments, for whoever wants one blob of a segment
/// soon wants its neighbour. One per thread.</summary>
/// <param name="repository">Where the blobs are.</param>
/// <param name="cachedBytesMax">Bytes of opened segments to keep.</param>
/// <param name="index">Where to look blobs up, and nowhere else; where this is null the repository's own index, and other copies of what
/// is damaged there.</param>
public sealed class BlobReader(
    Repository repository, int cachedBytesMax = BlobReader.CachedBytesDefault, BlobIndex? index = null) : IDisposable
{
    /// <summary>Bytes of opened segments that are kept.</summary>
    public const int CachedBytesDefault = 12 << 20;

    private readonly SegmentReader _segments = new(repository);
    private readonly LinkedList<Opened> _recent = new();
    private readonly Dictionary<(string Pack, long Offset), LinkedListNode<Opened>> _byPlace = [];
    private int _cachedBytes;

    /// <summary>The blob's plaintext, verified by its id; valid until the next call.</summary>
    /// <exception cref="CorruptDataException">The blob is missing or damaged.</exception>
    public ReadOnlySpan<byte> Read(in BlobId id, string what)
    {
        BlobLocation location = (index ?? repository.Index).Find(id, what);
        try
        {
            byte[] segment = Open(location.Segment);
            ReadOnlySpan<byte> plain = segment.AsSpan(location.Offset, location.Length);
            _segments.Verify(location.Segment.Pack.Kind, id, plain);
            return plain;
        }
        catch (SnapstoreException e) when (index is null && OtherCopies.IsLoss(e))
        {
            if (repository.OtherCopies.TryRead(_segments, id, location.Segment.Pack.Key) is { } copy)
                return copy;
            throw;
        }
    }

    /// <summary>Gives up the segments that are kept.</summary>
    public void Clear()
    {
        _recent.Clear();
        _byPlace.Clear();
        _cachedBytes = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _segments.Dispose();

    private byte[] Open(in SegmentLocation place)
    {
        (string, long) key = (place.Pack.Key.Name, place.Offset);
        if (_byPlace.TryGetValue(key, out LinkedListNode<Opened>? node))
        {
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value.Plain;
        }

        byte[] plain = GC.AllocateUninitializedArray<byte>(place.PlainLength);
        _segments.Read(place, plain);
        _byPlace[key] = _recent.AddFirst(new Opened(key, plain));
        _cachedBytes += plain.Length;
        while (_cachedBytes > cachedBytesMax && _recent.Count > 1)
            DropOldest();
        return plain;
    }

    private void DropOldest()
    {
        Opened oldest = _recent.Last!.Value;
        _recent.RemoveLast();
        _byPlace.Remove(oldest.Key);
        _cachedBytes -= oldest.Plain.Length;
    }

    private sealed record Opened((string Pack, long Offset) Key, byte[] Plain);
}
