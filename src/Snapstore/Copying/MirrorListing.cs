using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>What a storage holds of what belongs to a mirror, listed in the order that makes it one state (spec/protocols/mirror.md).</summary>
internal sealed class MirrorListing
{
    private MirrorListing(IStorage storage)
    {
        Snapshots = List(storage, StorageKey.SnapshotsPrefix);
        Labels = List(storage, StorageKey.LabelsPrefix);
        Index = List(storage, StorageKey.IndexPrefix);
        Packs = List(storage, StorageKey.PacksPrefix).Where(found => found.Key.TryParsePack(out _, out _)).ToDictionary();
        Keys = List(storage, StorageKey.KeysPrefix);
    }

    public Dictionary<StorageKey, long> Snapshots { get; private set; }

    public Dictionary<StorageKey, long> Labels { get; private set; }

    public Dictionary<StorageKey, long> Index { get; }

    public Dictionary<StorageKey, long> Packs { get; }

    public Dictionary<StorageKey, long> Keys { get; }

    /// <summary>All, in the order in which they are added: what names others comes after them.</summary>
    public IReadOnlyList<Dictionary<StorageKey, long>> Groups => [Keys, Packs, Index, Snapshots, Labels];

    public static MirrorListing Of(IStorage storage) => new(storage);

    /// <summary>Takes out what was forgotten: to be called when all packs are copied, for only what still counts then is whole.</summary>
    public void LeaveOutForgotten(IStorage storage)
    {
        HashSet<SessionId> retired = SessionRegister.ListIds(storage, StorageKey.RetiredPrefix);
        Snapshots = Snapshots.Where(found => !(found.Key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) && retired.Contains(id))).ToDictionary();
        Labels = Labels.Where(found => !(found.Key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId id, out _) && retired.Contains(id))).ToDictionary();
    }

    private static Dictionary<StorageKey, long> List(IStorage storage, string prefix) =>
        storage.List(prefix).DistinctBy(found => found.Key).ToDictionary(found => found.Key, found => found.Size);
}
