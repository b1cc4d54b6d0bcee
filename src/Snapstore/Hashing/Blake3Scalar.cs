using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Snapstore.Hashing;

/// <summary>The compression function word by word: needs no vector unit, runs on either byte order.</summary>
internal static unsafe class Blake3Scalar
{
    private const int Words = 16;

    /// <summary>
    /// Compresses blocks that follow each other, the result of each being the next one's chaining value;
    /// writes the 64 bytes of output of the last.
    /// </summary>
    [SkipLocalsInit]
    public static void Compress(byte* value, byte* input, int blocks, Blake3BlockInfo info, byte* output)
    {
        uint* state = stackalloc uint[Words];
        uint* message = stackalloc uint[Words];
        uint firstFlags = info.FirstFlags;
        for (int block = 0; block < blocks; block++)
        {
            for (int word = 0; word < Words; word++)
                message[word] = Read(input, word);
            Start(state, value, info with { Flags = info.Flags | firstFlags });
            for (int round = 0; round < 7; round++)
                Round(state, message, Blake3Constants.Schedule.Slice(round * Words, Words));
            for (int word = 0; word < 8; word++)
            {
                uint high = state[word + 8];
                uint chained = Read(value, word);
                Write(output, word, state[word] ^ high);
                Write(output, word + 8, high ^ chained);
            }
            value = output;
            input += Blake3Constants.BlockSize;
            firstFlags = 0;
        }
    }

    private static void Start(uint* state, byte* value, Blake3BlockInfo info)
    {
        for (int word = 0; word < 8; word++)
            state[word] = Read(value, word);
        state[8] = Blake3Constants.Iv0;
        state[9] = Blake3Constants.Iv1;
        state[10] = Blake3Constants.Iv2;
        state[11] = Blake3Constants.Iv3;
        state[12] = unchecked((uint)info.Counter);
        state[13] = (uint)(info.Counter >> 32);
        state[14] = info.Length;
        state[15] = info.Flags;
    }

    private static void Round(uint* state, uint* message, ReadOnlySpan<byte> order)
    {
        Mix(state, 0, 4, 8, 12, message[order[0]], message[order[1]]);
        Mix(state, 1, 5, 9, 13, message[order[2]], message[order[3]]);
        Mix(state, 2, 6, 10, 14, message[order[4]], message[order[5]]);
        Mix(state, 3, 7, 11, 15, message[order[6]], message[order[7]]);
        Mix(state, 0, 5, 10, 15, message[order[8]], message[order[9]]);
        Mix(state, 1, 6, 11, 12, message[order[10]], message[order[11]]);
        Mix(state, 2, 7, 8, 13, message[order[12]], message[order[13]]);
        Mix(state, 3, 4, 9, 14, message[order[14]], message[order[15]]);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(uint* state, int a, int b, int c, int d, uint first, uint second)
    {
        unchecked
        {
            state[a] += state[b] + first;
            state[d] = BitOperations.RotateRight(state[d] ^ state[a], 16);
            state[c] += state[d];
            state[b] = BitOperations.RotateRight(state[b] ^ state[c], 12);
            state[a] += state[b] + second;
            state[d] = BitOperations.RotateRight(state[d] ^ state[a], 8);
            state[c] += state[d];
            state[b] = BitOperations.RotateRight(state[b] ^ state[c], 7);
        }
    }

    private static uint Read(byte* words, int word) =>
        BinaryPrimitives.ReadUInt32LittleEndian(new ReadOnlySpan<byte>(words + word * 4, 4));

    private static void Write(byte* words, int word, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(new Span<byte>(words + word * 4, 4), value);
}
