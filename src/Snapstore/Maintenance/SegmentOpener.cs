using System.Numerics;
using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Opens segments and holds every blob of them against its id. One per thread.</summary>
internal sealed class SegmentOpener(Repository repository) : IDisposable
{
    private readonly SegmentCodec _codec = new(repository.Keys, repository.Id, CompressionLevel.Off);
    private readonly ZstdDecompressor _frames = new();
    private byte[] _stored = [], _plain = [], _delta = [];

    /// <summary>A buffer for stored bytes, grown to what is asked for.</summary>
    public Span<byte> Room(int length) => Room(ref _stored, length);

    /// <summary>Opens a segment; the plaintext of its blobs is valid until the next call.</summary>
    /// <exception cref="CorruptDataException">It does not open, or a blob is not what its id says.</exception>
    public ReadOnlySpan<byte> Open(KnownPack pack, PackDirectory directory, in SegmentRecord segment, ReadOnlySpan<byte> stored)
    {
        Span<byte> plain = OpenSealed(pack, segment, stored);
        int offset = 0;
        foreach (BlobRecord blob in directory.BlobsOf(segment))
        {
            Verify(pack.Kind, segment, blob.Id, plain.Slice(offset, blob.Length));
            offset += blob.Length;
        }

        return plain;
    }

    /// <summary>Opens a segment of deltas, and each of them with its base.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="directory">Its directory.</param>
    /// <param name="segment">The segment.</param>
    /// <param name="stored">Its stored bytes.</param>
    /// <param name="pending">Takes those whose bases are still to be read; null where none waits.</param>
    /// <param name="bases">Reads bases.</param>
    /// <param name="badBase">Told of bases that cannot be read, and why; of the deltas that have them nothing can be told.</param>
    /// <exception cref="CorruptDataException">It does not open, or a delta of a sound base is not what its id says.</exception>
    public void OpenDeltas(
        KnownPack pack, PackDirectory directory, in SegmentRecord segment, ReadOnlySpan<byte> stored, PendingDeltas? pending, BlobReader bases,
        Action<BlobKey, SnapstoreException> badBase)
    {
        ReadOnlySpan<byte> frames = OpenSealed(pack, segment, stored);
        ReadOnlySpan<BlobRecord> blobs = directory.BlobsOf(segment);
        ReadOnlySpan<DeltaRecord> deltas = directory.DeltasOf(segment);
        int offset = 0;
        for (int i = 0; i < blobs.Length; i++)
        {
            ReadOnlySpan<byte> frame = frames.Slice(offset, blobs[i].Length);
            offset += blobs[i].Length;
            if (pending?.TryAdd(pack, blobs[i], deltas[i], frame) == true)
                continue;
            ReadOnlySpan<byte> prefix;
            try
            {
                prefix = bases.ReadBase(deltas[i].Base);
            }
            catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
            {
                badBase(deltas[i].Base, e);
                continue;
            }

            if (KeyOf(frame, prefix, deltas[i].Length) != blobs[i].Key)
                throw new CorruptDataException($"the segment at {segment.Offset} holds other bytes than those of blob {blobs[i].Key}");
        }
    }

    /// <summary>True where a delta opens to what it should.</summary>
    /// <param name="delta">The delta.</param>
    /// <param name="segment">Plaintext of the segment that holds its base.</param>
    public bool IsSound(PendingDelta delta, ReadOnlySpan<byte> segment)
    {
        try
        {
            return KeyOf(delta.Frame, segment.Slice(delta.BaseOffset, delta.BaseLength), delta.Length) == delta.Blob;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _codec.Dispose();
        _frames.Dispose();
    }

    private BlobKey KeyOf(ReadOnlySpan<byte> frame, ReadOnlySpan<byte> prefix, int length)
    {
        Span<byte> plain = Room(ref _delta, length);
        _frames.Decompress(frame, prefix, plain);
        return new BlobKey(repository.Keys.DataId(plain));
    }

    private Span<byte> OpenSealed(KnownPack pack, in SegmentRecord segment, ReadOnlySpan<byte> stored)
    {
        Span<byte> plain = Room(ref _plain, segment.PlainLength);
        _codec.Decode(pack.Kind, stored, plain, $"the segment at {segment.Offset}");
        return plain;
    }

    private void Verify(PackKind kind, in SegmentRecord segment, in BlobId id, ReadOnlySpan<byte> plain)
    {
        BlobId found = kind == PackKind.Data ? repository.Keys.DataId(plain) : repository.Keys.MetaId(plain);
        if (found != id)
            throw new CorruptDataException($"the segment at {segment.Offset} holds other bytes than those of blob {id}");
    }

    private static Span<byte> Room(ref byte[] buffer, int length)
    {
        if (buffer.Length < length)
            buffer = LargeBuffer.Allocate((int)BitOperations.RoundUpToPowerOf2((uint)length));
        return buffer.AsSpan(0, length);
    }
}
