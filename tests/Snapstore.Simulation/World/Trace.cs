using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>Names of objects as people read them.</summary>
internal static class Trace
{
    private const int DigitsShown = 8, LengthKept = 16;

    /// <summary>The name, its long ids cut to their first digits and a pack's hash left out.</summary>
    public static string Of(string name)
    {
        if (StorageKey.TryParse(name) is { } key && key.TryParsePack(out SessionId session, out _))
            return $"packs/{session.ToShortString()}";
        return string.Join('/', name.Split('/').Select(part => string.Join('-', part.Split('-').Select(Shortened))));
    }

    private static string Shortened(string part) => part.Length > LengthKept ? part[..DigitsShown] : part;
}
