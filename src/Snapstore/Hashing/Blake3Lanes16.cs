using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Snapstore.Hashing;

/// <summary>Sixteen chunks or parents at once with AVX-512: each lane of a vector belongs to one of them.</summary>
internal static unsafe class Blake3Lanes16
{
    /// <summary>Chunks or parents that one call hashes.</summary>
    public const int Lanes = 16;

    private const int BlockWords = 16;

    /// <summary>Whether this machine has the instructions.</summary>
    public static bool IsSupported => Avx512F.IsSupported;

    /// <summary>Writes the chaining value of every lane; the output has room for all 16.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Hash(in Blake3Batch batch)
    {
        unchecked
        {
            byte* memory = stackalloc byte[(2 * BlockWords + 2) * sizeof(Vector512<uint>)];
            // Aligned: a vector that crossed two cache lines would cost two loads.
            nuint mask = (nuint)sizeof(Vector512<uint>) - 1;
            Vector512<uint>* words = (Vector512<uint>*)(((nuint)memory + mask) & ~mask);
            Vector512<uint>* next = words + BlockWords;
            byte** lanes = stackalloc byte*[Lanes];
            int* barrier = (int*)(words + 2 * BlockWords);
            batch.FillLanes(lanes, Lanes);
            Vector512<uint> counterLow = Vector512.Create((uint)batch.Counter);
            counterLow += batch.CounterStep * Vector512<uint>.Indices;
            Vector512<uint> carry = Vector512.LessThan(counterLow, Vector512.Create((uint)batch.Counter));
            // A carry is all ones, that is -1.
            Vector512<uint> counterHigh = Vector512.Create((uint)(batch.Counter >> 32)) - carry;
            uint* key = (uint*)batch.Key;
            Vector512<uint> h0 = Vector512.Create(key[0]);
            Vector512<uint> h1 = Vector512.Create(key[1]);
            Vector512<uint> h2 = Vector512.Create(key[2]);
            Vector512<uint> h3 = Vector512.Create(key[3]);
            Vector512<uint> h4 = Vector512.Create(key[4]);
            Vector512<uint> h5 = Vector512.Create(key[5]);
            Vector512<uint> h6 = Vector512.Create(key[6]);
            Vector512<uint> h7 = Vector512.Create(key[7]);
            LoadBlocks(lanes, words);
            for (int block = 0; block < batch.Blocks; block++)
            {
                Vector512<uint> v0 = h0;
                Vector512<uint> v1 = h1;
                Vector512<uint> v2 = h2;
                Vector512<uint> v3 = h3;
                Vector512<uint> v4 = h4;
                Vector512<uint> v5 = h5;
                Vector512<uint> v6 = h6;
                Vector512<uint> v7 = h7;
                Vector512<uint> v8 = Vector512.Create(Blake3Constants.Iv0);
                Vector512<uint> v9 = Vector512.Create(Blake3Constants.Iv1);
                Vector512<uint> v10 = Vector512.Create(Blake3Constants.Iv2);
                Vector512<uint> v11 = Vector512.Create(Blake3Constants.Iv3);
                Vector512<uint> v12 = counterLow;
                Vector512<uint> v13 = counterHigh;
                Vector512<uint> v14 = Vector512.Create((uint)Blake3Constants.BlockSize);
                Vector512<uint> v15 = Vector512.Create(batch.FlagsOf(block));
                // The last block is read twice, and nothing behind it.
                Advance(lanes, block + 1 < batch.Blocks ? Blake3Constants.BlockSize : 0);
                batch.Prefetch(block, lanes, Lanes);
                // Seven rounds of columns and diagonals. The rounds leave the processor idle where one step
                // waits for another, so a quarter of the next message is transposed after each of the first.
                // A store between rounds is also for the compiler: it might touch the message, so message
                // words are read anew where used, not kept in registers that the state needs.
                Mix(ref v0, ref v4, ref v8, ref v12, words + 0, words + 1);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 2, words + 3);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 4, words + 5);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 6, words + 7);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 8, words + 9);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 10, words + 11);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 12, words + 13);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 14, words + 15);
                LoadQuarter(lanes, 0, next);
                Mix(ref v0, ref v4, ref v8, ref v12, words + 2, words + 6);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 3, words + 10);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 7, words + 0);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 4, words + 13);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 1, words + 11);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 12, words + 5);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 9, words + 14);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 15, words + 8);
                LoadQuarter(lanes, 1, next);
                Mix(ref v0, ref v4, ref v8, ref v12, words + 3, words + 4);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 10, words + 12);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 13, words + 2);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 7, words + 14);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 6, words + 5);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 9, words + 0);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 11, words + 15);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 8, words + 1);
                LoadQuarter(lanes, 2, next);
                Mix(ref v0, ref v4, ref v8, ref v12, words + 10, words + 7);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 12, words + 9);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 14, words + 3);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 13, words + 15);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 4, words + 0);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 11, words + 2);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 5, words + 8);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 1, words + 6);
                LoadQuarter(lanes, 3, next);
                Mix(ref v0, ref v4, ref v8, ref v12, words + 12, words + 13);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 9, words + 11);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 15, words + 10);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 14, words + 8);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 7, words + 2);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 5, words + 3);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 0, words + 1);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 6, words + 4);
                *barrier = 5;
                Mix(ref v0, ref v4, ref v8, ref v12, words + 9, words + 14);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 11, words + 5);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 8, words + 12);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 15, words + 1);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 13, words + 3);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 0, words + 10);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 2, words + 6);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 4, words + 7);
                *barrier = 6;
                Mix(ref v0, ref v4, ref v8, ref v12, words + 11, words + 15);
                Mix(ref v1, ref v5, ref v9, ref v13, words + 5, words + 0);
                Mix(ref v2, ref v6, ref v10, ref v14, words + 1, words + 9);
                Mix(ref v3, ref v7, ref v11, ref v15, words + 8, words + 6);
                Mix(ref v0, ref v5, ref v10, ref v15, words + 14, words + 10);
                Mix(ref v1, ref v6, ref v11, ref v12, words + 2, words + 12);
                Mix(ref v2, ref v7, ref v8, ref v13, words + 3, words + 4);
                Mix(ref v3, ref v4, ref v9, ref v14, words + 7, words + 13);
                h0 = v0 ^ v8;
                h1 = v1 ^ v9;
                h2 = v2 ^ v10;
                h3 = v3 ^ v11;
                h4 = v4 ^ v12;
                h5 = v5 ^ v13;
                h6 = v6 ^ v14;
                h7 = v7 ^ v15;
                Vector512<uint>* used = words;
                words = next;
                next = used;
            }
            Store(h0, h1, h2, h3, batch.Output);
            Store(h4, h5, h6, h7, batch.Output + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix(ref Vector512<uint> a, ref Vector512<uint> b, ref Vector512<uint> c,
        ref Vector512<uint> d, Vector512<uint>* first, Vector512<uint>* second)
    {
        // The message word joins before b, which arrives last: a shorter chain of dependences.
        a = a + *first + b;
        d = Avx512F.RotateRight(d ^ a, 16);
        c += d;
        b = Avx512F.RotateRight(b ^ c, 12);
        a = a + *second + b;
        d = Avx512F.RotateRight(d ^ a, 8);
        c += d;
        b = Avx512F.RotateRight(b ^ c, 7);
    }

    // Reads 64 bytes of every lane; vector w of the message gets word w of all lanes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadBlocks(byte** lanes, Vector512<uint>* message)
    {
        for (int quarter = 0; quarter < 4; quarter++)
            LoadQuarter(lanes, quarter, message);
    }

    // Words 4 * quarter to 4 * quarter + 3 of the message.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LoadQuarter(byte** lanes, int quarter, Vector512<uint>* message) => Transpose(
        Gather(lanes, 0, quarter), Gather(lanes, 1, quarter), Gather(lanes, 2, quarter), Gather(lanes, 3, quarter),
        message + quarter * 4);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Advance(byte** lanes, int step)
    {
        unchecked
        {
            for (int lane = 0; lane < Lanes; lane++)
                lanes[lane] += step;
        }
    }

    // A quarter of the blocks of lanes first, first + 4, first + 8 and first + 12.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> Gather(byte** lanes, int first, int quarter)
    {
        unchecked
        {
            int offset = quarter * 16;
            Vector512<uint> rows = Vector128.Load((uint*)(lanes[first] + offset))
                .ToVector256Unsafe().ToVector512Unsafe();
            rows = Avx512F.InsertVector128(rows, Vector128.Load((uint*)(lanes[first + 4] + offset)), 1);
            rows = Avx512F.InsertVector128(rows, Vector128.Load((uint*)(lanes[first + 8] + offset)), 2);
            return Avx512F.InsertVector128(rows, Vector128.Load((uint*)(lanes[first + 12] + offset)), 3);
        }
    }

    // Transposes the 4 by 4 words in each 128-bit part.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose(Vector512<uint> row0, Vector512<uint> row1, Vector512<uint> row2,
        Vector512<uint> row3, Vector512<uint>* columns)
    {
        Vector512<ulong> low01 = Avx512F.UnpackLow(row0, row1).AsUInt64();
        Vector512<ulong> low23 = Avx512F.UnpackLow(row2, row3).AsUInt64();
        Vector512<ulong> high01 = Avx512F.UnpackHigh(row0, row1).AsUInt64();
        Vector512<ulong> high23 = Avx512F.UnpackHigh(row2, row3).AsUInt64();
        columns[0] = Avx512F.UnpackLow(low01, low23).AsUInt32();
        columns[1] = Avx512F.UnpackHigh(low01, low23).AsUInt32();
        columns[2] = Avx512F.UnpackLow(high01, high23).AsUInt32();
        columns[3] = Avx512F.UnpackHigh(high01, high23).AsUInt32();
    }

    // Half of every lane's chaining value: four words each, 32 bytes apart.
    [SkipLocalsInit]
    private static void Store(Vector512<uint> words0, Vector512<uint> words1, Vector512<uint> words2,
        Vector512<uint> words3, byte* output)
    {
        unchecked
        {
            Vector512<uint>* columns = stackalloc Vector512<uint>[4];
            Transpose(words0, words1, words2, words3, columns);
            for (int lane = 0; lane < Lanes; lane++)
            {
                uint* part = (uint*)(columns + lane % 4) + lane / 4 * 4;
                Vector128.Load(part).Store((uint*)(output + lane * Blake3Constants.ValueSize));
            }
        }
    }
}
