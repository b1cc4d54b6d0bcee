using System.Buffers.Binary;
using Snapstore.Hashing;

namespace Snapstore.Tests.Chunking;

/// <summary>Content-defined cuts written down from spec/formats/chunking.md word by word, sharing nothing with the program
/// but BLAKE3: every position is looked at and every candidate ranked.</summary>
internal sealed class ReferenceKeyedMin
{
    private static readonly byte[] SBox = [.. Enumerable.Range(0, 256).Select(x => Substitute((byte)x))];

    private readonly int _average;
    private readonly byte[] _keys = new byte[268];

    public ReferenceKeyedMin(int average, byte[] key)
    {
        _average = average;
        Blake3.HashKeyed(key, "snapstore v1 chunker keyed-min"u8, _keys);
    }

    public List<int> Lengths(byte[] data)
    {
        List<int> lengths = [];
        for (int at = 0; at < data.Length; at += lengths[^1])
            lengths.Add(First(data.AsSpan(at)));
        return lengths;
    }

    public bool IsCandidate(ReadOnlySpan<byte> eightBytes)
    {
        uint a = BinaryPrimitives.ReadUInt32LittleEndian(eightBytes);
        uint b = BinaryPrimitives.ReadUInt32LittleEndian(eightBytes[4..]);
        return unchecked((a * (Number(0) | 1)) + (b * (Number(1) | 1)) + Number(2)) < 1 << 24;
    }

    private uint Number(int index) => BinaryPrimitives.ReadUInt32LittleEndian(_keys.AsSpan(index * 4));

    private int First(ReadOnlySpan<byte> data)
    {
        int spread = _average / 16, sizeMax = 3 * _average / 2;
        if (data.Length <= _average / 2)
            return data.Length;
        int length = sizeMax;
        bool isFound = false;
        ulong least = 0;
        for (int p = _average / 2; p < Math.Min(sizeMax - spread, data.Length); p++)
        {
            if (!IsCandidate(data[(p - 8)..]))
                continue;
            byte[] value = Value(data[(p - 64)..p]);
            ulong rank = BinaryPrimitives.ReadUInt64LittleEndian(value);
            if (isFound && rank >= least)
                continue;
            (isFound, least) = (true, rank);
            length = p + (int)(BinaryPrimitives.ReadUInt64LittleEndian(value.AsSpan(8)) % (ulong)spread);
        }

        return Math.Min(length, data.Length);
    }

    private byte[] Value(ReadOnlySpan<byte> window)
    {
        byte[] x = Xor(window[..16].ToArray(), Key(0));
        for (int block = 1; block < 4; block++)
        {
            for (int k = 1; k <= 4; k++)
                x = Xor(MixColumns(ShiftRows(x)), Key(k));
            x = Xor(x, window.Slice(block * 16, 16));
        }

        x = Xor(x, Key(5));
        for (int k = 6; k <= 14; k++)
            x = Xor(MixColumns(ShiftRows(x)), Key(k));
        return Xor(ShiftRows(x), Key(15));
    }

    private ReadOnlySpan<byte> Key(int index) => _keys.AsSpan(12 + (index * 16), 16);

    private static byte[] Xor(byte[] a, ReadOnlySpan<byte> b)
    {
        for (int i = 0; i < a.Length; i++)
            a[i] ^= b[i];
        return a;
    }

    private static byte[] ShiftRows(byte[] s) =>
        [.. Enumerable.Range(0, 16).Select(i => SBox[s[((4 * (i % 4)) + i) % 16]])];

    private static byte[] MixColumns(byte[] s)
    {
        byte[] mixed = new byte[16];
        for (int i = 0; i < 16; i++)
        {
            int column = i & ~3;
            byte a = s[i], b = s[column + ((i + 1) & 3)], c = s[column + ((i + 2) & 3)], d = s[column + ((i + 3) & 3)];
            mixed[i] = (byte)(Times(a, 2) ^ Times(b, 3) ^ c ^ d);
        }

        return mixed;
    }

    private static byte Substitute(byte x)
    {
        int inverse = Enumerable.Range(0, 256).FirstOrDefault(y => Times(x, (byte)y) == 1);
        int result = 0x63;
        for (int rotation = 0; rotation < 5; rotation++)
            result ^= byte.RotateLeft((byte)inverse, rotation);
        return (byte)result;
    }

    // Multiplication modulo x^8 + x^4 + x^3 + x + 1.
    private static byte Times(byte a, byte b)
    {
        int product = 0, power = a;
        for (int bit = 0; bit < 8; bit++)
        {
            product ^= ((b >> bit) & 1) * power;
            power <<= 1;
            power ^= (power >> 8) * 0x11b;
        }

        return (byte)product;
    }
}
