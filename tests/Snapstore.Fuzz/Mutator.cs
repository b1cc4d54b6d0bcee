using System.Buffers.Binary;
using Snapstore.Formats;

namespace Snapstore.Fuzz;

/// <summary>Changes inputs at random, as one who knows that records are varints, lengths and byte strings.</summary>
internal sealed class Mutator(Random random, IReadOnlyList<byte[]> words)
{
    /// <summary>Bytes that no input exceeds.</summary>
    public const int SizeMax = 64 << 10;

    private const int RoundsMax = 5, BlockMax = 64, VarintSizeMax = 10;

    private static readonly byte[] Bytes = [0, 1, 2, 0x10, 0x20, 0x7f, 0x80, 0x81, 0xfe, 0xff];

    private static readonly ulong[] Numbers =
    [
        0, 1, 2, 31, 32, 127, 128, 255, 256, 257, 1023, 1024, 1025, 4096, 16383, 16384, 65535, 65536, 1 << 20, 16 << 20, (16 << 20) + 1,
        int.MaxValue, (ulong)int.MaxValue + 1, uint.MaxValue, (ulong)uint.MaxValue + 1, long.MaxValue, (ulong)long.MaxValue + 1, ulong.MaxValue,
    ];

    private readonly List<byte> _input = [];

    /// <summary>A changed copy of <paramref name="input"/>; pieces of <paramref name="other"/> may come into it.</summary>
    public byte[] Mutate(byte[] input, byte[] other)
    {
        _input.Clear();
        _input.AddRange(input);
        for (int round = random.Next(1, RoundsMax); round > 0; round--)
            Change(other);
        if (_input.Count > SizeMax)
            _input.RemoveRange(SizeMax, _input.Count - SizeMax);
        return [.. _input];
    }

    private void Change(byte[] other)
    {
        if (_input.Count == 0)
        {
            _input.Add((byte)random.Next(256));
            return;
        }

        int at = random.Next(_input.Count);
        switch (random.Next(words.Count > 0 ? 16 : 13))
        {
            case 0 or 1:
                _input[at] ^= (byte)(1 << random.Next(8));
                break;
            case 2:
                _input[at] = Bytes[random.Next(Bytes.Length)];
                break;
            case 3:
                SetNumber(at);
                break;
            case 4 or 5:
                SetVarint(at);
                break;
            case 6:
                LengthenVarint(at);
                break;
            case 7:
                ChangeLength(at);
                break;
            case 8:
                _input.InsertRange(at, Block(at));
                break;
            case 9:
                _input.RemoveRange(at, BlockLength(at));
                break;
            case 10:
                Overwrite(at, Block(random.Next(_input.Count)));
                break;
            case 11:
                Splice(at, other);
                break;
            case 12:
                InsertNoise(at);
                break;
            default:
                _input.InsertRange(at, words[random.Next(words.Count)]);
                break;
        }
    }

    private int BlockLength(int at) => random.Next(1, Math.Min(BlockMax, _input.Count - at) + 1);

    private List<byte> Block(int at) => _input.GetRange(at, BlockLength(at));

    private void Overwrite(int at, List<byte> block)
    {
        for (int i = 0; i < block.Count && at + i < _input.Count; i++)
            _input[at + i] = block[i];
    }

    // The end cut off, random bytes put in.
    private void InsertNoise(int at)
    {
        if (random.Next(2) == 0)
        {
            _input.RemoveRange(at, _input.Count - at);
            return;
        }

        byte[] noise = new byte[random.Next(1, 9)];
        random.NextBytes(noise);
        _input.InsertRange(at, noise);
    }

    // The front of this input and the back of the other, or a piece of the other put in.
    private void Splice(int at, byte[] other)
    {
        int from = random.Next(other.Length + 1);
        if (random.Next(2) == 0)
        {
            _input.RemoveRange(at, _input.Count - at);
            _input.AddRange(other[from..]);
            return;
        }

        _input.InsertRange(at, other.AsSpan(from, Math.Min(other.Length - from, random.Next(BlockMax))).ToArray());
    }

    private void SetNumber(int at)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, Numbers[random.Next(Numbers.Length)]);
        int size = 1 << random.Next(4);
        for (int i = 0; i < size && at + i < _input.Count; i++)
            _input[at + i] = bytes[i];
    }

    // The varint that stands there, or would, becomes another.
    private void SetVarint(int at)
    {
        (ulong value, int size) = ReadVarint(at);
        ulong next = random.Next(4) switch
        {
            0 => unchecked(value + 1),
            1 => unchecked(value - 1),
            2 => unchecked(value << random.Next(1, 33)),
            _ => Numbers[random.Next(Numbers.Length)],
        };
        ReplaceVarint(at, size, next);
    }

    // The same number in a form that is not the shortest.
    private void LengthenVarint(int at)
    {
        (_, int size) = ReadVarint(at);
        int last = at + size - 1;
        _input[last] |= 0x80;
        _input.Insert(last + 1, (byte)(random.Next(3) == 0 ? 0x80 : 0));
    }

    // What may be a length changes together with the bytes behind it, so that all behind them stays in step.
    private void ChangeLength(int at)
    {
        (ulong value, int size) = ReadVarint(at);
        int start = at + size;
        if (value > (ulong)(_input.Count - start))
            return;
        int length = (int)value;
        int change = random.Next(1, 1 + BlockMax);
        bool isShorter = random.Next(2) == 0;
        change = isShorter ? Math.Min(change, length) : change;
        if (isShorter)
            _input.RemoveRange(start + length - change, change);
        else
            _input.InsertRange(start + length, Enumerable.Repeat((byte)random.Next('a', 'z'), change));
        ReplaceVarint(at, size, (ulong)(isShorter ? length - change : length + change));
    }

    private (ulong Value, int Size) ReadVarint(int at)
    {
        ulong value = 0;
        int size = 0;
        while (size < VarintSizeMax && at + size < _input.Count)
        {
            byte next = _input[at + size];
            value |= (ulong)(next & 0x7f) << (7 * size);
            size++;
            if (next < 0x80)
                break;
        }

        return (value, size);
    }

    private void ReplaceVarint(int at, int size, ulong value)
    {
        ByteWriter writer = new(VarintSizeMax);
        writer.Varint(value);
        _input.RemoveRange(at, size);
        _input.InsertRange(at, writer.ToArray());
    }
}
