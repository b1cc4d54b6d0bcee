using Snapstore.Maintenance;
using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>What became of an object that was deleted or put over.</summary>
/// <param name="Object">The object.</param>
/// <param name="Problem">Why it could not be brought back; "" where it was.</param>
public sealed record RestoredObject(ShadowedObject Object, string Problem);

/// <summary>Brings back what somebody deleted or put over in a storage that keeps versions (spec/object-lock.md). Needs no key.</summary>
public static class VersionRepair
{
    /// <summary>Makes the first version of each object the one that is seen: what stands above it is removed, or, where that is locked
    /// or not allowed, a copy of the first is put on top.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="since">Only what was deleted or put over at this time or later.</param>
    /// <param name="isDryRun">True only looks.</param>
    /// <param name="cancel">Stops it; the next run goes on.</param>
    public static IEnumerable<RestoredObject> Run(ILockingStorage storage, DateTimeOffset since, bool isDryRun, CancellationToken cancel)
    {
        foreach (ShadowedObject shadowed in ShadowedObjects.Find(storage, cancel).Where(found => found.Time >= since).ToList())
        {
            cancel.ThrowIfCancellationRequested();
            yield return new RestoredObject(shadowed, isDryRun ? "" : Restore(storage, shadowed));
        }
    }

    private static string Restore(ILockingStorage storage, ShadowedObject shadowed)
    {
        try
        {
            if (shadowed.Key.TryParsePack(out _, out _) && !ShadowedObjects.HashesToName(storage, shadowed.Original))
                return "no version of it hashes to its name";
            if (!TryUncover(storage, shadowed))
                storage.CopyToTop(shadowed.Original);
            return "";
        }
        catch (StorageException e)
        {
            return e.Message;
        }
    }

    // From below: until the newest is gone, what is seen is as wrong as before, and never a version in between.
    private static bool TryUncover(ILockingStorage storage, ShadowedObject shadowed)
    {
        try
        {
            foreach (StoredVersion version in shadowed.Above.Reverse())
                storage.DeleteVersion(version);
            return true;
        }
        catch (StorageException e) when (e.LockedUntil is not null || e.MissingRight is not null)
        {
            return false;
        }
    }
}
