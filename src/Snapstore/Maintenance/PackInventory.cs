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
internal sealed record KnownPack(
    StorageKey Key, SessionId Session, ObjectHash Hash, long Size, PackKind Kind, ObjectHash DirectoryHash, PackDirectory? Nodes);

/// <summary>Which packs there are and what index objects say of them: what <see cref="IndexLoader"/> does for readers,
/// with every disagreement named.</summary>
internal sealed class PackInventory(Repository repository, FindingList findings)
{
    private readonly Dictionary<StorageKey, KnownPack> _known = [];
    private readonly List<IndexedPack> _usable = [];
    private readonly Dictionary<StorageKey, IndexedPack> _missing = [];
    private readonly ByteWriter _record = new(64 << 10);

    /// <summary>The packs whose blobs can be looked for; in the order of the index.</summary>
    public List<KnownPack> Packs { get; } = [];

    /// <summary>Index objects whose bytes are bad or out of reach name packs that nobody can say are missing.</summary>
    public bool IsIndexWhole { get; private set; } = true;

    /// <summary>Packs that an index object names and that are not there.</summary>
    public IEnumerable<StorageKey> MissingPacks => _missing.Keys;

    /// <summary>Reads every index object that was listed, and the directories of packs that none of them names.</summary>
    /// <param name="indexObjects">Listed before the packs, for an index object names only packs that were durable before it.</param>
    /// <param name="packs">Packs by name, with their sizes.</param>
    /// <param name="cancel">Stops it.</param>
    public BlobPlaces Load(IEnumerable<StoredObject> indexObjects, Dictionary<StorageKey, long> packs, CancellationToken cancel)
    {
        foreach (StoredObject found in indexObjects)
        {
            cancel.ThrowIfCancellationRequested();
            foreach (IndexedPack pack in ReadIndexObject(found.Key))
                Take(pack, found.Key, packs);
        }

        ReadUnindexed(packs, cancel);
        BlobIndex index = new();
        index.Add(_usable);
        _usable.Clear();
        BlobIndex missing = new();
        missing.Add([.. _missing.Values]);
        return new BlobPlaces(index, missing);
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
        catch (SnapstoreException e)
        {
            IsIndexWhole = false;
            findings.AddFailure(key.Name, e, "nothing is lost by that: the packs it names were read themselves");
            return [];
        }
    }

    private void Take(IndexedPack pack, StorageKey index, Dictionary<StorageKey, long> listed)
    {
        StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
        if (_known.TryGetValue(key, out KnownPack? known))
        {
            if (known.Size != pack.Size || known.DirectoryHash != HashOf(pack.Directory, _record))
                findings.Add(FindingKind.Damage, index.Name, $"describes {key} otherwise than another index object does");
            return;
        }

        if (_missing.ContainsKey(key))
            return;
        if (!listed.TryGetValue(key, out long size))
        {
            _missing.Add(key, pack);
        }
        else if (size != pack.Size)
        {
            _missing.Add(key, pack);
            findings.Add(FindingKind.Damage, key.Name, $"is {size} bytes long and should be {pack.Size}: it is truncated or overwritten");
        }
        else
        {
            Keep(key, pack);
        }
    }

    private void ReadUnindexed(Dictionary<StorageKey, long> listed, CancellationToken cancel)
    {
        List<StorageKey> unindexed = [];
        foreach ((StorageKey key, long size) in listed)
        {
            cancel.ThrowIfCancellationRequested();
            if (_known.ContainsKey(key) || _missing.ContainsKey(key))
                continue;
            try
            {
                Keep(key, Patient.Read(() => PackReader.ReadDirectory(repository, key, size)));
                unindexed.Add(key);
            }
            catch (SnapstoreException e)
            {
                findings.AddFailure(key.Name, e, "no index object names it, so nothing in it can be found");
            }
        }

        if (unindexed.Count > 0)
            findings.Add(FindingKind.Note, StorageKey.PacksPrefix, $"{unindexed.Count} packs are named by no index object and were read themselves, {unindexed[0]} among them: a writer is at work, or one was interrupted");
    }

    private void Keep(StorageKey key, IndexedPack pack)
    {
        KnownPack known = new(
            key, pack.Session, pack.Hash, pack.Size, pack.Kind, HashOf(pack.Directory, _record), pack.Kind == PackKind.Meta ? pack.Directory : null);
        _known.Add(key, known);
        Packs.Add(known);
        _usable.Add(pack);
    }
}
