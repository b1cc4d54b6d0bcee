using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Finds the directories of packs that are damaged: as an index object gives them, else as the pack itself does.</summary>
public static class PackDirectories
{
    /// <summary>The directories of these packs; those that nobody tells are left out.</summary>
    public static Dictionary<StorageKey, IndexedPack> Find(Repository repository, IReadOnlySet<StorageKey> packs)
    {
        Dictionary<StorageKey, IndexedPack> found = [];
        foreach (StoredObject index in repository.Storage.List(StorageKey.IndexPrefix))
        {
            foreach (IndexedPack pack in ReadIndex(repository, index.Key))
            {
                StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
                if (packs.Contains(key))
                    found.TryAdd(key, pack);
            }
        }

        foreach (StorageKey key in packs.Where(key => !found.ContainsKey(key)))
        {
            if (repository.Storage.SizeOf(key) is { } size && Attempt(() => PackReader.ReadDirectory(repository, key, size)) is { } pack)
                found.Add(key, pack);
        }

        return found;
    }

    private static List<IndexedPack> ReadIndex(Repository repository, StorageKey key) =>
        key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number)
            ? Attempt(() => IndexObject.Decode(repository.Open(key, SealKind.Index, session, number), key.Name)) ?? []
            : [];

    private static T? Attempt<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
        {
            return null;
        }
    }
}
