using System.Numerics;
using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Maintenance;

/// <summary>Opens segments and holds every blob of them against its id. One per thread.</summary>
internal sealed class SegmentOpener(Repository repository) : IDisposable
{
    private readonly SegmentCodec _codec = new(repository.Keys, repository.Id, CompressionLevel.Off);
    private byte[] _stored = [], _plain = [];

    /// <summary>A buffer for stored bytes, grown to what is asked for.</summary>
    public Span<byte> Room(int length) => Room(ref _stored, length);

    /// <summary>Opens a segment; the plaintext of its blobs is valid until the next call.</summary>
    /// <exception cref="CorruptDataException">It does not open, or a blob is not what its id says.</exception>
    public ReadOnlySpan<byte> Open(KnownPack pack, PackDirectory directory, in SegmentRecord segment, ReadOnlySpan<byte> stored)
    {
        Span<byte> plain = Room(ref _plain, segment.PlainLength);
        _codec.Decode(pack.Kind, stored, plain, $"the segment at {segment.Offset}");
        int offset = 0;
        foreach (BlobRecord blob in directory.BlobsOf(segment))
        {
            ReadOnlySpan<byte> bytes = plain.Slice(offset, blob.Length);
            BlobId found = pack.Kind == PackKind.Data ? repository.Keys.DataId(bytes) : repository.Keys.MetaId(bytes);
            if (found != blob.Id)
                throw new CorruptDataException($"the segment at {segment.Offset} holds other bytes than those of blob {blob.Id}");
            offset += blob.Length;
        }

        return plain;
    }

    /// <inheritdoc/>
    public void Dispose() => _codec.Dispose();

    private static Span<byte> Room(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
            buffer = LargeBuffer.Allocate((int)BitOperations.RoundUpToPowerOf2((uint)length));
        return buffer.AsSpan(0, length);
    }
}
