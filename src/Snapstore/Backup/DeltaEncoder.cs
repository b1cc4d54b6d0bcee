using System.Numerics;
using Snapstore.Compression;

namespace Snapstore.Backup;

/// <summary>Makes the frame of one chunk as a difference from another, and says whether it is worth having. One per thread.</summary>
internal sealed class DeltaEncoder(CompressionLevel level) : IDisposable
{
    // What a delta's record takes in the pack's directory and in the index, more than a plain one's: a base and a length in each.
    private const int RecordSize = 46;

    // Below this part of a fresh copy a delta is not given up for what it will grow to.
    private const int GrowthWatchedFrom = 8;

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

    /// <summary>The frame; null where it takes half of what the chunk takes without a base, or more, or will soon cost more than a new
    /// base. What it holds was opened again and compared.</summary>
    /// <param name="plain">The chunk.</param>
    /// <param name="prefix">The base.</param>
    /// <param name="before">Length of the parent's delta here from the same base; 0 where the parent has the base itself.</param>
    /// <exception cref="CorruptDataException">It did not open to the same bytes: memory or processor are faulty.</exception>
    public byte[]? Encode(ReadOnlySpan<byte> plain, ReadOnlySpan<byte> prefix, int before)
    {
        Span<byte> frame = Room(ref _frame, plain.Length / 2);
        int length = _differ.Compress(plain, prefix, frame);
        if (length == 0 || !IsWorthIt(plain, length + RecordSize, before == 0 ? length : length - before))
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

    private bool IsWorthIt(ReadOnlySpan<byte> plain, int length, int growth)
    {
        bool isFarBelow = length * 4 < _freshShare * plain.Length;
        if (_untilMeasured-- > 0 && isFarBelow)
            return IsCheaperThanNewBase(length, growth, _freshShare * plain.Length);
        int fresh = Math.Min(_fresh.Compress(plain, Room(ref _measured, ZstdCompressor.Bound(plain.Length))), plain.Length);
        _freshShare = (double)fresh / plain.Length;
        _untilMeasured = MeasureInterval;
        return length * 2 < fresh && IsCheaperThanNewBase(length, growth, fresh);
    }

    // Each snapshot's delta repeats what changed since the base. Growing by g a time up to d, all of them took d * d / 2g; from
    // where that is what a new base takes, a new base is cheaper than going on (spec/decisions/0005-delta-blobs.md).
    private static bool IsCheaperThanNewBase(int length, int growth, double fresh) =>
        length * GrowthWatchedFrom < fresh || growth <= 0 || (double)length * length < 2 * fresh * growth;

    private static Span<byte> Room(ref byte[] buffer, int size)
    {
        if (buffer.Length < size)
            buffer = new byte[BitOperations.RoundUpToPowerOf2((uint)size)];
        return buffer.AsSpan(0, size);
    }
}
