namespace Snapstore.Simulation.World;

/// <summary>Numbers that look random and follow from a seed alone (SplitMix64).</summary>
internal sealed class SeededRandom(ulong seed)
{
    private ulong _state = seed;

    /// <summary>The next 64 bits.</summary>
    public ulong Next()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            ulong z = _state;
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }

    /// <summary>A number from 0 to <paramref name="bound"/> - 1.</summary>
    public int Below(int bound) => (int)(Next() % (ulong)bound);

    /// <summary>True with this probability. Without any chance no number is drawn.</summary>
    public bool Chance(double probability) => probability > 0 && (Next() >> 11) * (1.0 / (1UL << 53)) < probability;

    /// <summary>Fills the bytes.</summary>
    public void Fill(Span<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i += sizeof(ulong))
        {
            ulong next = Next();
            for (int j = i; j < Math.Min(i + sizeof(ulong), bytes.Length); j++, next >>= 8)
                bytes[j] = (byte)(next & 0xff);
        }
    }

    /// <summary>Another source, for one purpose: what one draws does not shift what another gets.</summary>
    public static SeededRandom Of(ulong seed, int purpose) =>
        new(unchecked((seed * 0x2545F4914F6CDD1D) + ((ulong)purpose * 0x9E6C63D0876A9A47) + 1));
}
