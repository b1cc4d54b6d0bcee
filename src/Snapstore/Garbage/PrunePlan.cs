namespace Snapstore.Garbage;

/// <summary>Bytes and packs by what becomes of them.</summary>
/// <param name="Packs">Packs there are.</param>
/// <param name="Bytes">Bytes of them.</param>
/// <param name="UsedBytes">Bytes that snapshots need.</param>
/// <param name="DeletePacks">Packs of which no snapshot needs anything.</param>
/// <param name="DeleteBytes">Bytes of them.</param>
/// <param name="RepackPacks">Packs whose needed part is written anew.</param>
/// <param name="RepackBytes">Bytes of them.</param>
/// <param name="RepackLiveBytes">Bytes of them that are written anew, about.</param>
/// <param name="UnusedAfterBytes">Bytes that stay and nobody needs, about.</param>
/// <param name="BusyPacks">Packs of sessions at work, which are let alone.</param>
/// <param name="Locked">Packs of which no snapshot needs anything, and that are locked.</param>
public sealed record PruneTotals(
    int Packs, long Bytes, long UsedBytes, int DeletePacks, long DeleteBytes, int RepackPacks, long RepackBytes, long RepackLiveBytes,
    long UnusedAfterBytes, int BusyPacks, LockedWaste Locked)
{
    /// <summary>Bytes that the storage takes less afterwards, about.</summary>
    public long FreedBytes => DeleteBytes + RepackBytes - RepackLiveBytes;
}

/// <summary>Which packs are deleted and which are rewritten: a pure decision on how much of each is in use.</summary>
internal sealed record PrunePlan(IReadOnlyList<PackUse> Delete, IReadOnlyList<PackUse> Repack, PruneTotals Totals)
{
    // Many small packs, as hourly snapshots leave them, make every listing slow: so many of one kind become few.
    private const long SmallPackSize = Limits.PackSizeTarget / 8;
    private const int SmallPacksMin = 12;

    /// <summary>True where there is nothing to do.</summary>
    public bool IsEmpty => Delete.Count + Repack.Count == 0;

    /// <summary>True where it is worth asking whether a pack is locked: it might go, or be written anew.</summary>
    public static bool IsCandidate(PackUse pack) => pack.IsTouchable && (pack.UnusedBytes > 0 || pack.LiveBlobs == 0 || pack.Size < SmallPackSize);

    /// <summary>Decides.</summary>
    /// <param name="packs">All packs that are listed and not condemned.</param>
    /// <param name="options">How much may stay unused, and how much may be rewritten.</param>
    public static PrunePlan Decide(IReadOnlyList<PackUse> packs, PruneOptions options)
    {
        // One that is locked would stay beside what is written anew of it.
        List<PackUse> touchable = [.. packs.Where(pack => pack.IsTouchable && pack.LockedUntil is null)];
        List<PackUse> delete = touchable.FindAll(pack => pack.LiveBlobs == 0);
        List<PackUse> locked = [.. packs.Where(pack => pack.LockedUntil is not null)];
        long stuck = locked.Sum(pack => pack.LiveBlobs == 0 ? 0 : pack.UnusedBytes);
        long unused = packs.Sum(pack => pack.UnusedBytes) - delete.Sum(pack => pack.UnusedBytes) - locked.Sum(pack => pack.UnusedBytes);
        long stays = packs.Sum(pack => pack.Size) - delete.Sum(pack => pack.Size);

        HashSet<PackUse> repack = new(ReferenceEqualityComparer.Instance);
        long repackBytes = 0;
        foreach (PackUse pack in Crowds(touchable))
            Take(pack);
        foreach (PackUse pack in WastefulFirst(touchable))
        {
            if (unused > Math.Max(options.UnusedBytesMax, options.UnusedShareMax * (stays - repackBytes)))
                Take(pack);
        }

        long live = repack.Sum(pack => pack.LiveBytes);
        PruneTotals totals = new(
            packs.Count, packs.Sum(pack => pack.Size), packs.Sum(pack => pack.LiveBytes), delete.Count, delete.Sum(pack => pack.Size),
            repack.Count, repackBytes, live, unused + stuck, packs.Count(pack => !pack.IsTouchable),
            locked.Where(pack => pack.LiveBlobs == 0).Aggregate(LockedWaste.None, (sum, pack) => sum.With(pack.Size, pack.LockedUntil!.Value)));
        return new PrunePlan(delete, [.. packs.Where(repack.Contains)], totals);

        void Take(PackUse pack)
        {
            if (pack.Size > options.RepackBytesMax - repackBytes || !repack.Add(pack))
                return;
            repackBytes += pack.Size;
            unused -= pack.UnusedBytes;
        }
    }

    private static IEnumerable<PackUse> WastefulFirst(List<PackUse> packs) => packs
        .Where(pack => pack.LiveBlobs > 0 && pack.UnusedBytes > 0)
        .OrderByDescending(pack => (double)pack.UnusedBytes / pack.Size).ThenBy(pack => pack.Name);

    private static IEnumerable<PackUse> Crowds(List<PackUse> packs) => packs
        .Where(pack => pack.LiveBlobs > 0 && pack.Size < SmallPackSize)
        .GroupBy(pack => pack.Kind)
        .Where(kind => kind.Count() >= SmallPacksMin)
        .SelectMany(kind => kind.OrderBy(pack => pack.Name));
}
