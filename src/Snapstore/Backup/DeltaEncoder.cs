using System.Numerics;
using Snapstore.Compression;

namespace Snapstore.Backup;

/// <summary>Makes the frame of one chunk as a difference from another, and says whether it is worth having. One per thread.</summary>
internal sealed class DeltaEncoder(CompressionLevel level) : IDisposable
{
    // What a delta's record takes in the pack's directory and in the index, more than a plain one's: a base and a length in each.
    private const int RecordSize = 46;

    // Compressing a chunk only to see what it would take costs more than the rest: done for one in so many, unless it is close.
    private const int MeasureInterval = 16;

    // A higher level finds no more of what two versions of a chunk share (decisions/0005-delta-blobs.md).
    private readonly ZstdCompressor _differ = new(CompressionLevel.Default);
    private readonly ZstdCompressor _fresh = new(level);
    private readonly ZstdDecompressor _opener = new();
    private byte[] _frame = [], _proof = [], _measured = [];
    private double _freshShare;
    private int _untilMeasured;

    /// <summary>Forgets how well the last file's content compressed.</summary>
    public void Begin() => _untilMeasured = 0;

    /// <summary>The frame; null where it takes half of what the chunk takes without a base, or more. What it holds was opened again
    /// and compared.</summary>
    /// <exception cref="CorruptDataException">It did not open to the same bytes: memory or processor are faulty.</exception>
    public byte[]? Encode(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix)
    {
        Span<byte> frame = Room(ref _frame, plain.Length / 2);
        int length = _differ.Compress(plain, prefix, frame);
        if (length == 0 || !IsWorthIt(plain, length + RecordSize))
            return null;
        Span<byte> proof = Room(ref _proof, plain.Length);
        _opener.Decompress(frame[..length], prefix, proof);
        if (!proof.SequenceEqual(plain))
            throw new CorruptDataException("a delta just made does not open to the bytes it was made of; check this machine's memory before you back up again");
        return frame[..length].ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _differ.Dispose();
        _fresh.Dispose();
        _opener.Dispose();
    }

    private bool IsWorthIt(ReadOnlySpan<byte> plain, int length)
    {
        bool isFarBelow = length * 4 < _freshShare * plain.Length;
        if (_untilMeasured-- > 0 && isFarBelow)
            return true;
        int fresh = Math.Min(_fresh.Compress(plain, Room(ref _measured, ZstdCompressor.Bound(plain.Length))), plain.Length);
        _freshShare = (double)fresh / plain.Length;
        _untilMeasured = MeasureInterval;
        return length * 2 < fresh;
    }

    private static Span<byte> Room(ref byte[] buffer, int size)
    {
        if (buffer.Length < size)
            buffer = new byte[BitOperations.RoundUpToPowerOf2((uint)size)];
        return buffer.AsSpan(0, size);
    }
}
