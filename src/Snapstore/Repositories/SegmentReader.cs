using Snapstore.Compression;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Fetches and opens whole segments. One per thread.</summary>
public sealed class SegmentReader(Repository repository) : IDisposable
{
    private readonly SegmentCodec _codec = new(repository.Keys, repository.Id, CompressionLevel.Off);
    private byte[] _stored = [];
    private int _storedLength;

    /// <summary>The segment read last, as it is stored; valid until the next call.</summary>
    public ReadOnlySpan<byte> LastStored => _stored.AsSpan(0, _storedLength);

    /// <summary>Reads one segment into <paramref name="plain"/>, exactly <c>PlainLength</c> bytes.</summary>
    public void Read(in SegmentLocation segment, Span<byte> plain)
    {
        if (_stored.Length < segment.StoredLength)
            _stored = LargeBuffer.Allocate(Math.Max(segment.StoredLength, Limits.SegmentSizeTarget));
        Span<byte> stored = _stored.AsSpan(0, segment.StoredLength);
        _storedLength = segment.StoredLength;
        repository.Storage.Read(segment.Pack.Key, segment.Offset, stored);
        _codec.Decode(segment.Pack.Kind, stored, plain, $"the segment at {segment.Offset} of {segment.Pack.Key}");
    }

    /// <summary>Says that these bytes are the blob they are said to be.</summary>
    /// <exception cref="CorruptDataException">They are not.</exception>
    public void Verify(PackKind kind, in BlobId id, ReadOnlySpan<byte> plain)
    {
        BlobId found = kind == PackKind.Data ? repository.Keys.DataId(plain) : repository.Keys.MetaId(plain);
        if (found != id)
            throw new CorruptDataException($"blob {id} is damaged: its bytes hash to {found}");
    }

    /// <inheritdoc/>
    public void Dispose() => _codec.Dispose();
}
