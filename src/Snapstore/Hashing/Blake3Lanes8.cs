using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Snapstore.Hashing;

/// <summary>Eight chunks or parents at once with AVX2: each lane of a vector belongs to one of them.</summary>
/// <remarks>TRotation is <see cref="Blake3NativeRotation"/> where AVX-512VL may be used.</remarks>
internal static unsafe class Blake3Lanes8
{
    /// <summary>Chunks or parents that one call hashes.</summary>
    public const int Lanes = 8;

    private const int BlockWords = 16;

    /// <summary>Whether this machine has the instructions.</summary>
    public static bool IsSupported => Avx2.IsSupported;

    /// <summary>Writes the chaining value of every lane; the output has room for all 8.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Hash<TRotation>(in Blake3Batch batch)
        where TRotation : struct
    {
        unchecked
        {
            byte* memory = stackalloc byte[(BlockWords + 2) * sizeof(Vector256<uint>)];
            // Aligned: a vector that crossed two cache lines would cost two loads.
            nuint mask = (nuint)sizeof(Vector256<uint>) - 1;
            Vector256<uint>* words = (Vector256<uint>*)(((nuint)memory + mask) & ~mask);
            byte** lanes = stackalloc byte*[Lanes];
            int* barrier = (int*)(words + BlockWords);
            batch.FillLanes(lanes, Lanes);
            Vector256<uint> counterLow = Vector256.Create((uint)batch.Counter);
            counterLow += batch.CounterStep * Vector256<uint>.Indices;
            Vector256<uint> carry = Vector256.LessThan(counterLow, Vector256.Create((uint)batch.Counter));
            // A carry is all ones, that is -1.
            Vector256<uint> counterHigh = Vector256.Create((uint)(batch.Counter >> 32)) - carry;
            uint* key = (uint*)batch.Key;
            Vector256<uint> h0 = Vector256.Create(key[0]);
            Vector256<uint> h1 = Vector256.Create(key[1]);
            Vector256<uint> h2 = Vector256.Create(key[2]);
            Vector256<uint> h3 = Vector256.Create(key[3]);
            Vector256<uint> h4 = Vector256.Create(key[4]);
            Vector256<uint> h5 = Vector256.Create(key[5]);
            Vector256<uint> h6 = Vector256.Create(key[6]);
            Vector256<uint> h7 = Vector256.Create(key[7]);
            for (int block = 0; block < batch.Blocks; block++)
            {
                LoadBlocks(lanes, words);
                batch.Prefetch(block, lanes, Lanes);
                Vector256<uint> v0 = h0;
                Vector256<uint> v1 = h1;
                Vector256<uint> v2 = h2;
                Vector256<uint> v3 = h3;
                Vector256<uint> v4 = h4;
                Vector256<uint> v5 = h5;
                Vector256<uint> v6 = h6;
                Vector256<uint> v7 = h7;
                Vector256<uint> v8 = Vector256.Create(Blake3Constants.Iv0);
                Vector256<uint> v9 = Vector256.Create(Blake3Constants.Iv1);
                Vector256<uint> v10 = Vector256.Create(Blake3Constants.Iv2);
                Vector256<uint> v11 = Vector256.Create(Blake3Constants.Iv3);
                Vector256<uint> v12 = counterLow;
                Vector256<uint> v13 = counterHigh;
                Vector256<uint> v14 = Vector256.Create((uint)Blake3Constants.BlockSize);
                Vector256<uint> v15 = Vector256.Create(batch.FlagsOf(block));
                // Seven rounds of columns and diagonals. The store between them is for the compiler: it might
                // touch the message, so message words are read anew where used, not kept in scarce registers.
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 0, words + 1);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 2, words + 3);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 4, words + 5);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 6, words + 7);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 8, words + 9);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 10, words + 11);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 12, words + 13);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 14, words + 15);
                *barrier = 1;
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 2, words + 6);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 3, words + 10);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 7, words + 0);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 4, words + 13);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 1, words + 11);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 12, words + 5);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 9, words + 14);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 15, words + 8);
                *barrier = 2;
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 3, words + 4);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 10, words + 12);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 13, words + 2);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 7, words + 14);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 6, words + 5);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 9, words + 0);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 11, words + 15);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 8, words + 1);
                *barrier = 3;
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 10, words + 7);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 12, words + 9);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 14, words + 3);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 13, words + 15);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 4, words + 0);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 11, words + 2);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 5, words + 8);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 1, words + 6);
                *barrier = 4;
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 12, words + 13);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 9, words + 11);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 15, words + 10);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 14, words + 8);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 7, words + 2);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 5, words + 3);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 0, words + 1);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 6, words + 4);
                *barrier = 5;
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 9, words + 14);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 11, words + 5);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 8, words + 12);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 15, words + 1);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 13, words + 3);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 0, words + 10);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 2, words + 6);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 4, words + 7);
                *barrier = 6;
                Mix<TRotation>(ref v0, ref v4, ref v8, ref v12, words + 11, words + 15);
                Mix<TRotation>(ref v1, ref v5, ref v9, ref v13, words + 5, words + 0);
                Mix<TRotation>(ref v2, ref v6, ref v10, ref v14, words + 1, words + 9);
                Mix<TRotation>(ref v3, ref v7, ref v11, ref v15, words + 8, words + 6);
                Mix<TRotation>(ref v0, ref v5, ref v10, ref v15, words + 14, words + 10);
                Mix<TRotation>(ref v1, ref v6, ref v11, ref v12, words + 2, words + 12);
                Mix<TRotation>(ref v2, ref v7, ref v8, ref v13, words + 3, words + 4);
                Mix<TRotation>(ref v3, ref v4, ref v9, ref v14, words + 7, words + 13);
                h0 = v0 ^ v8;
                h1 = v1 ^ v9;
                h2 = v2 ^ v10;
                h3 = v3 ^ v11;
                h4 = v4 ^ v12;
                h5 = v5 ^ v13;
                h6 = v6 ^ v14;
                h7 = v7 ^ v15;
            }
            Store(h0, h1, h2, h3, batch.Output);
            Store(h4, h5, h6, h7, batch.Output + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix<TRotation>(ref Vector256<uint> a, ref Vector256<uint> b, ref Vector256<uint> c,
        ref Vector256<uint> d, Vector256<uint>* first, Vector256<uint>* second)
        where TRotation : struct
    {
        // The compiler settles this test, once for each TRotation. A word rotates by whole bytes in one shuffle.
        if (typeof(TRotation) == typeof(Blake3NativeRotation))
        {
            a = a + *first + b;
            d = Avx512F.VL.RotateRight(d ^ a, 16);
            c += d;
            b = Avx512F.VL.RotateRight(b ^ c, 12);
            a = a + *second + b;
            d = Avx512F.VL.RotateRight(d ^ a, 8);
            c += d;
            b = Avx512F.VL.RotateRight(b ^ c, 7);
        }
        else
        {
            a = a + *first + b;
            d = Avx2.Shuffle((d ^ a).AsByte(), Vector256.Create(
                Blake3ShuffleRotation.Right16Low, Blake3ShuffleRotation.Right16High,
                Blake3ShuffleRotation.Right16Low, Blake3ShuffleRotation.Right16High).AsByte()).AsUInt32();
            c += d;
            b ^= c;
            b = (b >>> 12) | (b << 20);
            a = a + *second + b;
            d = Avx2.Shuffle((d ^ a).AsByte(), Vector256.Create(
                Blake3ShuffleRotation.Right8Low, Blake3ShuffleRotation.Right8High,
                Blake3ShuffleRotation.Right8Low, Blake3ShuffleRotation.Right8High).AsByte()).AsUInt32();
            c += d;
            b ^= c;
            b = (b >>> 7) | (b << 25);
        }
    }

    // Reads the next 64 bytes of every lane; vector w of the message gets word w of all lanes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadBlocks(byte** lanes, Vector256<uint>* message)
    {
        unchecked
        {
            for (int quarter = 0; quarter < 4; quarter++)
            {
                Transpose(Gather(lanes, 0, quarter), Gather(lanes, 1, quarter), Gather(lanes, 2, quarter),
                    Gather(lanes, 3, quarter), message + quarter * 4);
            }
            for (int lane = 0; lane < Lanes; lane++)
                lanes[lane] += Blake3Constants.BlockSize;
        }
    }

    // A quarter of the blocks of lanes first and first + 4.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<uint> Gather(byte** lanes, int first, int quarter)
    {
        unchecked
        {
            int offset = quarter * 16;
            return Vector256.Create(
                Vector128.Load((uint*)(lanes[first] + offset)),
                Vector128.Load((uint*)(lanes[first + 4] + offset)));
        }
    }

    // Transposes the 4 by 4 words in each 128-bit part.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector256<uint> row0, Vector256<uint> row1, Vector256<uint> row2,
        Vector256<uint> row3, Vector256<uint>* columns)
    {
        Vector256<ulong> low01 = Avx2.UnpackLow(row0, row1).AsUInt64();
        Vector256<ulong> low23 = Avx2.UnpackLow(row2, row3).AsUInt64();
        Vector256<ulong> high01 = Avx2.UnpackHigh(row0, row1).AsUInt64();
        Vector256<ulong> high23 = Avx2.UnpackHigh(row2, row3).AsUInt64();
        columns[0] = Avx2.UnpackLow(low01, low23).AsUInt32();
        columns[1] = Avx2.UnpackHigh(low01, low23).AsUInt32();
        columns[2] = Avx2.UnpackLow(high01, high23).AsUInt32();
        columns[3] = Avx2.UnpackHigh(high01, high23).AsUInt32();
    }

    // Half of every lane's chaining value: four words each, 32 bytes apart.
    [SkipLocalsInit]
    private static void Store(Vector256<uint> words0, Vector256<uint> words1, Vector256<uint> words2,
        Vector256<uint> words3, byte* output)
    {
        unchecked
        {
            Vector256<uint>* columns = stackalloc Vector256<uint>[4];
            Transpose(words0, words1, words2, words3, columns);
            for (int lane = 0; lane < Lanes; lane++)
            {
                uint* part = (uint*)(columns + lane % 4) + lane / 4 * 4;
                Vector128.Load(part).Store((uint*)(output + lane * Blake3Constants.ValueSize));
            }
        }
    }
}
