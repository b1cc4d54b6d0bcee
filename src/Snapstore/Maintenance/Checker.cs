using System.Globalization;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Says whether all snapshots of a repository can be restored (spec/protocols/check.md).</summary>
/// <remarks>
/// Order: what is listed (snapshots first, index objects, packs last, so that a snapshot taken meanwhile is no false alarm); all small
/// objects; the index; packs that are to be read whole; then every tree node once, which decides which snapshots are
/// whole; and only for those that are not, a walk that names their paths.
/// </remarks>
public static class Checker
{
    // Prunes that run one after the other must not keep a check from ever ending. Packs that were read whole are not read again.
    private const int AttemptsMax = 10;

    /// <summary>Checks; changes nothing.</summary>
    /// <exception cref="StorageException">The storage cannot even be listed.</exception>
    /// <exception cref="OperationCanceledException">Cancelled.</exception>
    public static CheckReport Run(Repository repository, CheckOptions options, CheckProgress progress, CancellationToken cancel)
    {
        HashSet<StorageKey> sound = [];
        for (int attempt = 1; ; attempt++)
        {
            ListedNames before = Patient.Read(() => ListedNames.Of(repository.Storage));
            CheckReport report = RunOnce(repository, before, options, progress, sound, cancel);

            // What is missing may have been forgotten and swept meanwhile.
            if (!report.HasDamage || attempt == AttemptsMax || !Patient.Read(before.HavePrunesChanged))
                return report;
            progress.Restart();
        }
    }

    private static CheckReport RunOnce(
        Repository repository, ListedNames before, CheckOptions options, CheckProgress progress, HashSet<StorageKey> sound, CancellationToken cancel)
    {
        FindingList findings = new(progress);
        Listing listing = Listing.Of(repository.Storage, before);
        RecordCheck records = new(repository, findings, options.Time);
        Requests.All(
            repository.Storage,
            () => records.CheckKeys(listing.Others),
            () => records.CheckManifests(listing.Snapshots, listing.Retired),
            () => records.CheckOthers(listing.Others, listing.SnapshotIds));

        PackInventory inventory = new(repository, findings);
        using BlobPlaces places = inventory.Load(listing.IndexObjects, listing.Packs, cancel);
        List<KnownPack> metaPacks = InOrderOfWriting(inventory.Packs, records.Snapshots);
        List<KnownPack> chosen = [.. inventory.Packs.Where(pack => options.ReadData.Includes(pack.Hash) && !sound.Contains(pack.Key))];
        progress.Expect(metaPacks.Count + chosen.Count, metaPacks.Concat(chosen).Sum(pack => pack.Size));

        PackVerifier verifier = new(repository, inventory, places, findings, progress, sound, cancel);
        verifier.Run(chosen, options.Workers);
        TreeSweep sweep = new(repository, places, findings, progress);
        sweep.Run(metaPacks, options.Workers, cancel);
        long affected = NameAffected(repository, records.Snapshots, places, sweep.Nodes, findings, cancel);
        NoteMissing(inventory, findings);
        FindShadowed(repository, findings, cancel);

        (IReadOnlyList<Finding> found, long dropped) = findings.Take();
        return new CheckReport
        {
            Findings = found,
            FindingsDropped = dropped,
            Snapshots = records.Snapshots.Count,
            SnapshotsAffected = affected,
            Nodes = sweep.Nodes.Met,
            Blobs = places.Index.Count,
            Packs = listing.Packs.Count,
            PacksRead = Math.Max(verifier.PacksRead, sound.Count),
            BytesRead = verifier.BytesRead + sweep.BytesRead,
        };
    }

    // Older sessions first and each in the order it wrote, so that nodes come before those that refer to them.
    private static List<KnownPack> InOrderOfWriting(IReadOnlyList<KnownPack> packs, IReadOnlyList<Snapshot> snapshots)
    {
        Dictionary<SessionId, long> begun = snapshots.ToDictionary(s => s.Id, s => s.Manifest.StartNanoseconds);
        return [.. packs.Where(pack => pack.Nodes is not null).OrderBy(pack => begun.GetValueOrDefault(pack.Session))];
    }

    private static long NameAffected(
        Repository repository, IReadOnlyList<Snapshot> snapshots, BlobPlaces places, NodeTable nodes, FindingList findings, CancellationToken cancel)
    {
        List<Snapshot> affected = [.. snapshots.Where(s => !nodes.IsWholeTree(s.Manifest.Root)).OrderBy(s => s.Manifest.TimeNanoseconds)];
        using DamageWalk walk = new(repository, places, nodes, findings);
        foreach (Snapshot snapshot in affected)
            walk.Run(snapshot, cancel);
        return affected.Count;
    }

    private static void NoteMissing(PackInventory inventory, FindingList findings)
    {
        foreach (StorageKey missing in inventory.MissingPacks)
        {
            if (!findings.HasDamage(missing.Name))
                findings.Add(FindingKind.Note, missing.Name, "is named by the index and is not there; no snapshot needs it");
        }
    }

    // What was deleted or put over is damage, though it can be brought back: it is not seen any more.
    private static void FindShadowed(Repository repository, FindingList findings, CancellationToken cancel)
    {
        if (repository.Lock is null)
            return;
        try
        {
            foreach (ShadowedObject found in ShadowedObjects.Find(repository.Lock.Storage, cancel))
            {
                bool isKey = found.Key.Name.StartsWith(StorageKey.KeysPrefix, StringComparison.Ordinal);
                string what = string.Create(CultureInfo.InvariantCulture, $"{(found.IsHidden ? "was deleted" : "was put over by something else")} at {found.Time.UtcDateTime:yyyy-MM-dd HH:mm:ss} UTC; an earlier version is there");
                findings.Add(isKey && found.IsHidden ? FindingKind.Note : FindingKind.Damage, found.Key.Name, isKey && found.IsHidden
                    ? $"{what}: a key that was removed, by `key remove` or by somebody else; it goes when its lock has ended"
                    : $"{what}; bring it back: snapstore repair versions");
            }
        }
        catch (StorageException e)
        {
            findings.Add(FindingKind.Note, "versions", $"whether anything was deleted or put over was not looked at: {e.Message}");
        }
    }

    /// <summary>All that the storage lists, by what it is.</summary>
    private sealed record Listing(
        IReadOnlyList<StorageKey> Snapshots,
        IReadOnlySet<SessionId> SnapshotIds,
        IReadOnlySet<SessionId> Retired,
        IReadOnlyList<StoredObject> IndexObjects,
        IReadOnlyList<StoredObject> Others,
        Dictionary<StorageKey, long> Packs)
    {
        // Of a snapshot that is forgotten after the first listing all may go: then the check looks again (HavePrunesChanged).
        public static Listing Of(IStorage storage, ListedNames before)
        {
            HashSet<SessionId> retired = SessionRegister.IdsOf(before.All, StorageKey.RetiredPrefix);
            List<StorageKey> snapshots = [.. before.All.Where(key => key.Name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal)).OrderBy(key => key.Name, StringComparer.Ordinal)];

            // In the order of their names, so that a check of the same objects always says the same.
            List<StoredObject> indexObjects = [.. List(storage, StorageKey.IndexPrefix).OrderBy(o => o.Key.Name.Length).ThenBy(o => o.Key.Name, StringComparer.Ordinal)];
            List<StoredObject> all = List(storage, "");
            Dictionary<StorageKey, long> packs = [];
            foreach (StoredObject found in all.Where(o => o.Key.TryParsePack(out _, out _)))
                packs[found.Key] = found.Size;
            return new Listing(
                snapshots, SessionRegister.IdsOf(snapshots, StorageKey.SnapshotsPrefix), retired, indexObjects, [.. all.Where(o => !o.Key.TryParsePack(out _, out _))], packs);
        }

        private static List<StoredObject> List(IStorage storage, string prefix) =>
            Patient.Read(() => storage.List(prefix).OrderBy(o => o.Key.Name, StringComparer.Ordinal).ToList());
    }
}
