using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Snapstore.Chunking;

/// <summary>A keyed pseudo-random function of a 64-byte window, made of AES rounds: three of four rounds chained, then
/// ten (spec/formats/chunking.md, "Rank"). Every processor gives the same values.</summary>
internal readonly struct WindowRank
{
    /// <summary>Bytes of a window.</summary>
    public const int WindowSize = 64;

    /// <summary>Bytes of key material: 16 round keys.</summary>
    public const int KeySize = 16 * BlockSize;

    private const int BlockSize = 16, ChainRounds = 4, FinalRounds = 10, FinalKey = 1 + ChainRounds;

    private readonly Vector128<byte>[] _keys;

    /// <summary>Takes the round keys from 256 secret bytes.</summary>
    public WindowRank(ReadOnlySpan<byte> keyMaterial)
    {
        _keys = new Vector128<byte>[KeySize / BlockSize];
        for (int i = 0; i < _keys.Length; i++)
            _keys[i] = Vector128.Create(keyMaterial.Slice(i * BlockSize, BlockSize));
    }

    /// <summary>The function's values for four windows, by where each begins: four at a time, because each AES round
    /// waits for the one before it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public FourValues Of<TRound>(ref byte first, ref byte second, ref byte third, ref byte fourth)
        where TRound : IAesRound
    {
        ref Vector128<byte> keys = ref _keys[0];
        Vector128<byte> a = Vector128.LoadUnsafe(ref first) ^ keys, b = Vector128.LoadUnsafe(ref second) ^ keys;
        Vector128<byte> c = Vector128.LoadUnsafe(ref third) ^ keys, d = Vector128.LoadUnsafe(ref fourth) ^ keys;
        for (nuint at = BlockSize; at < WindowSize; at += BlockSize)
        {
            Rounds<TRound>(ref Unsafe.Add(ref keys, 1), ChainRounds, ref a, ref b, ref c, ref d);
            (a, b) = (a ^ Vector128.LoadUnsafe(ref first, at), b ^ Vector128.LoadUnsafe(ref second, at));
            (c, d) = (c ^ Vector128.LoadUnsafe(ref third, at), d ^ Vector128.LoadUnsafe(ref fourth, at));
        }

        Vector128<byte> key = Unsafe.Add(ref keys, FinalKey), last = Unsafe.Add(ref keys, FinalKey + FinalRounds);
        (a, b, c, d) = (a ^ key, b ^ key, c ^ key, d ^ key);
        Rounds<TRound>(ref Unsafe.Add(ref keys, FinalKey + 1), FinalRounds - 1, ref a, ref b, ref c, ref d);
        return new FourValues(
            TRound.Last(a, last), TRound.Last(b, last), TRound.Last(c, last), TRound.Last(d, last));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rounds<TRound>(
        ref Vector128<byte> keys,
        nuint count,
        ref Vector128<byte> a,
        ref Vector128<byte> b,
        ref Vector128<byte> c,
        ref Vector128<byte> d)
        where TRound : IAesRound
    {
        for (nuint i = 0; i < count; i++)
        {
            Vector128<byte> key = Unsafe.Add(ref keys, i);
            (a, b) = (TRound.Round(a, key), TRound.Round(b, key));
            (c, d) = (TRound.Round(c, key), TRound.Round(d, key));
        }
    }
}

/// <summary>The function's 128 bits for four windows.</summary>
internal readonly record struct FourValues(
    Vector128<byte> First, Vector128<byte> Second, Vector128<byte> Third, Vector128<byte> Fourth);
