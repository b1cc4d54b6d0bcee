using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.CompilerServices;

namespace Snapstore.Hashing;

/// <summary>The compression function word by word: needs no vector unit, runs on either byte order.</summary>
internal static unsafe class Blake3Scalar
{
    /// <summary>
    /// Compresses blocks that follow each other, the result of each being the next one's chaining value;
    /// writes the 64 bytes of output of the last.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compress(byte* value, byte* input, int blocks, Blake3BlockInfo info, byte* output)
    {
        unchecked
        {
            int room;
            int* barrier = &room;
            uint flags = info.Flags | info.FirstFlags;
            for (; blocks > 0; blocks--)
            {
                uint v0 = Read(value, 0);
                uint v1 = Read(value, 1);
                uint v2 = Read(value, 2);
                uint v3 = Read(value, 3);
                uint v4 = Read(value, 4);
                uint v5 = Read(value, 5);
                uint v6 = Read(value, 6);
                uint v7 = Read(value, 7);
                uint v8 = Blake3Constants.Iv0;
                uint v9 = Blake3Constants.Iv1;
                uint v10 = Blake3Constants.Iv2;
                uint v11 = Blake3Constants.Iv3;
                uint v12 = (uint)info.Counter;
                uint v13 = (uint)(info.Counter >> 32);
                uint v14 = info.Length;
                uint v15 = flags;
                // Seven rounds; the stores between them as in Blake3Lanes16.
                Mix(ref v0, ref v4, ref v8, ref v12, input + 0, input + 4);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 8, input + 12);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 16, input + 20);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 24, input + 28);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 32, input + 36);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 40, input + 44);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 48, input + 52);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 56, input + 60);
                *barrier = 1;
                Mix(ref v0, ref v4, ref v8, ref v12, input + 8, input + 24);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 12, input + 40);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 28, input + 0);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 16, input + 52);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 4, input + 44);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 48, input + 20);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 36, input + 56);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 60, input + 32);
                *barrier = 2;
                Mix(ref v0, ref v4, ref v8, ref v12, input + 12, input + 16);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 40, input + 48);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 52, input + 8);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 28, input + 56);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 24, input + 20);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 36, input + 0);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 44, input + 60);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 32, input + 4);
                *barrier = 3;
                Mix(ref v0, ref v4, ref v8, ref v12, input + 40, input + 28);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 48, input + 36);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 56, input + 12);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 52, input + 60);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 16, input + 0);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 44, input + 8);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 20, input + 32);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 4, input + 24);
                *barrier = 4;
                Mix(ref v0, ref v4, ref v8, ref v12, input + 48, input + 52);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 36, input + 44);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 60, input + 40);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 56, input + 32);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 28, input + 8);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 20, input + 12);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 0, input + 4);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 24, input + 16);
                *barrier = 5;
                Mix(ref v0, ref v4, ref v8, ref v12, input + 36, input + 56);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 44, input + 20);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 32, input + 48);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 60, input + 4);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 52, input + 12);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 0, input + 40);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 8, input + 24);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 16, input + 28);
                *barrier = 6;
                Mix(ref v0, ref v4, ref v8, ref v12, input + 44, input + 60);
                Mix(ref v1, ref v5, ref v9, ref v13, input + 20, input + 0);
                Mix(ref v2, ref v6, ref v10, ref v14, input + 4, input + 36);
                Mix(ref v3, ref v7, ref v11, ref v15, input + 32, input + 24);
                Mix(ref v0, ref v5, ref v10, ref v15, input + 56, input + 40);
                Mix(ref v1, ref v6, ref v11, ref v12, input + 8, input + 48);
                Mix(ref v2, ref v7, ref v8, ref v13, input + 12, input + 16);
                Mix(ref v3, ref v4, ref v9, ref v14, input + 28, input + 52);
                Finish(value, output, 0, v0, v8);
                Finish(value, output, 1, v1, v9);
                Finish(value, output, 2, v2, v10);
                Finish(value, output, 3, v3, v11);
                Finish(value, output, 4, v4, v12);
                Finish(value, output, 5, v5, v13);
                Finish(value, output, 6, v6, v14);
                Finish(value, output, 7, v7, v15);
                value = output;
                input += Blake3Constants.BlockSize;
                flags = info.Flags;
            }
        }
    }

    // The addresses are of message words, little-endian.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref uint a, ref uint b, ref uint c, ref uint d, byte* first, byte* second)
    {
        unchecked
        {
            a = a + Read(first, 0) + b;
            d = BitOperations.RotateRight(d ^ a, 16);
            c += d;
            b = BitOperations.RotateRight(b ^ c, 12);
            a = a + Read(second, 0) + b;
            d = BitOperations.RotateRight(d ^ a, 8);
            c += d;
            b = BitOperations.RotateRight(b ^ c, 7);
        }
    }

    // The upper half first: the chaining value it takes in may lie where the lower half goes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Finish(byte* value, byte* output, int word, uint low, uint high)
    {
        Write(output, word + 8, high ^ Read(value, word));
        Write(output, word, low ^ high);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Read(byte* words, int word)
    {
        uint value = Unsafe.ReadUnaligned<uint>(words + word * 4);
        return BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Write(byte* words, int word, uint value) => Unsafe.WriteUnaligned(words + word * 4,
        BitConverter.IsLittleEndian ? value : BinaryPrimitives.ReverseEndianness(value));
}
