using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Snapstore.Hashing;

/// <summary>One compression after another, its sixteen words as four rows in 128-bit vectors.</summary>
/// <remarks>
/// For messages too short to fill lanes. A row holds four words on which the same step is done; between the
/// columns and the diagonals of a round the rows turn against each other.
/// </remarks>
internal static unsafe class Blake3Rows
{
    private const int Rounds = 7;
    private const int Words = 16;

    /// <summary>
    /// The message words of each round in the order of use: for its columns words 0, 2, 4, 6 of the schedule's
    /// row and 1, 3, 5, 7; for its diagonals likewise, but the last comes first, for the second row stays put.
    /// </summary>
    internal static ReadOnlySpan<uint> Order =>
    [
        0, 2, 4, 6, 1, 3, 5, 7, 14, 8, 10, 12, 15, 9, 11, 13,
        2, 3, 7, 4, 6, 10, 0, 13, 15, 1, 12, 9, 8, 11, 5, 14,
        3, 10, 13, 7, 4, 12, 2, 14, 8, 6, 9, 11, 1, 5, 0, 15,
        10, 12, 14, 13, 7, 9, 3, 15, 1, 4, 11, 5, 6, 0, 2, 8,
        12, 9, 15, 14, 13, 11, 10, 8, 6, 7, 5, 0, 4, 2, 3, 1,
        9, 11, 8, 15, 14, 5, 12, 1, 4, 13, 0, 2, 7, 3, 10, 6,
        11, 5, 1, 8, 15, 0, 9, 6, 7, 14, 2, 3, 13, 10, 12, 4,
    ];

    /// <summary>Like <see cref="Blake3Scalar.Compress"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Compress<TUnit>(byte* value, byte* input, int blocks, Blake3BlockInfo info, byte* output)
        where TUnit : struct, IBlake3RowUnit<TUnit>
    {
        unchecked
        {
            // The table is constant data of the program file: it does not move.
            uint* table = (uint*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(Order));
            Vector128<uint> value0 = Vector128.Load((uint*)value);
            Vector128<uint> value1 = Vector128.Load((uint*)value + 4);
            Vector128<uint> row2 = default;
            Vector128<uint> row3 = default;
            uint flags = info.Flags | info.FirstFlags;
            for (; blocks > 0; blocks--)
            {
                TUnit words = TUnit.Load(input);
                Vector128<uint> row0 = value0;
                Vector128<uint> row1 = value1;
                row2 = Vector128.Create(
                    Blake3Constants.Iv0, Blake3Constants.Iv1, Blake3Constants.Iv2, Blake3Constants.Iv3);
                row3 = Vector128.Create((uint)info.Counter, (uint)(info.Counter >> 32), info.Length, flags);
                uint* order = table;
                for (int round = 0; round < Rounds; round++)
                {
                    words.Select(order, out Vector128<uint> column0, out Vector128<uint> column1,
                        out Vector128<uint> diagonal0, out Vector128<uint> diagonal1);
                    Mix<TUnit>(ref row0, ref row1, ref row2, ref row3, column0, column1);
                    row0 = Vector128.Shuffle(row0, Vector128.Create(3u, 0, 1, 2));
                    row3 = Vector128.Shuffle(row3, Vector128.Create(2u, 3, 0, 1));
                    row2 = Vector128.Shuffle(row2, Vector128.Create(1u, 2, 3, 0));
                    Mix<TUnit>(ref row0, ref row1, ref row2, ref row3, diagonal0, diagonal1);
                    row0 = Vector128.Shuffle(row0, Vector128.Create(1u, 2, 3, 0));
                    row3 = Vector128.Shuffle(row3, Vector128.Create(2u, 3, 0, 1));
                    row2 = Vector128.Shuffle(row2, Vector128.Create(3u, 0, 1, 2));
                    order += Words;
                }
                // The second half of the output takes the old chaining value, which the next block needs no more.
                Vector128<uint> old0 = value0;
                Vector128<uint> old1 = value1;
                value0 = row0 ^ row2;
                value1 = row1 ^ row3;
                row2 ^= old0;
                row3 ^= old1;
                input += Blake3Constants.BlockSize;
                flags = info.Flags;
            }
            value0.Store((uint*)output);
            value1.Store((uint*)output + 4);
            row2.Store((uint*)output + 8);
            row3.Store((uint*)output + 12);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Mix<TUnit>(ref Vector128<uint> row0, ref Vector128<uint> row1, ref Vector128<uint> row2,
        ref Vector128<uint> row3, Vector128<uint> first, Vector128<uint> second)
        where TUnit : struct, IBlake3RowUnit<TUnit>
    {
        row0 = row0 + first + row1;
        row3 = TUnit.Right16(row3 ^ row0);
        row2 += row3;
        row1 = TUnit.Right12(row1 ^ row2);
        row0 = row0 + second + row1;
        row3 = TUnit.Right8(row3 ^ row0);
        row2 += row3;
        row1 = TUnit.Right7(row1 ^ row2);
    }
}
