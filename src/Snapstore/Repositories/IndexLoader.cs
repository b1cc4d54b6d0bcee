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

    /// <summary>The index over all packs that are listed. A damaged index object is no loss: its packs are read themselves.</summary>
    public LoadedIndex LoadAll()
    {
        // Index objects are listed before packs: what an index names was durable before it, so it is listed too.
        List<StoredObject> objects = [.. repository.Storage.List(StorageKey.IndexPrefix)];
        Dictionary<StorageKey, long> listed = ListPacks();
        List<IndexedPack> packs = [];
        HashSet<StorageKey> known = [];
        List<StorageKey> missing = [];
        foreach (IndexedPack pack in objects.SelectMany(ReadObject))
        {
            StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
            if (!known.Add(key))
                continue;
            if (listed.TryGetValue(key, out long size) && size == pack.Size)
                packs.Add(pack);
            else
                missing.Add(key);
        }

        List<IndexedPack> unindexed = ReadUnindexed(listed.Where(pack => !known.Contains(pack.Key)));
        BlobIndex index = new();
        index.Add([.. packs, .. unindexed]);
        return new LoadedIndex(index, unindexed, missing, _problems);
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

    private List<IndexedPack> ReadUnindexed(IEnumerable<KeyValuePair<StorageKey, long>> packs)
    {
        List<IndexedPack> read = [];
        foreach ((StorageKey key, long size) in packs)
        {
            try
            {
                read.Add(PackReader.ReadDirectory(repository, key, size));
            }
            catch (Exception e) when (IsNoLoss(e))
            {
                _problems.Add(e.Message);
            }
        }

        return read;
    }
}
