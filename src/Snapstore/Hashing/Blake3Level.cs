using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace Snapstore.Hashing;

/// <summary>The code paths, each of which uses those before it for what is too narrow for its own vectors.</summary>
internal enum Blake3Level
{
    /// <summary>Word by word.</summary>
    Scalar = 1,

    /// <summary>128-bit vectors of any processor: four lanes.</summary>
    Vector128 = 2,

    /// <summary>256-bit vectors: eight lanes.</summary>
    Avx2 = 3,

    /// <summary>512-bit vectors: sixteen lanes, and rotations and permutations in one instruction.</summary>
    Avx512 = 4,

    /// <summary>
    /// Like <see cref="Avx512"/>, but blocks that follow each other in one lane go word by word: where a vector
    /// instruction takes two cycles and a word's takes one, four words' chains side by side are the faster.
    /// </summary>
    Avx512ScalarChains = 5,
}

/// <summary>Which levels this machine has.</summary>
internal static class Blake3Levels
{
    /// <summary>The fastest level of this machine.</summary>
    public static readonly Blake3Level Best =
        Enum.GetValues<Blake3Level>().Where(IsSupported).Max();

    /// <summary>Whether this machine can run the level.</summary>
    public static bool IsSupported(Blake3Level level) => level switch
    {
        // The vector code reads message words as they lie in memory: little-endian.
        Blake3Level.Scalar => true,
        Blake3Level.Vector128 => Vector128.IsHardwareAccelerated && BitConverter.IsLittleEndian,
        Blake3Level.Avx2 => Blake3Lanes8.IsSupported,
        Blake3Level.Avx512 => Blake3Lanes16.IsSupported && Blake3NativeRotation.IsSupported,
        Blake3Level.Avx512ScalarChains => IsSupported(Blake3Level.Avx512) && HasSlowVectorLatency(),
        _ => false,
    };

    // AMD from family 26 (Zen 5) on: one chunk at 1.08 GB/s word by word, 0.81 GB/s in rows.
    private static bool HasSlowVectorLatency()
    {
        if (!X86Base.IsSupported)
            return false;
        (_, int vendorStart, int vendorEnd, int vendorMiddle) = X86Base.CpuId(0, 0);
        int signature = X86Base.CpuId(1, 0).Eax;
        int family = ((signature >> 8) & 0xF) + ((signature >> 20) & 0xFF);
        bool isAmd = vendorStart == 0x68747541 && vendorMiddle == 0x69746E65 && vendorEnd == 0x444D4163;
        return isAmd && family >= 26;
    }
}
