using System.Security.Cryptography;

namespace Snapstore;

/// <summary>Fills bytes with what nobody can guess.</summary>
internal delegate void RandomFill(Span<byte> bytes);

/// <summary>Where ids, salts and keys come from: the system's random generator, and nothing else in a program.</summary>
/// <remarks>A simulation puts a seeded generator in its place, for one thread, so that a run is a function of its seed. The
/// seam is internal and no option, variable or file leads to it.</remarks>
internal static class Randomness
{
    [ThreadStatic]
    private static RandomFill? _simulated;

    /// <summary>Fills the bytes.</summary>
    public static void Fill(Span<byte> bytes)
    {
        if (_simulated is { } fill)
            fill(bytes);
        else
            RandomNumberGenerator.Fill(bytes);
    }

    /// <summary>From now on this thread's random bytes come from here; null for the system's generator.</summary>
    internal static void Simulate(RandomFill? fill) => _simulated = fill;
}
