using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>The packs that are listed, and their directories, read from index objects one after the other: no more than one
/// is in memory decoded. A damaged index object is no loss: its packs are read themselves.</summary>
public sealed class PackCatalog
{
    private readonly Repository _repository;
    private readonly IReadOnlySet<StorageKey> _condemned;
    private readonly List<string> _problems = [];
    private readonly List<StorageKey> _missing = [];
    private readonly List<StorageKey> _unindexed = [];

    private PackCatalog(Repository repository, IReadOnlySet<StorageKey> condemned)
    {
        _repository = repository;
        _condemned = condemned;
        // Index objects are listed before packs: what an index names was durable before it, so it is listed too.
        IndexObjects = [.. repository.Storage.List(StorageKey.IndexPrefix)];
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
    public static PackCatalog List(Repository repository, IReadOnlySet<StorageKey>? condemned = null) =>
        new(repository, condemned ?? new HashSet<StorageKey>());

    /// <summary>Reads the directory of every pack, each once.</summary>
    public IEnumerable<IndexedPack> Read()
    {
        _problems.Clear();
        _missing.Clear();
        _unindexed.Clear();
        HasVanished = false;
        HashSet<StorageKey> known = [];
        foreach (IndexedPack pack in IndexObjects.SelectMany(ReadObject))
        {
            StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
            if (!known.Add(key))
                continue;
            if (Listed.TryGetValue(key, out long size) && size == pack.Size)
                yield return pack;
            else if (!_condemned.Contains(key))
                _missing.Add(key);
        }

        foreach ((StorageKey key, long size) in Listed)
        {
            if (known.Contains(key) || Attempt(() => PackReader.ReadDirectory(_repository, key, size)) is not { } pack)
                continue;
            _unindexed.Add(key);
            yield return pack;
        }
    }

    private IReadOnlyList<IndexedPack> ReadObject(StoredObject found) =>
        found.Key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number)
            ? Attempt(() => IndexObject.Decode(_repository.Open(found.Key, SealKind.Index, session, number), found.Key.Name)) ?? []
            : [];

    // A flipped bit may look like a later version: one such object must not close the whole repository.
    private T? Attempt<T>(Func<T> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is CorruptDataException or ObjectMissingException or UnsupportedException)
        {
            HasVanished |= e is ObjectMissingException;
            _problems.Add(e.Message);
            return null;
        }
    }
}
