namespace Snapstore.Garbage;

/// <summary>Bytes and packs by what becomes of them.</summary>
/// <param name="Packs">Packs there are.</param>
/// <param name="Bytes">Bytes of them.</param>
/// <param name="UsedBytes">Bytes that snapshots need.</param>
/// <param name="DeletePacks">Packs of which no snapshot needs anything.</param>
/// <param name="DeleteBytes">Bytes of them.</param>
/// <param name="RepackPacks">Packs whose needed part is written anew.</param>
/// <param name="RepackBytes">Bytes of them.</param>
/// <param name="RepackLiveBytes">Bytes of them that snapshots need, about.</param>
/// <param name="RepackWasteBytes">Bytes of them that nobody needs and that stay between those, about.</param>
/// <param name="UnusedAfterBytes">Bytes that stay and nobody needs, about.</param>
/// <param name="BusyPacks">Packs of sessions at work, which are let alone.</param>
/// <param name="Locked">Packs of which no snapshot needs anything, and that are locked.</param>
/// <param name="LockedInPart">Locked packs that are needed in part, and the bytes of them that nobody needs, where more stays than may.</param>
public sealed record PruneTotals(
    int Packs, long Bytes, long UsedBytes, int DeletePacks, long DeleteBytes, int RepackPacks, long RepackBytes, long RepackLiveBytes, long RepackWasteBytes,
    long UnusedAfterBytes, int BusyPacks, LockedWaste Locked, LockedWaste LockedInPart)
{
    /// <summary>Bytes that the storage takes less afterwards, about.</summary>
    public long FreedBytes => DeleteBytes + RepackBytes - RepackLiveBytes - RepackWasteBytes;
}

/// <summary>Which packs are deleted and which are rewritten: a pure decision on how much of each is in use.</summary>
/// <param name="Delete">Packs of which nothing is needed.</param>
/// <param name="Repack">Packs that are rewritten.</param>
/// <param name="Tolerance">Share of a segment that may be waste where it is moved as it is stored, 0 to 1.</param>
/// <param name="Totals">What comes of it.</param>
internal sealed record PrunePlan(IReadOnlyList<PackUse> Delete, IReadOnlyList<PackUse> Repack, double Tolerance, PruneTotals Totals)
{
    /// <summary>True where there is nothing to do.</summary>
    public bool IsEmpty => Delete.Count + Repack.Count == 0;

    /// <summary>True where it is worth asking whether a pack is locked: it might go, or be written anew.</summary>
    public static bool IsCandidate(PackUse pack) => pack.IsTouchable && (pack.UnusedBytes > 0 || pack.LiveBlobs == 0 || RepackChoice.IsSmall(pack));

    /// <summary>Decides.</summary>
    /// <param name="packs">All packs that are listed and not condemned.</param>
    /// <param name="options">How much may stay unused, and how much may be rewritten.</param>
    public static PrunePlan Decide(IReadOnlyList<PackUse> packs, PruneOptions options)
    {
        // One that is locked would stay beside what is written anew of it.
        List<PackUse> touchable = [.. packs.Where(pack => pack.IsTouchable && pack.LockedUntil is null)];
        List<PackUse> delete = touchable.FindAll(pack => pack.LiveBlobs == 0);
        List<PackUse> locked = [.. packs.Where(pack => pack.LockedUntil is not null)];
        LockedWaste stuck = LockedWaste.Of(locked.FindAll(pack => pack.LiveBlobs > 0 && pack.UnusedBytes > 0), pack => pack.UnusedBytes);
        long unused = packs.Sum(pack => pack.UnusedBytes) - delete.Sum(pack => pack.UnusedBytes) - locked.Sum(pack => pack.UnusedBytes);
        long stays = packs.Sum(pack => pack.Size) - delete.Sum(pack => pack.Size);
        RepackChoice choice = RepackChoice.Cheapest(touchable, stays, unused, options);

        List<PackUse> repack = [.. packs.Where(choice.Packs.Contains)];
        PruneTotals totals = new(
            packs.Count, packs.Sum(pack => pack.Size), packs.Sum(pack => pack.LiveBytes), delete.Count, delete.Sum(pack => pack.Size),
            repack.Count, choice.Bytes, repack.Sum(pack => pack.LiveBytes), choice.MovedWaste, choice.Unused + stuck.Bytes, packs.Count(pack => !pack.IsTouchable),
            LockedWaste.Of(locked.FindAll(pack => pack.LiveBlobs == 0), pack => pack.Size),
            choice.Unused + stuck.Bytes > options.UnusedMaxOf(stays) ? stuck : LockedWaste.None);
        return new PrunePlan(delete, repack, RepackCost.Tolerances[choice.Tolerance], totals);
    }
}
