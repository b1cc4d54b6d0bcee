using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>An opened repository: storage, config and keys joined; the one door for the layers above.</summary>
/// <remarks>Owns its storage and keys. The index is loaded when it is first asked for.</remarks>
public sealed class Repository : IDisposable
{
    private Lazy<LoadedIndex> _loaded;

    internal Repository(IStorage storage, RepositoryConfig config, KeyRing keys, KeySlot slot, RepositoryLock? locks = null)
    {
        Lock = locks;
        Storage = storage;
        Config = config;
        Keys = keys;
        Slot = slot;
        _loaded = new Lazy<LoadedIndex>(() => IndexLoader.LoadAll(this));
        OtherCopies = new OtherCopies(this);
    }

    /// <summary>Where its objects lie.</summary>
    public IStorage Storage { get; }

    /// <summary>What it is.</summary>
    public RepositoryConfig Config { get; }

    /// <summary>The keys that the secret opened.</summary>
    public KeyRing Keys { get; }

    /// <summary>The slot that the secret opened.</summary>
    public KeySlot Slot { get; }

    /// <summary>The repository's random id.</summary>
    public SessionId Id => Config.Repository;

    /// <summary>Where every blob lies.</summary>
    public BlobIndex Index => Loaded.Index;

    /// <summary>The index, and what was found while it was loaded.</summary>
    public LoadedIndex Loaded => _loaded.Value;

    /// <summary>Where readers turn when a pack fails them.</summary>
    public OtherCopies OtherCopies { get; }

    /// <summary>What keeps its objects locked; null where they are not, or the storage cannot.</summary>
    public RepositoryLock? Lock { get; }

    /// <summary>Keeps here what was fetched of a repository far away; null for none. Set before anything is read.</summary>
    /// <remarks>Those who look for damage have none: they must see what is stored.</remarks>
    public LocalCache? Cache { get; set; }

    /// <summary>Loads the index as a session must see it: after it registered, read anew, without what is condemned
    /// (spec/protocols/garbage.md, W2 and W3). What <see cref="Loaded"/> gave before is no longer valid.</summary>
    public LoadedIndex LoadForSession() => LoadForSession([]);

    /// <summary>The same without these packs, on which it must not rely either.</summary>
    public LoadedIndex LoadForSession(IEnumerable<StorageKey> unusable)
    {
        HashSet<StorageKey> condemned = [];
        IReadOnlyList<StoredObject> indexObjects = [];
        Requests.All(Storage, () => condemned = GarbageLog.List(this).Condemned(), () => indexObjects = PackCatalog.ListIndex(this));
        condemned.UnionWith(unusable);
        return Renew(() => IndexLoader.LoadAll(this, condemned, indexObjects));
    }

    /// <summary>Loads the index anew: packs that it knew may be gone.</summary>
    public LoadedIndex Reload() => Renew(() => IndexLoader.LoadAll(this));

    /// <summary>Reads a whole object.</summary>
    /// <exception cref="ObjectMissingException">There is none.</exception>
    public static byte[] ReadWhole(IStorage storage, StorageKey key) =>
        storage.TryReadWhole(key, Limits.ObjectSizeMax) ?? throw new ObjectMissingException(key, storage.Location);

    /// <summary>Opens a sealed object.</summary>
    /// <param name="key">Its name.</param>
    /// <param name="kind">Its kind.</param>
    /// <param name="owner">The session in its name.</param>
    /// <param name="number">The number in its name; 0 where there is none.</param>
    public byte[] Open(StorageKey key, SealKind kind, SessionId owner, int number = 0) =>
        Read(key, stored => Envelope.Open(Keys, new SealContext(kind, Id, owner, number), stored, key.Name));

    /// <summary>Reads and opens a whole object; from the cache where it is there. Only what opens is kept there.</summary>
    /// <exception cref="ObjectMissingException">There is none.</exception>
    public T Read<T>(StorageKey key, Func<byte[], T> open)
    {
        LocalCache? cache = StorageKey.IsKeptInCaches(key) ? Cache : null;
        if (cache?.TryRead(key, LocalCache.Whole) is { } kept)
            return open(kept);
        byte[] fetched = ReadWhole(Storage, key);
        T opened = open(fetched);
        cache?.Keep(key, LocalCache.Whole, fetched);
        return opened;
    }

    /// <summary>Seals a record and stores it; false where the name exists already.</summary>
    public bool Put(StorageKey key, SealKind kind, ReadOnlySpan<byte> record, SessionId owner, int number = 0)
    {
        byte[] stored = Envelope.Seal(Keys, new SealContext(kind, Id, owner, number), record);
        bool isPut = Storage.PutIfAbsent(key, stored);

        // The next run needs what this one wrote.
        if (isPut && StorageKey.IsKeptInCaches(key))
            Cache?.Keep(key, LocalCache.Whole, stored);
        return isPut;
    }

    /// <summary>Makes sure that this program may write, and keep the promises that writers make here.</summary>
    /// <exception cref="UnsupportedException">It may not, or the storage cannot lock what has to be locked.</exception>
    public void CheckWritable()
    {
        Config.CheckWritable();
        if (Config.ObjectLock.Length > 0 && Lock is null)
            throw new UnsupportedException($"the repository locks its objects ({Config.ObjectLock}), and {Storage.Location} cannot: it can be read there, and copied into another repository (copy --to)");
    }

    /// <summary>Removes an object; false where it is locked.</summary>
    public bool TryDelete(StorageKey key)
    {
        if (Lock is not null)
            return Lock.TryDelete(key);
        Storage.Delete(key);
        return true;
    }

    /// <summary>Those of these objects that are locked now, and until when.</summary>
    public IReadOnlyDictionary<StorageKey, DateTimeOffset> FindLocked(IEnumerable<StorageKey> keys) =>
        Lock?.FindLocked(keys) ?? new Dictionary<StorageKey, DateTimeOffset>();

    /// <summary>The BLAKE3 hash of an object's stored bytes.</summary>
    public static ObjectHash HashOf(ReadOnlySpan<byte> stored)
    {
        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        Blake3.Hash(stored, hash);
        return new ObjectHash(hash);
    }

    // The old index goes first: two at a time would take twice the memory.
    private LoadedIndex Renew(Func<LoadedIndex> load)
    {
        if (_loaded.IsValueCreated)
        {
            Lock?.Need(Index.PacksMet);
            Index.Dispose();
        }

        _loaded = new Lazy<LoadedIndex>(load);
        return Loaded;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_loaded.IsValueCreated)
            Index.Dispose();
        OtherCopies.Dispose();
        Cache?.Dispose();
        Keys.Dispose();
        Storage.Dispose();
    }
}
