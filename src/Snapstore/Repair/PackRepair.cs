using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>Takes damaged packs out of use: what still opens in them is written anew, their bytes are kept in quarantine, and
/// only then are they deleted, by a generation of garbage like any other (spec/protocols/repair.md).</summary>
public sealed class PackRepair
{
    private readonly Repository _repository;
    private readonly PruneOptions _options;
    private readonly CheckProgress _progress;
    private readonly CancellationToken _cancel;

    private PackRepair(Repository repository, PruneOptions options, CheckProgress progress, CancellationToken cancel)
    {
        _repository = repository;
        _options = options;
        _progress = progress;
        _cancel = cancel;
    }

    /// <summary>Reads the packs and repairs those that are damaged, or only says which are.</summary>
    /// <param name="repository">Whose.</param>
    /// <param name="packs">The packs to look at; null for all.</param>
    /// <param name="options">Who acts, how long sessions at work are waited for, and whether anything is done at all.</param>
    /// <param name="progress">Where it stands.</param>
    /// <param name="cancel">Stops it; what was saved is used by the next run.</param>
    /// <param name="mirror">A mirror of the repository: lost and damaged packs that it has are fetched from there first; null for none.</param>
    public static PackRepairReport Run(
        Repository repository, IReadOnlySet<StorageKey>? packs, PruneOptions options, CheckProgress progress, CancellationToken cancel, IStorage? mirror = null)
    {
        repository.CheckWritable();
        PackFetch? fetch = mirror is null ? null : new PackFetch(repository, mirror, options.IsDryRun, progress, cancel);
        return new PackRepair(repository, options, progress, cancel).Run(packs, fetch);
    }

    private PackRepairReport Run(IReadOnlySet<StorageKey>? packs, PackFetch? fetch)
    {
        List<StorageKey> fetched = packs is null ? [.. fetch?.FetchLost() ?? []] : [];

        // One that was taken out before and is locked is still there: nobody relies on it.
        HashSet<StorageKey> takenOut = _repository.Lock is null ? [] : GarbageLog.List(_repository).Deleted();
        List<StoredObject> listed = [.. _repository.Storage.List(StorageKey.PacksPrefix)
            .Where(found => found.Key.TryParsePack(out _, out _) && packs?.Contains(found.Key) != false && !takenOut.Contains(found.Key))];
        SortedDictionary<string, (StoredObject Pack, string Damage)> damaged = FindDamaged(listed);
        if (damaged.Count > 0 && !_options.IsDryRun)
            DeletionRight.Require(_repository.Storage, "no damaged pack was replaced");
        foreach ((StoredObject pack, _) in damaged.Values.ToList().Where(one => fetch?.TryReplace(one.Pack) == true))
        {
            fetched.Add(pack.Key);
            damaged.Remove(pack.Key.Name);
        }

        PackRepairReport report = new() { PacksRead = listed.Count, Fetched = fetched };
        if (damaged.Count == 0)
            return report;
        report = Salvage([.. damaged.Values], report);
        if (_options.IsDryRun)
            return report;
        foreach ((StoredObject pack, _) in damaged.Values)
            QuarantineCopy.Make(_repository.Storage, pack, _cancel);
        return TakeOut([.. damaged.Values.Select(one => one.Pack.Key)], report);
    }

    private SortedDictionary<string, (StoredObject Pack, string Damage)> FindDamaged(List<StoredObject> packs)
    {
        _progress.Expect(packs.Count, packs.Sum(pack => pack.Size));
        SortedDictionary<string, (StoredObject, string)> damaged = new(StringComparer.Ordinal);
        PackHash hash = new(_repository.Storage);
        foreach (StoredObject pack in packs)
        {
            if (FindDamage(hash, pack) is { } damage)
            {
                damaged[pack.Key.Name] = (pack, damage);
                _progress.CountDamaged();
            }

            _progress.Add(1, 0);
        }

        return damaged;
    }

    private string? FindDamage(PackHash hash, StoredObject pack)
    {
        try
        {
            return hash.FindDamage(pack, bytes => _progress.Add(0, bytes), _cancel);
        }
        catch (ObjectMissingException)
        {
            // A prune was faster: it is nobody's any more.
            return null;
        }
    }

    // A session of its own that never commits, as a prune's that rewrites packs.
    private PackRepairReport Salvage(IReadOnlyList<(StoredObject Pack, string Damage)> damaged, PackRepairReport report)
    {
        using OwnSession session = new(_repository, _options.OriginNow(), _options.IsDryRun);
        HashSet<StorageKey> unusable = GarbageLog.List(_repository).Condemned();
        unusable.UnionWith(damaged.Select(one => one.Pack.Key));
        using BlobIndex usable = IndexLoader.LoadAll(_repository, unusable).Index;
        Dictionary<StorageKey, IndexedPack> directories = PackDirectories.Find(_repository, damaged.Select(one => one.Pack.Key).ToHashSet());
        using Repacker repacker = new(_repository, session.Id, _options.Workers, _options.Time) { IsDryRun = _options.IsDryRun };
        List<RepairedPack> repaired = Save(damaged, directories, usable, repacker);
        if (!_options.IsDryRun)
            repacker.Finish();
        return report with { Damaged = repaired, BytesWritten = repacker.StoredBytes };
    }

    // All is saved before anything is called lost: what one damaged pack cannot give, another may.
    private List<RepairedPack> Save(
        IReadOnlyList<(StoredObject Pack, string Damage)> damaged, Dictionary<StorageKey, IndexedPack> directories, BlobIndex usable, Repacker repacker)
    {
        using BlobIdSet saved = new();
        Dictionary<StorageKey, int> counts = [];
        foreach (bool deltas in (ReadOnlySpan<bool>)[false, true])
        {
            foreach ((StoredObject pack, _) in damaged)
            {
                if (directories.TryGetValue(pack.Key, out IndexedPack? known))
                    counts[pack.Key] = counts.GetValueOrDefault(pack.Key) + Save(known, deltas);
            }
        }

        return [.. damaged.Select(one => Describe(one, directories.GetValueOrDefault(one.Pack.Key), counts.GetValueOrDefault(one.Pack.Key), usable, saved))];

        int Save(IndexedPack pack, bool deltas)
        {
            IReadOnlyList<BlobRecord> here = repacker.Salvage(pack, deltas, IsWanted, _cancel);
            foreach (BlobRecord blob in here)
                saved.Add(blob.Id);
            return here.Count;
        }

        // A plain copy is saved even where the blob is there as a delta: others may have it as base.
        bool IsWanted(in BlobRecord blob, DeltaRecord? delta) => delta is not { Base: var prefix }
            ? !usable.ContainsPlain(blob.Id) && !saved.Contains(blob.Id)
            : !usable.Contains(blob.Id) && !saved.Contains(blob.Id) && (usable.ContainsPlain(prefix) || saved.Contains(prefix));
    }

    private static RepairedPack Describe((StoredObject Pack, string Damage) one, IndexedPack? known, int written, BlobIndex usable, BlobIdSet saved)
    {
        BlobRecord[] blobs = known?.Directory.Blobs.ToArray() ?? [];
        int lost = blobs.Count(blob => !usable.Contains(blob.Id) && !saved.Contains(blob.Id));
        return new RepairedPack(one.Pack.Key, one.Damage, blobs.Length, written, blobs.Length - written - lost, lost);
    }

    private PackRepairReport TakeOut(IReadOnlyList<StorageKey> packs, PackRepairReport report)
    {
        List<PackName> names = [];
        foreach (StorageKey key in packs)
        {
            if (key.TryParsePack(out SessionId session, out ObjectHash hash))
                names.Add(new PackName(session, hash));
        }

        while (true)
        {
            // Settled by one listing: a plan that a prune publishes after it takes the number, and so is not passed over.
            GarbageLog log = GarbageLog.List(_repository);
            int number = log.Newest + 1;
            if (log.Open != 0)
                Close(log.Open);
            if (log.Open != 0 || !Generation.TryPublish(_repository, number, names, _options, areDamaged: true))
                continue;
            Generation generation = new(_repository, number, _options);
            IReadOnlyList<WaitedFor> waiting = generation.Finish(survey: null, _cancel);
            return report with { PacksRemoved = generation.PacksDeleted, Waiting = waiting };
        }
    }

    // Where damage keeps anybody from telling what its plan may delete, it deletes nothing.
    private void Close(int open)
    {
        Generation generation = new(_repository, open, _options);
        try
        {
            if (generation.Finish(survey: null, _cancel).Count == 0)
                return;
        }
        catch (SnapstoreException e) when (e is CorruptDataException or ObjectMissingException)
        {
        }

        generation.Abandon();
        _ = generation.Finish(survey: null, _cancel);
    }
}
