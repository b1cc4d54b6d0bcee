using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Writes index objects anew where they name packs that are gone, or are many and small. New ones are durable before
/// old ones go; readers that meet the change list again.</summary>
internal sealed class IndexCompaction(Repository repository)
{
    private const int SmallSize = 256 << 10;
    private const int SmallOnesMax = 16;
    private const int ObjectsAhead = 2;

    private readonly SessionId _session = SessionId.NewRandom();
    private readonly List<IndexedPack> _group = [];
    private readonly HashSet<StorageKey> _written = [];
    private long _groupSize;
    private int _number;

    /// <summary>Index objects removed.</summary>
    public int Replaced { get; private set; }

    /// <summary>Bytes of index objects written.</summary>
    public long BytesWritten { get; private set; }

    /// <summary>Compacts what is worth it.</summary>
    public void Run(CancellationToken cancel)
    {
        HashSet<StorageKey> condemned = [];
        IReadOnlyList<StoredObject> indexObjects = [];
        Requests.All(repository.Storage, () => condemned = GarbageLog.List(repository).Condemned(), () => indexObjects = PackCatalog.ListIndex(repository));
        PackCatalog catalog = PackCatalog.List(repository, condemned, indexObjects);
        List<(StoredObject Object, List<IndexedPack> Packs)> small = [];
        List<StorageKey> replaced = [];

        // What is locked would stay beside what is written for it, and be taken again by the next run.
        IReadOnlyDictionary<StorageKey, DateTimeOffset> locked = repository.FindLocked(indexObjects.Select(found => found.Key));
        IEnumerable<StoredObject> candidates = catalog.IndexObjects.Where(found => !locked.ContainsKey(found.Key));
        foreach ((StoredObject found, List<IndexedPack>? packs) in Requests.InOrder(repository.Storage, candidates, found => (found, TryRead(found.Key)), ObjectsAhead))
        {
            cancel.ThrowIfCancellationRequested();
            if (packs is null)
                continue;
            bool isStale = packs.Exists(pack => !IsListed(catalog, pack));
            if (!isStale && found.Size < SmallSize)
                small.Add((found, packs));
            if (isStale)
                Take(found.Key, packs);
        }

        if (small.Count > SmallOnesMax)
            small.ForEach(one => Take(one.Object.Key, one.Packs));
        Write();
        DeleteAll(replaced);

        void Take(StorageKey key, List<IndexedPack> packs)
        {
            replaced.Add(key);
            foreach (IndexedPack pack in packs.Where(pack => IsListed(catalog, pack)))
                Add(pack);
        }
    }

    /// <summary>Writes the index anew from the packs themselves, whatever the old one says.</summary>
    /// <returns>Packs whose directories do not open, and why; what the old index knows of them is taken over.</returns>
    public IReadOnlyList<string> Rebuild(Action<int> progress, CancellationToken cancel)
    {
        List<string> problems = [];
        HashSet<StorageKey> unreadable = [];
        PackCatalog catalog = PackCatalog.List(repository, GarbageLog.List(repository).Condemned());
        foreach ((StorageKey key, long size) in catalog.Listed)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                Add(PackReader.ReadDirectory(repository, key, size));
                progress(1);
            }
            catch (Exception e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
            {
                problems.Add(e.Message);
                unreadable.Add(key);
            }
        }

        // What the old index knows of a pack that cannot speak for itself may be all there is.
        foreach (IndexedPack pack in catalog.Read().Where(pack => unreadable.Contains(StorageKey.Pack(pack.Session, pack.Hash))))
            Add(pack);
        Write();
        DeleteAll([.. catalog.IndexObjects.Select(found => found.Key)]);
        return problems;
    }

    private void DeleteAll(List<StorageKey> replaced)
    {
        int removed = 0;
        Requests.ForEach(repository.Storage, replaced, key =>
        {
            if (repository.TryDelete(key))
                Interlocked.Increment(ref removed);
        });
        Replaced += removed;
    }

    private static bool IsListed(PackCatalog catalog, IndexedPack pack) =>
        catalog.Listed.TryGetValue(StorageKey.Pack(pack.Session, pack.Hash), out long size) && size == pack.Size;

    private void Add(IndexedPack pack)
    {
        if (!_written.Add(StorageKey.Pack(pack.Session, pack.Hash)))
            return;
        _group.Add(pack);
        _groupSize += pack.Directory.Blobs.Length * (long)(BlobId.Size + 3);
        if (_groupSize >= Limits.IndexObjectSizeTarget)
            Write();
    }

    private void Write()
    {
        if (_group.Count == 0)
            return;
        byte[] record = IndexObject.Encode(_group);
        StorageKey key = StorageKey.Index(_session, _number);
        if (!repository.Put(key, SealKind.Index, record, _session, _number))
            throw new StorageException($"{key} exists although its name is new; is another program writing there?");
        BytesWritten += record.Length;
        _number++;
        _group.Clear();
        _groupSize = 0;
    }

    private List<IndexedPack>? TryRead(StorageKey key)
    {
        try
        {
            return key.TryParseNumbered(StorageKey.IndexPrefix, out SessionId session, out int number)
                ? IndexObject.Decode(repository.Open(key, SealKind.Index, session, number), key.Name)
                : null;
        }
        catch (Exception e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
        {
            return null;
        }
    }
}
