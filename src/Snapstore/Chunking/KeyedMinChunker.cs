using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;
using Snapstore.Hashing;

namespace Snapstore.Chunking;

/// <summary>
/// Content-defined cuts under a key: of the candidates between half and one and a half times the average, the one whose
/// window has the least keyed rank decides, and the chunk ends a secret distance behind it (spec/formats/chunking.md).
/// </summary>
/// <remarks>The distance is what keeps chunk lengths from telling much about which positions are candidates.</remarks>
public sealed class KeyedMinChunker : IChunker
{
    // Chosen by measurement: A/8 would leak half as much and find 2 % more new bytes (spec/decisions/0001-chunker.md).
    private const int SpreadDivisor = 16;

    private readonly int _firstCandidate;
    private readonly int _endCandidate;
    private readonly int _spread;
    private readonly CandidateFilter _filter;
    private readonly CandidateScan _scan;
    private readonly VectorWidth _width;

    /// <summary>A chunker of this average size under a key.</summary>
    /// <param name="averageSize">Bytes; a power of two from 4 KiB to 4 MiB.</param>
    /// <param name="key">32 secret bytes.</param>
    /// <exception cref="ArgumentException">The size or the key is none of these.</exception>
    public KeyedMinChunker(int averageSize, ReadOnlySpan<byte> key)
        : this(averageSize, key, WidestSupported(), isSoftware: !ProcessorAesRound.IsSupported)
    {
    }

    /// <summary>The same cuts by a certain path: any width on any machine; the processor's AES only where it is.</summary>
    internal KeyedMinChunker(int averageSize, ReadOnlySpan<byte> key, VectorWidth width, bool isSoftware)
    {
        ChunkerParameters.CheckSize(averageSize);
        Span<byte> material = stackalloc byte[CandidateFilter.KeySize + WindowRank.KeySize];
        Blake3.HashKeyed(key, "snapstore v1 chunker keyed-min"u8, material);
        _filter = new CandidateFilter(material);
        _scan = new CandidateScan(_filter, new WindowRank(material[CandidateFilter.KeySize..]), isSoftware);
        CryptographicOperations.ZeroMemory(material);
        _spread = averageSize / SpreadDivisor;
        _firstCandidate = averageSize / 2;
        SizeMax = averageSize + (averageSize / 2);
        _endCandidate = SizeMax - _spread;
        _width = width;
    }

    /// <inheritdoc/>
    public int SizeMax { get; }

    /// <inheritdoc/>
    public int LookAhead => SizeMax;

    /// <inheritdoc/>
    public int NextCut(ReadOnlySpan<byte> data, bool isEnd)
    {
        if (data.Length < LookAhead && !isEnd)
            return 0;
        if (data.Length <= _firstCandidate)
            return data.Length;
        int end = Math.Min(_endCandidate, data.Length);
        RankedCandidate least = LeastRanked(ref MemoryMarshal.GetReference(data), end);
        int length = least.Position < 0 ? SizeMax : least.Position + (int)(least.OffsetSource % (uint)_spread);
        return Math.Min(length, data.Length);
    }

    private static VectorWidth WidestSupported()
    {
        if (Vector512.IsHardwareAccelerated)
            return VectorWidth.Bits512;
        if (Vector256.IsHardwareAccelerated)
            return VectorWidth.Bits256;
        return Vector128.IsHardwareAccelerated ? VectorWidth.Bits128 : VectorWidth.Scalar;
    }

    private RankedCandidate LeastRanked(ref byte chunk, int end) => _width switch
    {
        VectorWidth.Bits512 => _scan.LeastRanked(new CandidateMask512(_filter), ref chunk, _firstCandidate, end),
        VectorWidth.Bits256 => _scan.LeastRanked(new CandidateMask256(_filter), ref chunk, _firstCandidate, end),
        VectorWidth.Bits128 => _scan.LeastRanked(new CandidateMask128(_filter), ref chunk, _firstCandidate, end),
        _ => _scan.LeastRanked(new CandidateMaskScalar(_filter), ref chunk, _firstCandidate, end),
    };
}
