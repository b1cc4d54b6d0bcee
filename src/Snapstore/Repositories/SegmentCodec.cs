using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Blobs, one after the other, to a sealed segment and back (spec/formats/pack.md): the one place that knows
/// the order: compress, then seal. One per thread.</summary>
public sealed class SegmentCodec(KeyRing keys, SessionId repository, CompressionLevel level) : IDisposable
{
    private const byte CodecRaw = 0, CodecZstd = 1;
    private const int CodecSize = 1;

    private readonly ZstdCompressor _compressor = new(level);
    private readonly ZstdDecompressor _decompressor = new();

    // Grown to the largest segment met (1 MiB as a rule, 16 MiB at most), then reused.
    private byte[] _payload = [];
    private byte[] _proof = [];

    /// <summary>The most bytes that a segment of <paramref name="plainLength"/> bytes may take in a pack.</summary>
    public static int StoredBound(int plainLength) => CodecSize + Math.Max(plainLength, ZstdCompressor.Bound(plainLength)) + Sealer.Overhead;

    /// <summary>Compresses and seals; returns the bytes written to <paramref name="stored"/>
    /// (<see cref="StoredBound"/> bytes long). What was written has been opened again and compared.</summary>
    /// <param name="kind">What pack it goes into.</param>
    /// <param name="plain">The blobs, one after the other.</param>
    /// <param name="stored">Takes the message.</param>
    /// <param name="isWorthTrying">True compresses although samples say it does not pay: many small frames have in common what samples
    /// of them do not show.</param>
    /// <exception cref="CorruptDataException">It did not open to the same bytes: memory or processor are faulty.</exception>
    public int Encode(PackKind kind, ReadOnlySpan<byte> plain, Span<byte> stored, bool isWorthTrying = false)
    {
        Span<byte> payload = Room(ref _payload, StoredBound(plain.Length));
        int length = CodecSize + Compress(plain, payload, isWorthTrying);
        Span<byte> context = stackalloc byte[SealContext.Size];
        SealContext bound = Context(kind);
        bound.Encode(context);
        Span<byte> message = stored[..(length + Sealer.Overhead)];
        Sealer.Seal(keys, bound.Purpose, context, payload[..length], message);

        Span<byte> proof = Room(ref _proof, plain.Length);
        Decode(kind, message, proof, "a segment just made");
        if (!proof.SequenceEqual(plain))
            throw new CorruptDataException("a segment just made does not open to the bytes it was made of; check this machine's memory before you back up again");
        return message.Length;
    }

    /// <summary>Opens and decompresses into <paramref name="plain"/>, which is exactly as long as the segment's blobs.</summary>
    /// <exception cref="CorruptDataException">It is damaged or belongs elsewhere.</exception>
    public void Decode(PackKind kind, ReadOnlySpan<byte> stored, Span<byte> plain, string what)
    {
        SealContext bound = Context(kind);
        Span<byte> context = stackalloc byte[SealContext.Size];
        bound.Encode(context);
        Span<byte> payload = Room(ref _payload, stored.Length);
        if (!Sealer.TryOpen(keys, bound.Purpose, context, stored, payload))
            throw new CorruptDataException($"{what} is damaged");
        payload = payload[..(stored.Length - Sealer.Overhead)];
        if (payload.IsEmpty)
            throw new CorruptDataException($"{what} is empty");
        ReadOnlySpan<byte> body = payload[CodecSize..];
        switch (payload[0])
        {
            case CodecRaw when body.Length == plain.Length:
                body.CopyTo(plain);
                break;
            case CodecZstd:
                _decompressor.Decompress(body, plain);
                break;
            case CodecRaw:
                throw new CorruptDataException($"{what} holds {body.Length} bytes instead of {plain.Length}");
            default:
                throw new UnsupportedException($"{what} is compressed by method {payload[0]}; upgrade Snapstore");
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _compressor.Dispose();
        _decompressor.Dispose();
    }

    private static Span<byte> Room(ref byte[] buffer, int size)
    {
        if (buffer.Length < size)
            buffer = LargeBuffer.Allocate(Math.Max(size, SegmentCodecBufferMin));
        return buffer.AsSpan(0, size);
    }

    private const int SegmentCodecBufferMin = Limits.SegmentSizeTarget + (64 << 10);

    private SealContext Context(PackKind kind) =>
        new(kind == PackKind.Data ? SealKind.DataSegment : SealKind.MetaSegment, repository);

    private int Compress(ReadOnlySpan<byte> plain, Span<byte> payload, bool isWorthTrying)
    {
        if (isWorthTrying || _compressor.IsWorthTrying(plain))
        {
            int length = _compressor.Compress(plain, payload[CodecSize..]);
            payload[0] = CodecZstd;
            if (length < plain.Length)
                return length;
        }

        payload[0] = CodecRaw;
        plain.CopyTo(payload[CodecSize..]);
        return plain.Length;
    }
}
