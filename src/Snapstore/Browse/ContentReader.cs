using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Browse;

/// <summary>A run of a file's content.</summary>
/// <param name="Bytes">Its bytes, valid until the next piece is asked for; empty for a hole.</param>
/// <param name="HoleLength">Bytes of nothing; 0 where there are bytes.</param>
public readonly record struct ContentPiece(ReadOnlyMemory<byte> Bytes, long HoleLength);

/// <summary>Reads contents of files from front to back, every blob verified by its id, segments fetched and opened
/// ahead by worker threads. For one reading thread.</summary>
public sealed class ContentReader : IDisposable
{
    // Segments are 1 MiB as a rule: the cache holds more than may be on its way, for files that come back to a segment.
    private const long CachedBytesMax = 24 << 20;
    private const int ZerosSize = 256 << 10;

    private static readonly byte[] Zeros = new byte[ZerosSize];

    private readonly Repository _repository;
    private readonly TreeReader _trees;
    private readonly SegmentReader _verifier;
    private readonly SegmentCache _segments;

    /// <summary>A reader.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="workers">Threads that fetch and open segments; 0 does it on the reading thread.</param>
    public ContentReader(Repository repository, int workers)
    {
        _repository = repository;
        _trees = new TreeReader(repository);
        _verifier = new SegmentReader(repository);
        _segments = new SegmentCache(repository, workers, CachedBytesMax);
    }

    /// <summary>The content of a file in order.</summary>
    /// <exception cref="CorruptDataException">A blob is missing or damaged.</exception>
    public IEnumerable<ContentPiece> Pieces(TreeEntry file, string what)
    {
        if (file.Content.Inline is { } inline)
        {
            yield return new ContentPiece(inline, 0);
            yield break;
        }

        ReadWindow ahead = new();
        using IEnumerator<ContentItem> items = _trees.Items(file.Content, file.Size, what).GetEnumerator();
        try
        {
            bool more = true;
            while (more || !ahead.IsEmpty)
            {
                while (more && !ahead.IsFull && (more = items.MoveNext()))
                    ahead.Add(items.Current, Hold(items.Current, what));
                if (ahead.IsEmpty)
                    continue;
                yield return Take(ahead.Next, what);
                ahead.Drop();
            }
        }
        finally
        {
            while (!ahead.IsEmpty)
                ahead.Drop();
        }
    }

    /// <summary>Writes the content of a file; holes as zeros.</summary>
    public void CopyTo(TreeEntry file, string what, Stream output, CancellationToken cancel)
    {
        foreach (ContentPiece piece in Pieces(file, what))
        {
            cancel.ThrowIfCancellationRequested();
            output.Write(piece.Bytes.Span);
            for (long left = piece.HoleLength; left > 0; left -= Math.Min(left, ZerosSize))
            {
                cancel.ThrowIfCancellationRequested();
                output.Write(Zeros, 0, (int)Math.Min(left, ZerosSize));
            }
        }
    }

    /// <summary>The content of a file as a stream that can be read once, front to back; holes as zeros.</summary>
    public Stream Open(TreeEntry file, string what) => new ContentStream(Pieces(file, what), file.Size);

    /// <summary>The runs of a file's content, without reading it.</summary>
    public IEnumerable<ContentItem> Items(TreeEntry file, string what) => _trees.Items(file.Content, file.Size, what);

    /// <summary>Starts to fetch what a file that will be read soon needs, as far as its entry says; the answer is to be
    /// disposed of when it was read.</summary>
    internal ReadAhead Expect(TreeEntry file)
    {
        List<OpenedSegment> held = [];
        long bytes = 0;
        foreach (ContentItem item in file.Content.Items ?? [])
        {
            // A blob that is missing is reported when it is read.
            if (item.IsHole || !_repository.Index.TryFind(item.Id, out BlobLocation location))
                continue;
            Hold(location.Segment);
            if (location.Delta is { Base: var found })
                Hold(found.Segment);
        }

        return new ReadAhead(held, bytes);

        void Hold(in SegmentLocation segment)
        {
            held.Add(_segments.Hold(segment));
            bytes += segment.PlainLength;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _segments.Dispose();
        _verifier.Dispose();
        _trees.Dispose();
    }

    private HeldBlob? Hold(in ContentItem item, string what)
    {
        if (item.IsHole)
            return null;
        BlobLocation location = _repository.Index.Find(item.Id, what);
        if (location.Length != item.Length)
            throw new CorruptDataException($"blob {item.Id} has {location.Length} bytes where {what} has {item.Length}");
        OpenedSegment segment = _segments.Hold(location.Segment);
        return new HeldBlob(segment, location, location.Delta is { Base: var found } ? _segments.Hold(found.Segment) : null);
    }

    private ContentPiece Take(PendingItem next, string what)
    {
        if (next.Blob is not { } blob)
            return new ContentPiece(default, next.Item.Length);
        StorageKey suspect = blob.Location.Segment.Pack.Key;
        try
        {
            ReadOnlyMemory<byte> bytes = Open(blob, ref suspect);
            _verifier.Verify(PackKind.Data, next.Item.Id, bytes.Span);
            return new ContentPiece(bytes, 0);
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            if (_repository.OtherCopies.TryRead(_verifier, next.Item.Id, suspect) is { } copy)
                return new ContentPiece(copy, 0);
            if (e is not CorruptDataException damage)
                throw;
            throw new CorruptDataException($"{what} cannot be read whole: {damage.Message}", damage);
        }
    }

    private ReadOnlyMemory<byte> Open(in HeldBlob blob, ref StorageKey suspect)
    {
        if (blob.Location.Delta is not { } delta)
            return blob.Segment.Bytes(blob.Location.Offset, blob.Location.Length);
        suspect = delta.Base.Segment.Pack.Key;
        ReadOnlyMemory<byte> prefix = blob.BaseSegment!.Bytes(delta.Base.Offset, delta.Base.Length);
        suspect = blob.Location.Segment.Pack.Key;
        ReadOnlyMemory<byte> frame = blob.Segment.Bytes(blob.Location.Offset, delta.FrameLength);
        return _verifier.OpenDelta(frame.Span, prefix.Span, blob.Location.Length);
    }
}
