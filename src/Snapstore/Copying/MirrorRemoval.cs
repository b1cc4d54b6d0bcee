using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>Tells what was removed at the source from what was lost there, which the mirror is the way back for
/// (spec/protocols/mirror.md, "Append-only and --exact").</summary>
/// <remarks>Looked at after all was listed: what a prune removes meanwhile is known as removed.</remarks>
internal sealed class MirrorRemoval(Repository source)
{
    private readonly HashSet<StorageKey> _pruned = GarbageLog.List(source).Deleted();
    private readonly HashSet<SessionId> _retired = SessionRegister.ListIds(source.Storage, StorageKey.RetiredPrefix);
    private readonly HashSet<StorageKey> _quarantined = [.. source.Storage.List(StorageKey.QuarantinePrefix).Select(found => found.Key)];

    /// <summary>Whether this pack may go: a prune or a repair removed it, and no damaged copy of it is kept.</summary>
    public bool IsPruned(StorageKey pack) => _pruned.Contains(pack) && !_quarantined.Contains(StorageKey.Quarantine(pack));

    /// <summary>What is in the mirror and not at the source, and nothing says that anybody removed it.</summary>
    public IEnumerable<string> FindLost(MirrorListing mirror, MirrorListing wanted)
    {
        foreach (StorageKey key in Missing(mirror.Snapshots, wanted.Snapshots).Where(key => !key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) || !_retired.Contains(id)))
            yield return $"{key} is in the mirror and not at the source, where nobody forgot it: it was lost there. Nothing was removed; copy the object back from the mirror, or run without --exact";
        foreach (StorageKey key in Missing(mirror.Labels, wanted.Labels).Where(key => !key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId id, out _) || !_retired.Contains(id)))
            yield return $"{key} is in the mirror and not at the source, whose snapshot is not forgotten: it was lost there. Nothing was removed; copy the object back from the mirror, or run without --exact";
        foreach (StorageKey key in Missing(mirror.Packs, wanted.Packs).Where(key => !_pruned.Contains(key) && !_quarantined.Contains(StorageKey.Quarantine(key))))
            yield return $"{key} is in the mirror and not at the source, where no prune removed it: it was lost there. Nothing was removed; run: snapstore repair packs --from MIRROR";
        if (mirror.Keys.Count > 0 && wanted.Keys.Count == 0)
            yield return "the source has no key slots any more: they were lost there. Nothing was removed; copy keys/ back from the mirror";
    }

    private static IEnumerable<StorageKey> Missing(Dictionary<StorageKey, long> mirror, Dictionary<StorageKey, long> wanted) =>
        mirror.Keys.Where(key => !wanted.ContainsKey(key)).OrderBy(key => key.Name, StringComparer.Ordinal);
}
