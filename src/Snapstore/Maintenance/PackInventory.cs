using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>A pack that is listed and whose directory is known.</summary>
/// <param name="Key">Its name.</param>
/// <param name="Session">The session that wrote it.</param>
/// <param name="Hash">The hash in its name.</param>
/// <param name="Size">Its size in bytes.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="DirectoryHash">Hash of its directory record, as the index (or, where that does not name it, the pack) gives it.</param>
/// <param name="Nodes">Its directory, for meta packs; directories of data packs are not kept.</param>
/// <param name="HasDeltas">True where bases in other packs are needed to verify it.</param>
internal sealed record KnownPack(
    StorageKey Key, SessionId Session, ObjectHash Hash, long Size, PackKind Kind, ObjectHash DirectoryHash, PackDirectory? Nodes, bool HasDeltas);

/// <summary>Which packs there are and what index objects say of them: what <see cref="IndexLoader"/> does for readers,
/// with every disagreement named.</summary>
internal sealed class PackInventory(Repository repository, FindingList findings)
{
    // An index object takes up to some tens of MiB decoded, a directory 1 MiB.
    private const int DirectoriesAhead = 16;

    private readonly Dictionary<StorageKey, KnownPack> _known = [];
    private readonly Dictionary<StorageKey, IndexedPack> _missing = [];
    private readonly ByteWriter _record = new(64 << 10);

    /// <summary>The packs whose blobs can be looked for; in the order of the index.</summary>
    public List<KnownPack> Packs { get; } = [];

    /// <summary>Packs that an index object names and that are not there.</summary>
    public IEnumerable<StorageKey> MissingPacks => _missing.Keys;

    /// <summary>Reads every index object that was listed, and the directories of packs that none of them names.</summary>
    /// <param name="indexObjects">Listed before the packs, for an index object names only packs that were durable before it.</param>
    /// <param name="packs">Packs by name, with their sizes.</param>
    /// <param name="cancel">Stops it.</param>
    public BlobPlaces Load(IEnumerable<StoredObject> indexObjects, Dictionary<StorageKey, long> packs, CancellationToken cancel)
    {
        BlobIndex index = BlobIndex.Build(Usable(indexObjects, packs, cancel));
        return new BlobPlaces(index, BlobIndex.Build(_missing.Values));
    }

    /// <summary>The directory of a pack as an index object gives it; null where none does.</summary>
    /// <remarks>Reads the index again: for the few packs whose own directory is damaged.</remarks>
    public PackDirectory? FindDirectory(StorageKey pack)
    {
        foreach (StoredObject found in repository.Storage.List(StorageKey.IndexPrefix))
        {
            if (ReadIndexObject(found.Key).Find(p => StorageKey.Pack(p.Session, p.Hash) == pack) is { } indexed)
                return indexed.Directory;
        }

        return null;
    }

    /// <summary>Hash of a directory's record: directories are compared without keeping them.</summary>
    public static ObjectHash HashOf(PackDirectory directory, ByteWriter record)
    {
        record.Clear();
        directory.Encode(record);
        return Repository.HashOf(record.Written);
    }

    private List<IndexedPack> ReadIndexObject(StorageKey key)
    {
        if (!key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number))
            return [];
        try
        {
            return Patient.Read(() => IndexObject.Decode(repository.Open(key, SealKind.Index, session, number), key.Name));
        }
        catch (ObjectMissingException)
        {
            findings.Add(FindingKind.Note, key.Name, "was listed and is gone: a prune replaced it; the packs it named were read themselves");
            return [];
        }
        catch (SnapstoreException e)
        {
            findings.AddFailure(key.Name, e, "nothing is lost by that: the packs it names were read themselves");
            return [];
        }
    }

    // One index object after another, so that no more than a few are in memory decoded.
    private IEnumerable<IndexedPack> Usable(IEnumerable<StoredObject> indexObjects, Dictionary<StorageKey, long> listed, CancellationToken cancel)
    {
        foreach ((StorageKey key, List<IndexedPack> packs) in Requests.InOrder(repository.Storage, indexObjects, found => (found.Key, ReadIndexObject(found.Key)), Requests.AheadOf(indexObjects)))
        {
            cancel.ThrowIfCancellationRequested();
            foreach (IndexedPack pack in packs.Where(pack => IsUsable(pack, key, listed)))
                yield return Keep(pack);
        }

        List<StorageKey> unindexed = [.. listed.Keys.Where(key => !_known.ContainsKey(key) && !_missing.ContainsKey(key))];
        foreach (IndexedPack? pack in Requests.InOrder(repository.Storage, unindexed, key => ReadDirectory(key, listed[key]), DirectoriesAhead))
        {
            cancel.ThrowIfCancellationRequested();
            if (pack is not null)
                yield return Keep(pack);
        }

        List<StorageKey> read = unindexed.FindAll(_known.ContainsKey);
        if (read.Count > 0)
            findings.Add(FindingKind.Note, StorageKey.PacksPrefix, $"{read.Count} packs are named by no index object and were read themselves, {read[0]} among them: a writer is at work, or one was interrupted");
    }

    private bool IsUsable(IndexedPack pack, StorageKey index, Dictionary<StorageKey, long> listed)
    {
        StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
        if (_known.TryGetValue(key, out KnownPack? known))
        {
            if (known.Size != pack.Size || known.DirectoryHash != HashOf(pack.Directory, _record))
                findings.Add(FindingKind.Damage, index.Name, $"describes {key} otherwise than another index object does");
            return false;
        }

        if (_missing.ContainsKey(key))
            return false;
        bool isListed = listed.TryGetValue(key, out long size);
        if (isListed && size == pack.Size)
            return true;
        _missing.Add(key, pack);
        if (isListed)
            findings.Add(FindingKind.Damage, key.Name, $"is {size} bytes long and should be {pack.Size}: it is truncated or overwritten");
        return false;
    }

    private IndexedPack? ReadDirectory(StorageKey key, long size)
    {
        try
        {
            return Patient.Read(() => PackReader.ReadDirectory(repository, key, size));
        }
        catch (SnapstoreException e)
        {
            findings.AddFailure(key.Name, e, "no index object names it, so nothing in it can be found");
            return null;
        }
    }

    private IndexedPack Keep(IndexedPack pack)
    {
        StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
        KnownPack known = new(
            key, pack.Session, pack.Hash, pack.Size, pack.Kind, HashOf(pack.Directory, _record), pack.Kind == PackKind.Meta ? pack.Directory : null,
            pack.Directory.HasDeltas);
        _known.Add(key, known);
        Packs.Add(known);
        return pack;
    }
}
