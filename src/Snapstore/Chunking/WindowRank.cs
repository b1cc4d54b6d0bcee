using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;

namespace Snapstore.Chunking;

/// <summary>A keyed pseudo-random function of a 64-byte window, made of AES rounds: three of four rounds chained, then
/// ten (spec/formats/chunking.md, "Rank"). Every processor gives the same values.</summary>
internal readonly struct WindowRank
{
    /// <summary>Bytes of a window.</summary>
    public const int WindowSize = 64;

    /// <summary>Bytes of key material: 16 round keys.</summary>
    public const int KeySize = 16 * 16;

    private const int ChainRounds = 4, FinalRounds = 10;
    private const int FinalKey = 1 + ChainRounds;

    private readonly Vector128<byte>[] _keys;

    public WindowRank(ReadOnlySpan<byte> keyMaterial)
    {
        _keys = new Vector128<byte>[KeySize / 16];
        for (int i = 0; i < _keys.Length; i++)
            _keys[i] = Vector128.Create(keyMaterial.Slice(i * 16, 16));
    }

    /// <summary>The function's 128 bits for the window that begins at <paramref name="window"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector128<byte> Of(ref byte window)
    {
        ref Vector128<byte> keys = ref _keys[0];
        Vector128<byte> state = Vector128.LoadUnsafe(ref window) ^ keys;
        for (nuint block = 1; block < 4; block++)
        {
            for (int round = 1; round <= ChainRounds; round++)
                state = Round(state, Unsafe.Add(ref keys, round));
            state ^= Vector128.LoadUnsafe(ref window, block * 16);
        }

        state ^= Unsafe.Add(ref keys, FinalKey);
        for (int round = 1; round < FinalRounds; round++)
            state = Round(state, Unsafe.Add(ref keys, FinalKey + round));
        return LastRound(state, Unsafe.Add(ref keys, FinalKey + FinalRounds));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key)
    {
        if (X86Aes.IsSupported)
            return X86Aes.Encrypt(state, key);
        if (ArmAes.IsSupported)
            return ArmAes.MixColumns(ArmAes.Encrypt(state, Vector128<byte>.Zero)) ^ key;
        return SoftwareAes.Round(state, key, mixColumns: true);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> LastRound(Vector128<byte> state, Vector128<byte> key)
    {
        if (X86Aes.IsSupported)
            return X86Aes.EncryptLast(state, key);
        if (ArmAes.IsSupported)
            return ArmAes.Encrypt(state, Vector128<byte>.Zero) ^ key;
        return SoftwareAes.Round(state, key, mixColumns: false);
    }
}

/// <summary>One AES round (FIPS 197) for processors without the instruction: byte by byte, for correctness not speed.</summary>
internal static class SoftwareAes
{
    private static readonly byte[] Substitution = MakeSubstitution();

    /// <summary>ShiftRows(SubBytes(state)), MixColumns unless it is the last round, then the key.</summary>
    public static Vector128<byte> Round(Vector128<byte> state, Vector128<byte> key, bool mixColumns)
    {
        Span<byte> shifted = stackalloc byte[16];
        for (int column = 0; column < 4; column++)
        {
            for (int row = 0; row < 4; row++)
                shifted[(column * 4) + row] = Substitution[state.GetElement(((column + row) % 4 * 4) + row)];
        }

        if (mixColumns)
        {
            for (int column = 0; column < 4; column++)
                MixColumn(shifted.Slice(column * 4, 4));
        }

        return Vector128.Create<byte>(shifted) ^ key;
    }

    private static void MixColumn(Span<byte> c)
    {
        byte all = (byte)(c[0] ^ c[1] ^ c[2] ^ c[3]);
        byte first = c[0];
        for (int i = 0; i < 4; i++)
        {
            byte next = i < 3 ? c[i + 1] : first;
            c[i] ^= (byte)(all ^ Double((byte)(c[i] ^ next)));
        }
    }

    private static byte Double(byte x) => unchecked((byte)((x << 1) ^ ((x >> 7) * 0x1b)));

    // The S-box from its definition (FIPS 197, 5.1.1): inverse in GF(2^8), then the affine map.
    private static byte[] MakeSubstitution()
    {
        byte[] box = new byte[256];
        byte p = 1, q = 1;
        do
        {
            p = (byte)(p ^ Double(p));
            q ^= unchecked((byte)(q << 1));
            q ^= unchecked((byte)(q << 2));
            q ^= unchecked((byte)(q << 4));
            if ((q & 0x80) != 0)
                q ^= 0x09;
            box[p] = (byte)(q ^ Rotate(q, 1) ^ Rotate(q, 2) ^ Rotate(q, 3) ^ Rotate(q, 4) ^ 0x63);
        }
        while (p != 1);
        box[0] = 0x63;
        return box;
    }

    private static byte Rotate(byte x, int bits) => unchecked((byte)((x << bits) | (x >> (8 - bits))));
}
