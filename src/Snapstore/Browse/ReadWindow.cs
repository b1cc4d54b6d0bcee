using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>Where a blob's bytes are or will be.</summary>
internal readonly record struct HeldBlob(OpenedSegment Segment, int Offset);

/// <summary>An item of a file's content whose segment is on its way; a hole has none.</summary>
internal sealed record PendingItem(ContentItem Item, HeldBlob? Blob, long Bytes);

/// <summary>The next items of a file, their segments held: bounded in bytes and in number.</summary>
internal sealed class ReadWindow
{
    private const long BytesMax = 8 << 20;
    private const int ItemsMax = 1024;

    private readonly Queue<PendingItem> _items = new();
    private OpenedSegment? _last;
    private long _bytes;

    public bool IsEmpty => _items.Count == 0;

    public bool IsFull => _bytes >= BytesMax || _items.Count >= ItemsMax;

    public PendingItem Next => _items.Peek();

    public void Add(in ContentItem item, HeldBlob? blob)
    {
        // Neighbours in one segment count it once; that it is counted again when a file comes back to it errs to the safe side.
        bool isCounted = blob is null || (_items.Count > 0 && ReferenceEquals(_last, blob.Value.Segment));
        long bytes = isCounted ? 0 : blob!.Value.Segment.Place.PlainLength;
        _items.Enqueue(new PendingItem(item, blob, bytes));
        _last = blob?.Segment ?? _last;
        _bytes += bytes;
    }

    public void Drop()
    {
        PendingItem done = _items.Dequeue();
        _bytes -= done.Bytes;
        if (done.Blob is { } blob)
            SegmentCache.Release(blob.Segment);
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
