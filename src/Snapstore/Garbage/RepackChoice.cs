namespace Snapstore.Garbage;

/// <summary>Which packs are rewritten, and with which tolerance (<see cref="RepackCost"/>).</summary>
internal sealed class RepackChoice
{
    // Many small packs, as hourly snapshots leave them, make every listing slow: so many of one kind become few.
    private const long SmallPackSize = Limits.PackSizeTarget / 8;
    private const int SmallPacksMin = 12;

    private readonly HashSet<PackUse> _packs = new(ReferenceEqualityComparer.Instance);
    private readonly PruneOptions _options;
    private readonly long _used;
    private long _encoded;

    private RepackChoice(List<PackUse> packs, long stays, long unused, PruneOptions options, int tolerance)
    {
        (_options, _used, Unused, Tolerance) = (options, stays - unused, unused, tolerance);
        foreach (PackUse pack in Crowds(packs))
            Take(pack);
        foreach (PackUse pack in packs.Where(pack => pack.LiveBlobs > 0 && Gain(pack) > 0)
            .OrderByDescending(pack => (double)Gain(pack) / pack.Size).ThenBy(pack => pack.Name))
        {
            if (Excess > 0)
                Take(pack);
        }
    }

    /// <summary>The packs.</summary>
    public IReadOnlySet<PackUse> Packs => _packs;

    /// <summary>Bytes of them.</summary>
    public long Bytes { get; private set; }

    /// <summary>Number of the tolerance.</summary>
    public int Tolerance { get; }

    /// <summary>Bytes of the packs that nobody needs and that are moved along.</summary>
    public long MovedWaste { get; private set; }

    /// <summary>Bytes that nobody needs and that stay, those included.</summary>
    public long Unused { get; private set; }

    // What stays beyond what may: the share is one of all that stays.
    private double Excess => Math.Max(0, Unused - _options.UnusedMaxOf(_used + Unused));

    // An estimate: a stored MiB of source code takes about 24 ms of a processor to compress again, and about as long to read and write
    // in a store 20 ms away.
    private long Cost => Bytes + _encoded;

    /// <summary>True for a pack that is better joined with others.</summary>
    public static bool IsSmall(PackUse pack) => pack.Size < SmallPackSize;

    /// <summary>Of those that leave no more waste than may stay the cheapest; where none does, of those that leave the least.</summary>
    /// <param name="packs">Packs that may be rewritten.</param>
    /// <param name="stays">Bytes of all packs that are not deleted, be they among these or not.</param>
    /// <param name="unused">Bytes of them that nobody needs and that could go.</param>
    /// <param name="options">How much may stay unused, and how much may be rewritten.</param>
    public static RepackChoice Cheapest(List<PackUse> packs, long stays, long unused, PruneOptions options) => Enumerable
        .Range(0, RepackCost.Tolerances.Length)
        .Select(tolerance => new RepackChoice(packs, stays, unused, options, tolerance))
        .MinBy(choice => (choice.Excess, choice.Cost))!;

    private long Gain(PackUse pack) => pack.UnusedBytes - pack.Cost.Waste(Tolerance);

    private void Take(PackUse pack)
    {
        if (pack.Size > _options.RepackBytesMax - Bytes || !_packs.Add(pack))
            return;
        Bytes += pack.Size;
        _encoded += pack.Cost.Encoded(Tolerance);
        MovedWaste += pack.Cost.Waste(Tolerance);
        Unused -= Gain(pack);
    }

    private static IEnumerable<PackUse> Crowds(List<PackUse> packs) => packs
        .Where(pack => pack.LiveBlobs > 0 && IsSmall(pack))
        .GroupBy(pack => pack.Kind)
        .Where(kind => kind.Count() >= SmallPacksMin)
        .SelectMany(kind => kind.OrderBy(pack => pack.Name));
}
