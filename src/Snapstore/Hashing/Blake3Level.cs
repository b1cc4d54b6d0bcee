using System.Runtime.Intrinsics;

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
        _ => false,
    };
}
