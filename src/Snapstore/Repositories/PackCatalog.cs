using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>The packs that are listed, and their directories, read from index objects one after the other: no more than one
/// is in memory decoded. A damaged index object is no loss: its packs are read themselves.</summary>
public sealed class PackCatalog
{
    // An index object takes up to some tens of MiB decoded, a directory 1 MiB.
    private const int DirectoriesAhead = 16;

    private readonly Repository _repository;
    private readonly IReadOnlySet<StorageKey> _condemned;
    private readonly List<string> _problems = [];
    private readonly List<StorageKey> _missing = [];
    private readonly List<StorageKey> _unindexed = [];

    private PackCatalog(Repository repository, IReadOnlyList<StoredObject> indexObjects, IReadOnlySet<StorageKey> condemned)
    {
        _repository = repository;
        _condemned = condemned;
        IndexObjects = indexObjects;
        Dictionary<StorageKey, long> listed = [];
        foreach (StoredObject pack in repository.Storage.List(StorageKey.PacksPrefix))
        {
            if (pack.Key.TryParsePack(out _, out _) && !condemned.Contains(pack.Key))
                listed[pack.Key] = pack.Size;
        }

        Listed = listed;
    }

    /// <summary>The packs that are listed and not condemned, with their sizes.</summary>
    public IReadOnlyDictionary<StorageKey, long> Listed { get; }

    /// <summary>The index objects that are listed.</summary>
    public IReadOnlyList<StoredObject> IndexObjects { get; }

    /// <summary>Of the last reading: packs that index objects name and the storage does not list.</summary>
    public IReadOnlyList<StorageKey> Missing => _missing;

    /// <summary>Of the last reading: packs that no index object names; their own directories were read.</summary>
    public IReadOnlyList<StorageKey> Unindexed => _unindexed;

    /// <summary>Of the last reading: index objects and packs that could not be read, and why.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Of the last reading: true where something that was listed was gone, as when a prune replaced it.</summary>
    public bool HasVanished { get; private set; }

    /// <summary>Lists packs and index objects.</summary>
    /// <param name="repository">Whose.</param>
    /// <param name="condemned">Packs that are taken as not there.</param>
    /// <param name="indexObjects">The index objects, where they were listed just before.</param>
    public static PackCatalog List(Repository repository, IReadOnlySet<StorageKey>? condemned = null, IReadOnlyList<StoredObject>? indexObjects = null) =>
        new(repository, indexObjects ?? ListIndex(repository), condemned ?? new HashSet<StorageKey>());

    /// <summary>Lists index objects. That comes before packs are listed: what an index names was durable before it, so it is listed too.</summary>
    public static IReadOnlyList<StoredObject> ListIndex(Repository repository) => [.. repository.Storage.List(StorageKey.IndexPrefix)];

    /// <summary>Reads the directory of every pack, each once.</summary>
    public IEnumerable<IndexedPack> Read()
    {
        _problems.Clear();
        _missing.Clear();
        _unindexed.Clear();
        HasVanished = false;
        HashSet<StorageKey> known = [];
        foreach (IndexedPack pack in ReadObjects())
        {
            StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
            if (!known.Add(key))
                continue;
            if (Listed.TryGetValue(key, out long size) && size == pack.Size)
                yield return pack;
            else if (!_condemned.Contains(key))
                _missing.Add(key);
        }

        foreach (Attempted<IndexedPack> attempted in Requests.InOrder(
            _repository.Storage, Listed.Where(listed => !known.Contains(listed.Key)), listed => Attempt(() => PackReader.ReadDirectory(_repository, listed.Key, listed.Value)), DirectoriesAhead))
        {
            if (Note(attempted) is not { } pack)
                continue;
            _unindexed.Add(StorageKey.Pack(pack.Session, pack.Hash));
            yield return pack;
        }
    }

    // No more than a few are decoded at a time.
    private IEnumerable<IndexedPack> ReadObjects() =>
        Requests.InOrder(_repository.Storage, IndexObjects, ReadObject, Requests.AheadOf(IndexObjects)).SelectMany(attempted => Note(attempted) ?? []);

    private Attempted<IReadOnlyList<IndexedPack>> ReadObject(StoredObject found) => found.Key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number)
        ? Attempt<IReadOnlyList<IndexedPack>>(() => IndexObject.Decode(_repository.Open(found.Key, SealKind.Index, session, number), found.Key.Name))
        : new([], null);

    // A flipped bit may look like a later version: one such object must not close the whole repository.
    private static Attempted<T> Attempt<T>(Func<T> read)
        where T : class
    {
        try
        {
            return new(read(), null);
        }
        catch (Exception e) when (e is CorruptDataException or ObjectMissingException or UnsupportedException)
        {
            return new(null, e);
        }
    }

    private T? Note<T>(Attempted<T> attempted)
        where T : class
    {
        if (attempted.Failure is { } failure)
        {
            HasVanished |= failure is ObjectMissingException;
            _problems.Add(failure.Message);
        }

        return attempted.Result;
    }

    private readonly record struct Attempted<T>(T? Result, Exception? Failure)
        where T : class;
}
