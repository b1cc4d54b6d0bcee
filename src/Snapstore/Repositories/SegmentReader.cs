using System.Numerics;
using Snapstore.Compression;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Fetches and opens whole segments. One per thread.</summary>
public sealed class SegmentReader(Repository repository) : IDisposable
{
    private readonly SegmentCodec _codec = new(repository.Keys, repository.Id, CompressionLevel.Off);
    private readonly ZstdDecompressor _frames = new();
    private byte[] _stored = [];
    private byte[] _opened = [];

    /// <summary>Reads one segment into <paramref name="plain"/>, exactly <c>PlainLength</c> bytes.</summary>
    /// <param name="segment">Where it lies.</param>
    /// <param name="plain">What it holds.</param>
    /// <param name="fetched">Its stored bytes, where they were read before.</param>
    /// <returns>Its stored bytes, valid until the next call.</returns>
    public ReadOnlySpan<byte> Read(in SegmentLocation segment, Span<byte> plain, ReadOnlySpan<byte> fetched = default)
    {
        if (!fetched.IsEmpty)
        {
            Decode(segment, fetched, plain);
            return fetched;
        }

        if (_stored.Length < segment.StoredLength)
            _stored = LargeBuffer.Allocate(Math.Max(segment.StoredLength, Limits.SegmentSizeTarget));
        Span<byte> stored = _stored.AsSpan(0, segment.StoredLength);
        LocalCache? cache = segment.Pack.Kind == PackKind.Meta ? repository.Cache : null;
        bool isKept = cache?.TryRead(segment.Pack.Key, segment.Offset) is { } kept && kept.AsSpan().TryCopyTo(stored) && kept.Length == stored.Length;
        if (!isKept)
            repository.Storage.Read(segment.Pack.Key, segment.Offset, stored);
        Decode(segment, stored, plain);
        if (!isKept)
            cache?.Keep(segment.Pack.Key, segment.Offset, stored);
        return stored;
    }

    /// <summary>Opens a delta's frame; the plaintext, not verified yet, is valid until the next call.</summary>
    /// <param name="frame">The frame as it stands in its segment.</param>
    /// <param name="prefix">The base's plaintext.</param>
    /// <param name="length">Bytes of the delta's plaintext.</param>
    /// <exception cref="CorruptDataException">It is no such frame.</exception>
    public ReadOnlyMemory<byte> OpenDelta(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> prefix, int length)
    {
        if (_opened.Length < length)
            _opened = GC.AllocateUninitializedArray<byte>((int)BitOperations.RoundUpToPowerOf2((uint)length), pinned: true);
        _frames.Decompress(frame, prefix, _opened.AsSpan(0, length));
        return _opened.AsMemory(0, length);
    }

    /// <summary>Says that these bytes are the data blob of this key.</summary>
    /// <exception cref="CorruptDataException">They are not.</exception>
    public void VerifyKey(in BlobKey key, ReadOnlySpan<byte> plain)
    {
        BlobId found = repository.Keys.DataId(plain);
        if (new BlobKey(found) != key)
            throw new CorruptDataException($"blob {key} is damaged: its bytes hash to {found}");
    }

    /// <summary>Says that these bytes are the blob they are said to be.</summary>
    /// <exception cref="CorruptDataException">They are not.</exception>
    public void Verify(PackKind kind, in BlobId id, ReadOnlySpan<byte> plain)
    {
        BlobId found = kind == PackKind.Data ? repository.Keys.DataId(plain) : repository.Keys.MetaId(plain);
        if (found != id)
            throw new CorruptDataException($"blob {id} is damaged: its bytes hash to {found}");
    }

    private void Decode(in SegmentLocation segment, ReadOnlySpan<byte> stored, Span<byte> plain) =>
        _codec.Decode(segment.Pack.Kind, stored, plain, $"the segment at {segment.Offset} of {segment.Pack.Key}");

    /// <inheritdoc/>
    public void Dispose()
    {
        _codec.Dispose();
        _frames.Dispose();
    }
}
