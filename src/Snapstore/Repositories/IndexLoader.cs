using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>What was found while the index was loaded.</summary>
/// <param name="Index">Every blob of every pack that is listed.</param>
/// <param name="Unindexed">Packs that no index object named: their own directories were read.</param>
/// <param name="MissingPacks">Packs that index objects name and the storage does not list; their blobs are not in the index.</param>
/// <param name="Problems">Index objects and packs that could not be read, and why.</param>
public sealed record LoadedIndex(
    BlobIndex Index, IReadOnlyList<IndexedPack> Unindexed, IReadOnlyList<StorageKey> MissingPacks, IReadOnlyList<string> Problems);

/// <summary>Lists, fetches and merges index objects (spec/formats/index.md): usable is what is listed now.</summary>
public sealed class IndexLoader(Repository repository)
{
    private readonly List<string> _problems = [];
    private readonly List<StorageKey> _missing = [];
    private readonly List<IndexedPack> _unindexed = [];

    /// <summary>The index over all packs that are listed. A damaged index object is no loss: its packs are read themselves.</summary>
    public LoadedIndex LoadAll()
    {
        // Index objects are listed before packs: what an index names was durable before it, so it is listed too.
        List<StoredObject> objects = [.. repository.Storage.List(StorageKey.IndexPrefix)];
        Dictionary<StorageKey, long> listed = ListPacks();
        BlobIndex index = BlobIndex.Build(Usable(objects, listed));
        return new LoadedIndex(index, _unindexed, _missing, _problems);
    }

    // One index object after another, so that no more than one is in memory decoded.
    private IEnumerable<IndexedPack> Usable(List<StoredObject> objects, Dictionary<StorageKey, long> listed)
    {
        HashSet<StorageKey> known = [];
        foreach (IndexedPack pack in objects.SelectMany(ReadObject))
        {
            StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
            if (!known.Add(key))
                continue;
            if (listed.TryGetValue(key, out long size) && size == pack.Size)
                yield return pack;
            else
                _missing.Add(key);
        }

        foreach (IndexedPack pack in ReadUnindexed(listed.Where(pack => !known.Contains(pack.Key))))
        {
            _unindexed.Add(pack);
            yield return pack;
        }
    }

    private Dictionary<StorageKey, long> ListPacks()
    {
        Dictionary<StorageKey, long> listed = [];
        foreach (StoredObject pack in repository.Storage.List(StorageKey.PacksPrefix))
        {
            if (pack.Key.TryParsePack(out _, out _))
                listed[pack.Key] = pack.Size;
        }

        return listed;
    }

    private List<IndexedPack> ReadObject(StoredObject found)
    {
        if (!found.Key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number))
            return [];
        try
        {
            return IndexObject.Decode(repository.Open(found.Key, SealKind.Index, session, number), found.Key.Name);
        }
        catch (Exception e) when (IsNoLoss(e))
        {
            _problems.Add(e.Message);
            return [];
        }
    }

    // A flipped bit may look like a later version: one such object must not close the whole repository.
    private static bool IsNoLoss(Exception e) => e is CorruptDataException or ObjectMissingException or UnsupportedException;

    private IEnumerable<IndexedPack> ReadUnindexed(IEnumerable<KeyValuePair<StorageKey, long>> packs)
    {
        foreach ((StorageKey key, long size) in packs)
        {
            IndexedPack? pack = null;
            try
            {
                pack = PackReader.ReadDirectory(repository, key, size);
            }
            catch (Exception e) when (IsNoLoss(e))
            {
                _problems.Add(e.Message);
            }

            if (pack is not null)
                yield return pack;
        }
    }
}
