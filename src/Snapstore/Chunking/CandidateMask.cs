using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Snapstore.Chunking;

/// <summary>How many bytes one instruction handles; all give the same cuts.</summary>
internal enum VectorWidth
{
    /// <summary>One position at a time.</summary>
    Scalar = 1,

    /// <summary>Arm's AdvSimd, SSE.</summary>
    Bits128 = 2,

    /// <summary>AVX2.</summary>
    Bits256 = 3,

    /// <summary>AVX-512.</summary>
    Bits512 = 4,
}

/// <summary>The candidates among 64 positions. A structure per vector width, so that the scan is compiled for each with
/// the key in registers.</summary>
internal interface ICandidateMask
{
    /// <summary>Bit i says whether the position 8 + i behind <paramref name="bytes"/> is a candidate, for i from 0 to
    /// 63; 71 bytes are read.</summary>
    ulong Of(ref byte bytes);
}

/// <inheritdoc cref="VectorWidth.Scalar"/>
internal readonly struct CandidateMaskScalar(CandidateFilter filter) : ICandidateMask
{
    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ref byte bytes)
    {
        ulong mask = 0;
        for (int i = 0; i < CandidateFilter.Step; i++)
            mask |= (filter.IsCandidate(ref Unsafe.Add(ref bytes, i)) ? 1UL : 0) << i;
        return mask;
    }
}

// In all of these, lane j of the load at offset k hashes the bytes at 4j + k; moving each hash's top byte to byte k of
// its lane puts byte 4j + k of one vector where position 4j + k stands.

/// <inheritdoc cref="VectorWidth.Bits128"/>
internal readonly struct CandidateMask128(CandidateFilter filter) : ICandidateMask
{
    private readonly Vector128<uint> _first = Vector128.Create(filter.First);
    private readonly Vector128<uint> _second = Vector128.Create(filter.Second);
    private readonly Vector128<uint> _addend = Vector128.Create(filter.Addend);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ref byte bytes) =>
        Quarter(ref bytes, 0)
        | (Quarter(ref bytes, 16) << 16)
        | (Quarter(ref bytes, 32) << 32)
        | (Quarter(ref bytes, 48) << 48);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Quarter(ref byte bytes, nuint at)
    {
        Vector128<uint> top = Vector128.Create(0xff000000);
        Vector128<uint> merged = Hash(ref bytes, at) >> 24;
        merged |= (Hash(ref bytes, at + 1) & top) >> 16;
        merged |= (Hash(ref bytes, at + 2) & top) >> 8;
        merged |= Hash(ref bytes, at + 3) & top;
        return Vector128.Equals(merged.AsByte(), Vector128<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<uint> Hash(ref byte bytes, nuint at) =>
        (Vector128.LoadUnsafe(ref bytes, at).AsUInt32() * _first)
        + (Vector128.LoadUnsafe(ref bytes, at + 4).AsUInt32() * _second) + _addend;
}

/// <inheritdoc cref="VectorWidth.Bits256"/>
internal readonly struct CandidateMask256(CandidateFilter filter) : ICandidateMask
{
    private readonly Vector256<uint> _first = Vector256.Create(filter.First);
    private readonly Vector256<uint> _second = Vector256.Create(filter.Second);
    private readonly Vector256<uint> _addend = Vector256.Create(filter.Addend);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ref byte bytes) => Half(ref bytes, 0) | (Half(ref bytes, 32) << 32);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Half(ref byte bytes, nuint at)
    {
        Vector256<uint> top = Vector256.Create(0xff000000);
        Vector256<uint> merged = Hash(ref bytes, at) >> 24;
        merged |= (Hash(ref bytes, at + 1) & top) >> 16;
        merged |= (Hash(ref bytes, at + 2) & top) >> 8;
        merged |= Hash(ref bytes, at + 3) & top;
        return Vector256.Equals(merged.AsByte(), Vector256<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<uint> Hash(ref byte bytes, nuint at) =>
        (Vector256.LoadUnsafe(ref bytes, at).AsUInt32() * _first)
        + (Vector256.LoadUnsafe(ref bytes, at + 4).AsUInt32() * _second) + _addend;
}

/// <inheritdoc cref="VectorWidth.Bits512"/>
internal readonly struct CandidateMask512(CandidateFilter filter) : ICandidateMask
{
    private readonly Vector512<uint> _first = Vector512.Create(filter.First);
    private readonly Vector512<uint> _second = Vector512.Create(filter.Second);
    private readonly Vector512<uint> _addend = Vector512.Create(filter.Addend);

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Of(ref byte bytes) => Whole(ref bytes, 0);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Whole(ref byte bytes, nuint at)
    {
        Vector512<uint> top = Vector512.Create(0xff000000);
        Vector512<uint> merged = Hash(ref bytes, at) >> 24;
        merged |= (Hash(ref bytes, at + 1) & top) >> 16;
        merged |= (Hash(ref bytes, at + 2) & top) >> 8;
        merged |= Hash(ref bytes, at + 3) & top;
        return Vector512.Equals(merged.AsByte(), Vector512<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<uint> Hash(ref byte bytes, nuint at) =>
        (Vector512.LoadUnsafe(ref bytes, at).AsUInt32() * _first)
        + (Vector512.LoadUnsafe(ref bytes, at + 4).AsUInt32() * _second) + _addend;
}
