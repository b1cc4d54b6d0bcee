using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Finds what a new snapshot is compared with: the newest of the same host and the same paths.</summary>
internal static class ParentFinder
{
    /// <summary>The parent; null where there is none.</summary>
    public static Snapshot? Find(Repository repository, string host, IReadOnlyList<byte[]> paths)
    {
        Snapshot? newest = null;
        foreach (Snapshot snapshot in SnapshotList.Load(repository).Snapshots)
        {
            // Snapshots come oldest first; a time set by hand may lie in the future, the number still orders them.
            if (snapshot.Manifest.Host == host && HaveSamePaths(snapshot.Manifest.Paths, paths) && !IsSavedFrom(snapshot, newest))
                newest = snapshot;
        }

        return newest;
    }

    // What a repair left out of a snapshot is what the next one is to bring back: the damaged one tells how it was cut.
    private static bool IsSavedFrom(Snapshot repaired, Snapshot? damaged) => damaged is not null && repaired.Manifest.RepairOf == damaged.Id;

    private static bool HaveSamePaths(IReadOnlyList<byte[]> a, IReadOnlyList<byte[]> b) =>
        a.Count == b.Count && a.Zip(b).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
}
