using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Snapstore.Hashing;

namespace Snapstore.Chunking;

/// <summary>
/// Content-defined cuts under a key: of the candidates between half and one and a half times the average, the one whose
/// window has the least keyed rank decides, and the chunk ends a secret distance behind it (spec/formats/chunking.md).
/// </summary>
/// <remarks>The distance is what keeps chunk lengths from telling anything about the candidate filter's key.</remarks>
public sealed class KeyedMinChunker : IChunker
{
    private readonly int _firstCandidate;
    private readonly int _endCandidate;
    private readonly int _offsetMask;
    private readonly CandidateFilter _filter;
    private readonly WindowRank _rank;
    private readonly VectorWidth _width;

    /// <summary>A chunker of this average size (a power of two, at least 4 KiB) under a 32-byte key.</summary>
    public KeyedMinChunker(int averageSize, ReadOnlySpan<byte> key)
        : this(averageSize, key, WidestSupported())
    {
    }

    internal KeyedMinChunker(int averageSize, ReadOnlySpan<byte> key, VectorWidth width)
    {
        Span<byte> material = stackalloc byte[CandidateFilter.KeySize + WindowRank.KeySize];
        Blake3.HashKeyed(key, "snapstore v1 chunker keyed-min"u8, material);
        _filter = new CandidateFilter(material);
        _rank = new WindowRank(material[CandidateFilter.KeySize..]);
        int spread = averageSize / 16;
        _offsetMask = spread - 1;
        _firstCandidate = averageSize / 2;
        _endCandidate = averageSize + (averageSize / 2) - spread;
        SizeMax = averageSize + (averageSize / 2);
        _width = width;
    }

    /// <inheritdoc/>
    public int SizeMax { get; }

    /// <inheritdoc/>
    public int LookAhead => SizeMax;

    /// <inheritdoc/>
    public int NextCut(ReadOnlySpan<byte> data, bool isEnd)
    {
        if (data.Length < LookAhead)
        {
            if (!isEnd)
                return 0;
            if (data.Length <= _firstCandidate)
                return data.Length;
        }

        (int position, Vector128<ulong> rank) = LeastRanked(data, Math.Min(_endCandidate, data.Length));
        if (position < 0)
            return Math.Min(SizeMax, data.Length);
        return Math.Min(position + (int)(rank.GetElement(1) & (ulong)_offsetMask), data.Length);
    }

    private static VectorWidth WidestSupported() =>
        Vector512.IsHardwareAccelerated ? VectorWidth.Bits512 : Vector256.IsHardwareAccelerated ? VectorWidth.Bits256 : VectorWidth.Scalar;

    // Candidates are positions in [first, end); the first of equal rank wins.
    private (int Position, Vector128<ulong> Rank) LeastRanked(ReadOnlySpan<byte> data, int end)
    {
        Best best = new(-1);
        ref byte start = ref Unsafe.AsRef(in data[0]);
        int position = _firstCandidate;
        // A mask reads up to 3 bytes beyond the 8 + 63 that it hashes.
        int vectorEnd = Math.Min(end, data.Length - 3) - CandidateFilter.Step;
        for (; position <= vectorEnd; position += CandidateFilter.Step)
        {
            ulong mask = _filter.Mask(ref Unsafe.Add(ref start, position - CandidateFilter.Size), _width);
            if (mask == ulong.MaxValue && position == best.LastPosition + 1 && IsRun(ref Unsafe.Add(ref start, position)))
            {
                best.LastPosition = position + CandidateFilter.Step - 1;
                continue;
            }

            while (mask != 0)
            {
                Consider(ref start, position + BitOperations.TrailingZeroCount(mask), ref best);
                mask &= mask - 1;
            }
        }

        for (; position < end; position++)
        {
            if (_filter.IsCandidate(ref Unsafe.Add(ref start, position - CandidateFilter.Size)))
                Consider(ref start, position, ref best);
        }

        return (best.Position, best.Rank);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Consider(ref byte start, int position, ref Best best)
    {
        ref byte window = ref Unsafe.Add(ref start, position - WindowRank.WindowSize);
        // In runs of equal bytes every position may be a candidate with the same window: rank it once.
        if (position == best.LastPosition + 1 && IsSameWindow(ref window))
        {
            best.LastPosition = position;
            return;
        }

        best.LastPosition = position;
        Vector128<ulong> rank = _rank.Of(ref window).AsUInt64();
        if (best.Position < 0 || rank.GetElement(0) < best.Rank.GetElement(0))
            (best.Position, best.Rank) = (position, rank);
    }

    // All windows that end in the next 64 positions are the one that ended right before: the bytes around are one run.
    private static bool IsRun(ref byte position) =>
        IsSameWindow(ref Unsafe.Subtract(ref position, WindowRank.WindowSize)) && IsSameWindow(ref position);

    private static bool IsSameWindow(ref byte window) =>
        Vector512.LoadUnsafe(ref window) == Vector512.LoadUnsafe(ref Unsafe.Subtract(ref window, 1));

    private struct Best(int position)
    {
        public int Position = position;
        public int LastPosition = -2;
        public Vector128<ulong> Rank = Vector128<ulong>.Zero;
    }
}
