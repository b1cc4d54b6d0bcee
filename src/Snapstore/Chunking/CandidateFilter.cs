using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Snapstore.Chunking;

/// <summary>Names the positions where a chunk might end: those whose last 8 bytes have a secret hash with a zero top
/// byte, one in 256 (spec/formats/chunking.md, "Candidates"). Every width gives the same positions.</summary>
internal readonly struct CandidateFilter(ReadOnlySpan<byte> keyMaterial)
{
    /// <summary>Bytes that are hashed: those right before the position.</summary>
    public const int Size = 8;

    /// <summary>Bytes of key material.</summary>
    public const int KeySize = 12;

    /// <summary>Positions that one mask covers.</summary>
    public const int Step = 64;

    private const uint TopByte = 0xff000000;

    // Odd multipliers lose no bits.
    private readonly uint _first = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial) | 1;
    private readonly uint _second = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial[4..]) | 1;
    private readonly uint _addend = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial[8..]);

    /// <summary>True where the 8 bytes at <paramref name="bytes"/> make the position behind them a candidate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsCandidate(ref byte bytes)
    {
        uint low = Unsafe.ReadUnaligned<uint>(ref bytes);
        uint high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref bytes, 4));
        return unchecked((low * _first) + (high * _second) + _addend) < (1u << 24);
    }

    /// <summary>Bit i says whether the position 8 + i behind <paramref name="bytes"/> is a candidate, for i from 0 to 63;
    /// 75 bytes are read.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Mask(ref byte bytes, VectorWidth width)
    {
        if (width == VectorWidth.Bits512)
            return Mask512(ref bytes);
        if (width == VectorWidth.Bits256)
            return Mask256(ref bytes) | ((ulong)Mask256(ref Unsafe.Add(ref bytes, 32)) << 32);
        ulong mask = 0;
        for (int i = 0; i < Step; i++)
            mask |= IsCandidate(ref Unsafe.Add(ref bytes, i)) ? 1UL << i : 0;
        return mask;
    }

    // Lane j of the load at offset k hashes the bytes at 4j + k; shifting each hash's top byte to byte k of its lane puts
    // byte 4j + k of one vector where position 4j + k stands.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private ulong Mask512(ref byte bytes)
    {
        Vector512<uint> first = Vector512.Create(_first), second = Vector512.Create(_second), addend = Vector512.Create(_addend);
        Vector512<uint> top = Vector512.Create(TopByte);
        Vector512<uint> merged = Hash512(ref bytes, 0, first, second, addend) >> 24;
        merged |= (Hash512(ref bytes, 1, first, second, addend) & top) >> 16;
        merged |= (Hash512(ref bytes, 2, first, second, addend) & top) >> 8;
        merged |= Hash512(ref bytes, 3, first, second, addend) & top;
        return Vector512.Equals(merged.AsByte(), Vector512<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Hash512(ref byte bytes, nuint offset, Vector512<uint> first, Vector512<uint> second, Vector512<uint> addend) =>
        (Vector512.LoadUnsafe(ref bytes, offset).AsUInt32() * first) + (Vector512.LoadUnsafe(ref bytes, offset + 4).AsUInt32() * second) + addend;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private uint Mask256(ref byte bytes)
    {
        Vector256<uint> first = Vector256.Create(_first), second = Vector256.Create(_second), addend = Vector256.Create(_addend);
        Vector256<uint> top = Vector256.Create(TopByte);
        Vector256<uint> merged = Hash256(ref bytes, 0, first, second, addend) >> 24;
        merged |= (Hash256(ref bytes, 1, first, second, addend) & top) >> 16;
        merged |= (Hash256(ref bytes, 2, first, second, addend) & top) >> 8;
        merged |= Hash256(ref bytes, 3, first, second, addend) & top;
        return Vector256.Equals(merged.AsByte(), Vector256<byte>.Zero).ExtractMostSignificantBits();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Hash256(ref byte bytes, nuint offset, Vector256<uint> first, Vector256<uint> second, Vector256<uint> addend) =>
        (Vector256.LoadUnsafe(ref bytes, offset).AsUInt32() * first) + (Vector256.LoadUnsafe(ref bytes, offset + 4).AsUInt32() * second) + addend;
}

/// <summary>How many bytes one instruction handles; all widths give the same cuts.</summary>
internal enum VectorWidth
{
    /// <summary>One position at a time.</summary>
    Scalar = 1,

    /// <summary>AVX2, or two 128-bit halves on Arm.</summary>
    Bits256 = 2,

    /// <summary>AVX-512.</summary>
    Bits512 = 3,
}
