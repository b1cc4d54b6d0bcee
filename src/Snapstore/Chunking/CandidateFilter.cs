using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Snapstore.Chunking;

/// <summary>Names the positions where a chunk might end: those whose last 8 bytes have a secret hash with a zero top
/// byte, one in 256 (spec/formats/chunking.md, "Candidates").</summary>
internal readonly struct CandidateFilter
{
    /// <summary>Bytes that are hashed: those right before the position.</summary>
    public const int WindowSize = 8;

    /// <summary>Bytes of key material.</summary>
    public const int KeySize = 12;

    /// <summary>Positions that one mask covers.</summary>
    public const int Step = 64;

    /// <summary>Takes the three numbers from 12 secret bytes.</summary>
    public CandidateFilter(ReadOnlySpan<byte> keyMaterial)
    {
        // Odd multipliers lose no bits.
        First = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial) | 1;
        Second = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial[4..]) | 1;
        Addend = BinaryPrimitives.ReadUInt32LittleEndian(keyMaterial[8..]);
    }

    /// <summary>Multiplies the first 4 bytes, read as a little-endian number.</summary>
    public uint First { get; }

    /// <summary>Multiplies the last 4 bytes.</summary>
    public uint Second { get; }

    /// <summary>Added to both products.</summary>
    public uint Addend { get; }

    /// <summary>True where the 8 bytes at <paramref name="bytes"/> make the position behind them a candidate.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool IsCandidate(ref byte bytes)
    {
        uint low = Unsafe.ReadUnaligned<uint>(ref bytes);
        uint high = Unsafe.ReadUnaligned<uint>(ref Unsafe.Add(ref bytes, 4));
        return unchecked((low * First) + (high * Second) + Addend) < (1u << 24);
    }
}
