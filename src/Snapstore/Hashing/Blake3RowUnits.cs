using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Snapstore.Hashing;

/// <summary>What <see cref="Blake3Rows"/> asks of a vector unit: to hold a block, to pick words, to rotate.</summary>
internal unsafe interface IBlake3RowUnit<TSelf>
    where TSelf : struct, IBlake3RowUnit<TSelf>
{
    /// <summary>Takes the 64 bytes of a block.</summary>
    static abstract TSelf Load(byte* block);

    /// <summary>Rotates each word right by 16 bits.</summary>
    static abstract Vector128<uint> Right16(Vector128<uint> words);

    /// <summary>Rotates each word right by 12 bits.</summary>
    static abstract Vector128<uint> Right12(Vector128<uint> words);

    /// <summary>Rotates each word right by 8 bits.</summary>
    static abstract Vector128<uint> Right8(Vector128<uint> words);

    /// <summary>Rotates each word right by 7 bits.</summary>
    static abstract Vector128<uint> Right7(Vector128<uint> words);

    /// <summary>Picks the sixteen words whose numbers the order gives.</summary>
    void Select(uint* order, out Vector128<uint> first, out Vector128<uint> second, out Vector128<uint> third,
        out Vector128<uint> fourth);
}

/// <summary>AVX-512: the block is one vector, a round's order one permutation.</summary>
internal readonly unsafe struct Blake3Avx512RowUnit(Vector512<uint> block) : IBlake3RowUnit<Blake3Avx512RowUnit>
{
    private readonly Vector512<uint> _block = block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blake3Avx512RowUnit Load(byte* block) => new(Vector512.Load((uint*)block));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right16(Vector128<uint> words) => Avx512F.VL.RotateRight(words, 16);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right12(Vector128<uint> words) => Avx512F.VL.RotateRight(words, 12);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right8(Vector128<uint> words) => Avx512F.VL.RotateRight(words, 8);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right7(Vector128<uint> words) => Avx512F.VL.RotateRight(words, 7);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Select(uint* order, out Vector128<uint> first, out Vector128<uint> second,
        out Vector128<uint> third, out Vector128<uint> fourth)
    {
        Vector512<uint> picked = Avx512F.PermuteVar16x32(_block, Vector512.Load(order));
        first = picked.GetLower().GetLower();
        second = Avx512F.ExtractVector128(picked, 1);
        third = Avx512F.ExtractVector128(picked, 2);
        fourth = Avx512F.ExtractVector128(picked, 3);
    }
}

/// <summary>128-bit vectors of any processor; words are picked one by one.</summary>
internal readonly unsafe struct Blake3PortableRowUnit(uint* block) : IBlake3RowUnit<Blake3PortableRowUnit>
{
    private readonly uint* _block = block;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Blake3PortableRowUnit Load(byte* block) => new((uint*)block);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right16(Vector128<uint> words) =>
        Vector128.Shuffle(words.AsByte(), Vector128.Create(
            Blake3ShuffleRotation.Right16Low, Blake3ShuffleRotation.Right16High).AsByte()).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right12(Vector128<uint> words) => (words >>> 12) | (words << 20);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right8(Vector128<uint> words) =>
        Vector128.Shuffle(words.AsByte(), Vector128.Create(
            Blake3ShuffleRotation.Right8Low, Blake3ShuffleRotation.Right8High).AsByte()).AsUInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<uint> Right7(Vector128<uint> words) => (words >>> 7) | (words << 25);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Select(uint* order, out Vector128<uint> first, out Vector128<uint> second,
        out Vector128<uint> third, out Vector128<uint> fourth)
    {
        first = Pick(order);
        second = Pick(order + 4);
        third = Pick(order + 8);
        fourth = Pick(order + 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector128<uint> Pick(uint* order)
    {
        unchecked
        {
            return Vector128.Create(
                _block[(nint)order[0]], _block[(nint)order[1]], _block[(nint)order[2]], _block[(nint)order[3]]);
        }
    }
}
