using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace Snapstore.Chunking;

/// <summary>One round of AES encryption (FIPS 197, 5.1) over a state of 16 bytes, column after column.</summary>
internal interface IAesRound
{
    /// <summary>SubBytes, ShiftRows, MixColumns, then XOR of the key: the instruction AESENC.</summary>
    static abstract Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key);

    /// <summary>SubBytes, ShiftRows, then XOR of the key: the instruction AESENCLAST.</summary>
    static abstract Vector128<byte> Last(Vector128<byte> state, Vector128<byte> key);
}

/// <summary>The round by the processor's instructions, x86 or Arm.</summary>
internal readonly struct ProcessorAesRound : IAesRound
{
    /// <summary>True where the processor has them.</summary>
    public static bool IsSupported => X86Aes.IsSupported || ArmAes.IsSupported;

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key)
    {
        if (X86Aes.IsSupported)
            return X86Aes.Encrypt(state, key);
        return ArmAes.MixColumns(ArmAes.Encrypt(state, Vector128<byte>.Zero)) ^ key;
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<byte> Last(Vector128<byte> state, Vector128<byte> key)
    {
        if (X86Aes.IsSupported)
            return X86Aes.EncryptLast(state, key);
        return ArmAes.Encrypt(state, Vector128<byte>.Zero) ^ key;
    }
}

/// <summary>The round without AES instructions (Raspberry Pi 4, some virtual machines).</summary>
/// <remarks>
/// No memory is addressed by secret bytes, which would show in the cache: the S-box lies in 16 vectors, all of which are
/// asked for every byte, and the shuffle picks by register.
/// </remarks>
internal readonly struct SoftwareAesRound : IAesRound
{
    private static readonly Vector128<byte>[] SubstitutionRows = MakeSubstitutionRows();

    /// <inheritdoc/>
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key) =>
        MixColumns(ShiftRows(SubBytes(state))) ^ key;

    /// <inheritdoc/>
    public static Vector128<byte> Last(Vector128<byte> state, Vector128<byte> key) =>
        ShiftRows(SubBytes(state)) ^ key;

    private static Vector128<byte> SubBytes(Vector128<byte> state)
    {
        ref Vector128<byte> rows = ref SubstitutionRows[0];
        Vector128<byte> low = state & Vector128.Create((byte)0x0f), high = state >> 4;
        Vector128<byte> result = Vector128<byte>.Zero;
        for (int row = 0; row < 16; row++)
        {
            Vector128<byte> isRow = Vector128.Equals(high, Vector128.Create((byte)row));
            result |= Vector128.Shuffle(Unsafe.Add(ref rows, row), low) & isRow;
        }

        return result;
    }

    private static Vector128<byte> ShiftRows(Vector128<byte> state) =>
        Vector128.Shuffle(state, Vector128.Create((byte)0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11));

    // With a column's bytes a, b, c, d from each byte downwards: 2a + 3b + c + d = a + (a+b) + (c+d) + 2(a+b).
    private static Vector128<byte> MixColumns(Vector128<byte> state)
    {
        Vector128<byte> next = Vector128.Shuffle(
            state, Vector128.Create((byte)1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12));
        Vector128<byte> pair = state ^ next;
        Vector128<byte> opposite = Vector128.Shuffle(
            pair, Vector128.Create((byte)2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
        return state ^ pair ^ opposite ^ Double(pair);
    }

    private static Vector128<byte> Double(Vector128<byte> x)
    {
        Vector128<byte> overflows = Vector128.LessThan(x.AsSByte(), Vector128<sbyte>.Zero).AsByte();
        return (x << 1) ^ (overflows & Vector128.Create((byte)0x1b));
    }

    // The S-box from its definition (FIPS 197, 5.1.1): p runs through the powers of 3 and q through those of 1/3, so
    // through all pairs of inverses; then the affine map.
    private static Vector128<byte>[] MakeSubstitutionRows()
    {
        Span<byte> box = stackalloc byte[256];
        byte p = 1, q = 1;
        do
        {
            p = unchecked((byte)(p ^ (p << 1) ^ ((p >> 7) * 0x1b)));
            q ^= unchecked((byte)(q << 1));
            q ^= unchecked((byte)(q << 2));
            q ^= unchecked((byte)(q << 4));
            q ^= (byte)((q >> 7) * 0x09);
            int rotated = byte.RotateLeft(q, 1) ^ byte.RotateLeft(q, 2) ^ byte.RotateLeft(q, 3) ^ byte.RotateLeft(q, 4);
            box[p] = (byte)(q ^ rotated ^ 0x63);
        }
        while (p != 1);
        box[0] = 0x63; // zero has no inverse
        Vector128<byte>[] rows = new Vector128<byte>[16];
        for (int row = 0; row < 16; row++)
            rows[row] = Vector128.Create<byte>(box.Slice(row * 16, 16));
        return rows;
    }
}
