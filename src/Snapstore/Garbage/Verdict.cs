using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Decides what of a plan may be deleted, after every session that could rely on it has ended
/// (spec/protocols/garbage.md, P5): nothing that holds the last usable copy of a blob that a snapshot needs.</summary>
internal sealed class Verdict(Repository repository, CancellationToken cancel)
{
    /// <summary>The packs of the plan that may go, sorted.</summary>
    /// <exception cref="CorruptDataException">What a snapshot needs cannot be told.</exception>
    public IReadOnlyList<PackName> Decide(IReadOnlyList<PackName> plan, Survey? survey)
    {
        // All packs are looked at, condemned or not: a tree may lie in a condemned one.
        using Survey? own = survey is null ? Survey.Empty(repository) : null;
        Survey current = survey ?? own!;
        HashSet<StorageKey> condemned = [];
        Requests.All(repository.Storage, () => current.Update(repository.Reload, cancel), () => condemned = GarbageLog.List(repository).Condemned());
        PackCatalog all = current.Catalog;
        Dictionary<StorageKey, PackName> planned = plan.ToDictionary(pack => StorageKey.Pack(pack.Session, pack.Hash));

        // The plan's own packs by name: where another prune's verdict stands already, they no longer count as condemned,
        // and none of them may pass for the copy that survives (spec/protocols/garbage-model.md, CopyNotCondemned).
        condemned.UnionWith(planned.Keys);
        using BlobIdSet atRisk = AtRisk(all, planned, current.Live);
        using SafeCopies safe = new(current.Live, atRisk);
        safe.Find(() => all.Read().Where(pack => !condemned.Contains(KeyOf(pack))), repository.Index.DeltaCount > 0, cancel);
        return [.. plan.Where(pack => !all.Listed.ContainsKey(StorageKey.Pack(pack.Session, pack.Hash)))
            .Concat(Deletable(all, planned, safe)).Order()];
    }

    private static StorageKey KeyOf(IndexedPack pack) => StorageKey.Pack(pack.Session, pack.Hash);

    private static BlobIdSet AtRisk(PackCatalog all, Dictionary<StorageKey, PackName> planned, LiveBlobs live)
    {
        BlobIdSet atRisk = new(RecordTableLimits.Small);
        foreach (BlobRecord blob in Planned(all, planned).SelectMany(pack => pack.Directory.Blobs.ToArray()))
        {
            if (live.Contains(blob.Id) || live.IsBase(blob.Id))
                atRisk.Add(blob.Id);
        }

        return atRisk;
    }

    // A pack that has to stay is a copy for those after it. One whose directory does not open stays: nobody knows what it holds.
    private static IEnumerable<PackName> Deletable(PackCatalog all, Dictionary<StorageKey, PackName> planned, SafeCopies safe)
    {
        foreach (IndexedPack pack in Planned(all, planned))
        {
            if (safe.CoverAllOf(pack))
                yield return new PackName(pack.Session, pack.Hash);
            else
                safe.Add(pack);
        }
    }

    private static IEnumerable<IndexedPack> Planned(PackCatalog all, Dictionary<StorageKey, PackName> planned) =>
        all.Read().Where(pack => planned.ContainsKey(KeyOf(pack)));
}
