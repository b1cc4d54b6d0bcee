using Snapstore.Formats;
using Snapstore.Storage;

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
    private readonly RecentSegments _recent = new(cachedBytesMax);
    private readonly ReadAhead _ahead = new(repository);

    /// <summary>The blob's plaintext, verified by its id; valid until the next call.</summary>
    /// <exception cref="CorruptDataException">The blob is missing or damaged.</exception>
    public ReadOnlySpan<byte> Read(in BlobId id, string what)
    {
        BlobLocation location = (index ?? repository.Index).Find(id, what);
        StorageKey suspect = location.Segment.Pack.Key;
        try
        {
            ReadOnlySpan<byte> plain = Open(location, ref suspect);
            _segments.Verify(location.Segment.Pack.Kind, id, plain);
            return plain;
        }
        catch (SnapstoreException e) when (index is null && OtherCopies.IsLoss(e))
        {
            if (repository.OtherCopies.TryRead(_segments, id, suspect) is { } copy)
                return copy;
            throw;
        }
    }

    /// <summary>The plaintext of a blob that is there plain, as a delta's base is; verified by its key, valid until the next call.</summary>
    /// <exception cref="CorruptDataException">It is missing or damaged.</exception>
    public ReadOnlySpan<byte> ReadBase(scoped in BlobKey key)
    {
        if (!(index ?? repository.Index).TryFindPlain(key, out BlobLocation location))
            throw new CorruptDataException($"blob {key} is missing from the repository, and what is stored as a difference from it cannot be read; run: snapstore check");
        try
        {
            ReadOnlySpan<byte> plain = Open(location.Segment).AsSpan(location.Offset, location.Length);
            _segments.VerifyKey(key, plain);
            return plain;
        }
        catch (SnapstoreException e) when (index is null && OtherCopies.IsLoss(e))
        {
            if (repository.OtherCopies.TryReadBase(_segments, key, location.Segment.Pack.Key) is { } copy)
                return copy;
            throw;
        }
    }

    /// <summary>The frame of a blob that is stored as a delta, as it stands there; valid until the next call. What it opens to is not verified.</summary>
    public ReadOnlySpan<byte> ReadFrame(in BlobLocation place) => Open(place.Segment).AsSpan(place.Offset, place.LengthInSegment);

    /// <summary>Gives up the segments that are kept.</summary>
    public void Clear() => _recent.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _ahead.Dispose();
        _segments.Dispose();
    }

    private ReadOnlySpan<byte> Open(scoped in BlobLocation place, scoped ref StorageKey suspect)
    {
        if (place.Delta is not { } delta)
            return Open(place.Segment).AsSpan(place.Offset, place.Length);
        suspect = delta.Base.Segment.Pack.Key;
        ReadOnlySpan<byte> prefix = Open(delta.Base.Segment).AsSpan(delta.Base.Offset, delta.Base.Length);
        suspect = place.Segment.Pack.Key;
        ReadOnlySpan<byte> frame = Open(place.Segment).AsSpan(place.Offset, delta.FrameLength);
        return _segments.OpenDelta(frame, prefix, place.Length).Span;
    }

    private byte[] Open(in SegmentLocation place) => _recent.Open(_segments, place, _ahead);
}
