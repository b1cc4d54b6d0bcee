using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Snapstore.Hashing;

/// <summary>Four chunks or parents at once on any 128-bit vector unit, Arm's included.</summary>
/// <remarks>
/// TRotation is <see cref="Blake3NativeRotation"/> where AVX-512VL may be used; else nothing here is particular
/// to a processor.
/// </remarks>
internal static unsafe class Blake3Lanes4
{
    /// <summary>Chunks or parents that one call hashes.</summary>
    public const int Lanes = 4;

    private const int BlockWords = 16;

    /// <summary>Writes the chaining value of every lane; the output has room for all 4.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    [SkipLocalsInit]
    public static void Hash<TRotation>(in Blake3Batch batch)
        where TRotation : struct
    {
        unchecked
        {
            byte* memory = stackalloc byte[(BlockWords + 2) * sizeof(Vector128<uint>)];
            // Aligned: a vector that crossed two cache lines would cost two loads.
            nuint mask = (nuint)sizeof(Vector128<uint>) - 1;
            Vector128<uint>* words = (Vector128<uint>*)(((nuint)memory + mask) & ~mask);
            byte** lanes = stackalloc byte*[Lanes];
            int* barrier = (int*)(words + BlockWords);
            batch.FillLanes(lanes, Lanes);
            Vector128<uint> counterLow = Vector128.Create((uint)batch.Counter);
            counterLow += batch.CounterStep * Vector128<uint>.Indices;
            Vector128<uint> carry = Vector128.LessThan(counterLow, Vector128.Create((uint)batch.Counter));
            // A carry is all ones, that is -1.
            Vector128<uint> counterHigh = Vector128.Create((uint)(batch.Counter >> 32)) - carry;
            uint* key = (uint*)batch.Key;
            Vector128<uint> h0 = Vector128.Create(key[0]);
            Vector128<uint> h1 = Vector128.Create(key[1]);
            Vector128<uint> h2 = Vector128.Create(key[2]);
            Vector128<uint> h3 = Vector128.Create(key[3]);
            Vector128<uint> h4 = Vector128.Create(key[4]);
            Vector128<uint> h5 = Vector128.Create(key[5]);
            Vector128<uint> h6 = Vector128.Create(key[6]);
            Vector128<uint> h7 = Vector128.Create(key[7]);
            for (int block = 0; block < batch.Blocks; block++)
            {
                LoadBlocks<TRotation>(lanes, words);
                batch.Prefetch(block, lanes, Lanes);
                Vector128<uint> v0 = h0;
                Vector128<uint> v1 = h1;
                Vector128<uint> v2 = h2;
                Vector128<uint> v3 = h3;
                Vector128<uint> v4 = h4;
                Vector128<uint> v5 = h5;
                Vector128<uint> v6 = h6;
                Vector128<uint> v7 = h7;
                Vector128<uint> v8 = Vector128.Create(Blake3Constants.Iv0);
                Vector128<uint> v9 = Vector128.Create(Blake3Constants.Iv1);
                Vector128<uint> v10 = Vector128.Create(Blake3Constants.Iv2);
                Vector128<uint> v11 = Vector128.Create(Blake3Constants.Iv3);
                Vector128<uint> v12 = counterLow;
                Vector128<uint> v13 = counterHigh;
                Vector128<uint> v14 = Vector128.Create((uint)Blake3Constants.BlockSize);
                Vector128<uint> v15 = Vector128.Create(batch.FlagsOf(block));
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
            Store<TRotation>(h0, h1, h2, h3, batch.Output);
            Store<TRotation>(h4, h5, h6, h7, batch.Output + 16);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix<TRotation>(ref Vector128<uint> a, ref Vector128<uint> b, ref Vector128<uint> c,
        ref Vector128<uint> d, Vector128<uint>* first, Vector128<uint>* second)
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
            d = Vector128.Shuffle((d ^ a).AsByte(), Vector128.Create(
                Blake3ShuffleRotation.Right16Low, Blake3ShuffleRotation.Right16High).AsByte()).AsUInt32();
            c += d;
            b ^= c;
            b = (b >>> 12) | (b << 20);
            a = a + *second + b;
            d = Vector128.Shuffle((d ^ a).AsByte(), Vector128.Create(
                Blake3ShuffleRotation.Right8Low, Blake3ShuffleRotation.Right8High).AsByte()).AsUInt32();
            c += d;
            b ^= c;
            b = (b >>> 7) | (b << 25);
        }
    }

    // Reads the next 64 bytes of every lane; vector w of the message gets word w of all lanes.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void LoadBlocks<TRotation>(byte** lanes, Vector128<uint>* message)
        where TRotation : struct
    {
        unchecked
        {
            for (int quarter = 0; quarter < 4; quarter++)
            {
                int offset = quarter * 16;
                Transpose<TRotation>(
                    Vector128.Load((uint*)(lanes[0] + offset)), Vector128.Load((uint*)(lanes[1] + offset)),
                    Vector128.Load((uint*)(lanes[2] + offset)), Vector128.Load((uint*)(lanes[3] + offset)),
                    message + quarter * 4);
            }
            for (int lane = 0; lane < Lanes; lane++)
                lanes[lane] += Blake3Constants.BlockSize;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Transpose<TRotation>(Vector128<uint> row0, Vector128<uint> row1, Vector128<uint> row2,
        Vector128<uint> row3, Vector128<uint>* columns)
        where TRotation : struct
    {
        Vector128<uint> low01 = Low<TRotation>(row0, row1);
        Vector128<uint> low23 = Low<TRotation>(row2, row3);
        Vector128<uint> high01 = High<TRotation>(row0, row1);
        Vector128<uint> high23 = High<TRotation>(row2, row3);
        columns[0] = LowPair<TRotation>(low01, low23);
        columns[1] = HighPair<TRotation>(low01, low23);
        columns[2] = LowPair<TRotation>(high01, high23);
        columns[3] = HighPair<TRotation>(high01, high23);
    }

    // Words 0 of both, then words 1 of both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> Low<TRotation>(Vector128<uint> even, Vector128<uint> odd)
        where TRotation : struct =>
        typeof(TRotation) == typeof(Blake3NativeRotation)
            ? Sse2.UnpackLow(even, odd)
            : Vector128.ConditionalSelect(Vector128.Create(uint.MaxValue, 0, uint.MaxValue, 0),
                Vector128.Shuffle(even, Vector128.Create(0u, 0, 1, 1)),
                Vector128.Shuffle(odd, Vector128.Create(0u, 0, 1, 1)));

    // Words 2 of both, then words 3 of both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> High<TRotation>(Vector128<uint> even, Vector128<uint> odd)
        where TRotation : struct =>
        typeof(TRotation) == typeof(Blake3NativeRotation)
            ? Sse2.UnpackHigh(even, odd)
            : Vector128.ConditionalSelect(Vector128.Create(uint.MaxValue, 0, uint.MaxValue, 0),
                Vector128.Shuffle(even, Vector128.Create(2u, 2, 3, 3)),
                Vector128.Shuffle(odd, Vector128.Create(2u, 2, 3, 3)));

    // Words 0 and 1 of both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> LowPair<TRotation>(Vector128<uint> first, Vector128<uint> second)
        where TRotation : struct =>
        typeof(TRotation) == typeof(Blake3NativeRotation)
            ? Sse2.UnpackLow(first.AsUInt64(), second.AsUInt64()).AsUInt32()
            : Vector128.ConditionalSelect(Vector128.Create(uint.MaxValue, uint.MaxValue, 0, 0),
                first, Vector128.Shuffle(second, Vector128.Create(0u, 1, 0, 1)));

    // Words 2 and 3 of both.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<uint> HighPair<TRotation>(Vector128<uint> first, Vector128<uint> second)
        where TRotation : struct =>
        typeof(TRotation) == typeof(Blake3NativeRotation)
            ? Sse2.UnpackHigh(first.AsUInt64(), second.AsUInt64()).AsUInt32()
            : Vector128.ConditionalSelect(Vector128.Create(0, 0, uint.MaxValue, uint.MaxValue),
                second, Vector128.Shuffle(first, Vector128.Create(2u, 3, 2, 3)));

    // Half of every lane's chaining value: four words each, 32 bytes apart.
    [SkipLocalsInit]
    private static void Store<TRotation>(Vector128<uint> words0, Vector128<uint> words1, Vector128<uint> words2,
        Vector128<uint> words3, byte* output)
        where TRotation : struct
    {
        unchecked
        {
            Vector128<uint>* columns = stackalloc Vector128<uint>[Lanes];
            Transpose<TRotation>(words0, words1, words2, words3, columns);
            for (int lane = 0; lane < Lanes; lane++)
                columns[lane].Store((uint*)(output + lane * Blake3Constants.ValueSize));
        }
    }
}
