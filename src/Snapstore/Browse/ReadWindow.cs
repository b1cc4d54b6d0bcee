using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Browse;

/// <summary>Where a blob's bytes are or will be.</summary>
/// <param name="Segment">The segment that it stands in.</param>
/// <param name="Location">Where it lies there.</param>
/// <param name="BaseSegment">Where it is stored as a delta: the segment of its base.</param>
internal readonly record struct HeldBlob(OpenedSegment Segment, BlobLocation Location, OpenedSegment? BaseSegment)
{
    /// <summary>Gives the segments back.</summary>
    public void Release()
    {
        SegmentCache.Release(Segment);
        if (BaseSegment is { } found)
            SegmentCache.Release(found);
    }
}

/// <summary>An item of a file's content whose segment is on its way; a hole has none.</summary>
internal sealed record PendingItem(ContentItem Item, HeldBlob? Blob, long Bytes);

/// <summary>The next items of a file, their segments held: bounded in bytes and in number.</summary>
internal sealed class ReadWindow
{
    private const long BytesMax = 8 << 20;
    private const int ItemsMax = 1024;

    private readonly Queue<PendingItem> _items = new();
    private OpenedSegment? _last, _lastBase;
    private long _bytes;

    public bool IsEmpty => _items.Count == 0;

    public bool IsFull => _bytes >= BytesMax || _items.Count >= ItemsMax;

    public PendingItem Next => _items.Peek();

    public void Add(in ContentItem item, HeldBlob? blob)
    {
        // Neighbours in one segment count it once; that it is counted again when a file comes back to it errs to the safe side.
        long bytes = 0;
        if (blob is { } held)
        {
            if (_items.Count == 0)
                (_last, _lastBase) = (null, null);
            bytes = BytesUnless(held.Segment, ref _last) + (held.BaseSegment is { } found ? BytesUnless(found, ref _lastBase) : 0);
        }

        _items.Enqueue(new PendingItem(item, blob, bytes));
        _bytes += bytes;
    }

    public void Drop()
    {
        PendingItem done = _items.Dequeue();
        _bytes -= done.Bytes;
        done.Blob?.Release();
    }

    private static long BytesUnless(OpenedSegment segment, ref OpenedSegment? last)
    {
        if (ReferenceEquals(segment, last))
            return 0;
        last = segment;
        return segment.Place.PlainLength;
    }
}

/// <summary>Segments held for a file that will be read soon.</summary>
internal sealed class ReadAhead(List<OpenedSegment> held, long bytes) : IDisposable
{
    /// <summary>Bytes of these segments.</summary>
    public long Bytes => bytes;

    public void Dispose()
    {
        foreach (OpenedSegment segment in held)
            SegmentCache.Release(segment);
        held.Clear();
    }
}
