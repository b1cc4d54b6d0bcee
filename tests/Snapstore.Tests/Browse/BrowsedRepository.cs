using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Browse;

/// <summary>A repository in memory, into which trees are written as a backup would write them.</summary>
internal sealed class BrowsedRepository : IDisposable
{
    private readonly SlotSecret _secret = SlotSecret.OfKeyFile(SlotSecret.NewKeyFile());
    private Repository _repository;
    private long _time = 1_700_000_000_000_000_000;

    public BrowsedRepository() => _repository = RepositoryOpener.Create(
        Storage, "cdc:65536", _secret, KdfCost.Default, new KeyLabel("", "", "", 0), "test");

    /// <summary>Its storage, which counts what is read.</summary>
    public CountingStorage Storage { get; } = new(new MemoryStorage());

    /// <summary>The repository with all that was taken.</summary>
    public Repository Repository => _repository;

    /// <summary>Stores a tree as a snapshot.</summary>
    public Snapshot Take(params TestTree[] root) => Take(blobs => Store(blobs, root).Root);

    /// <summary>Stores directories one in the other, each the only thing in its own.</summary>
    public Snapshot TakeDeep(int depth) => Take(blobs =>
    {
        TreeWriter writer = new(new NodeSplitter(_repository.Keys), blobs.PutMeta);
        BlobId tree = writer.Finish().Root;
        for (int i = 0; i < depth; i++)
        {
            writer.Add(TestTree.Directory("d").Entry with { Tree = tree });
            tree = writer.Finish().Root;
        }

        return tree;
    });

    private Snapshot Take(Func<BlobWriter, BlobId> store)
    {
        SessionId id = SessionId.NewRandom();
        BlobId tree;
        using (BlobWriter blobs = new(_repository, id, new BlobWriterOptions(CompressionLevel.Fast, 0, false), TimeProvider.System))
        {
            tree = store(blobs);
            blobs.Finish();
        }

        Manifest manifest = new() { Root = tree, Source = SourceKind.Files, TimeNanoseconds = _time += 1_000_000_000 };
        Assert.True(_repository.Put(StorageKey.Snapshot(id), SealKind.Manifest, manifest.Encode(), id));
        // Opened anew, as another program would: the index knows what was stored.
        _repository.Dispose();
        _repository = RepositoryOpener.Open(Storage, _secret);
        return SnapshotList.Read(_repository, id);
    }

    public void Dispose()
    {
        _repository.Dispose();
        _secret.Dispose();
    }

    private (BlobId Root, SubtreeTotals Below) Store(BlobWriter blobs, TestTree[] children)
    {
        TreeEntry[] entries = [.. children
            .OrderBy(child => child.Entry.Name, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))
            .Select(child => Finished(blobs, child))];
        TreeWriter writer = new(new NodeSplitter(_repository.Keys), blobs.PutMeta);
        foreach (TreeEntry entry in entries)
            writer.Add(entry);
        return writer.Finish();
    }

    private TreeEntry Finished(BlobWriter blobs, TestTree tree)
    {
        if (tree.Entry.Kind == EntryKind.Directory)
        {
            (BlobId root, SubtreeTotals below) = Store(blobs, tree.Children);
            return tree.Entry with { Tree = root, Below = below };
        }

        if (tree.Entry.Kind != EntryKind.File || tree.Entry.Size == 0)
            return tree.Entry;
        if (tree.Entry.Size <= Limits.InlineContentMax && tree.Parts.All(part => part.Bytes is not null))
            return tree.Entry with { Content = FileContent.OfInline(tree.Content()) };
        ChunkListWriter list = new(blobs.PutMeta);
        foreach (ContentPart part in tree.Parts)
        {
            if (part.Bytes is not { } bytes)
            {
                list.Add(ContentItem.Hole(part.HoleLength));
                continue;
            }

            BlobId id = _repository.Keys.DataId(bytes);
            blobs.PutData(id, bytes);
            list.Add(new ContentItem(id, bytes.Length, IsHole: false));
        }

        return tree.Entry with { Content = list.Finish() };
    }
}

/// <summary>A storage that counts what is read from it.</summary>
internal sealed class CountingStorage(IStorage storage) : IStorage
{
    private long _bytesRead;

    public long BytesRead => Volatile.Read(ref _bytesRead);

    public string Location => storage.Location;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => storage.PutIfAbsent(key, content);

    public IPendingObject BeginObject() => storage.BeginObject();

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        Interlocked.Add(ref _bytesRead, destination.Length);
        storage.Read(key, offset, destination);
    }

    public long? SizeOf(StorageKey key) => storage.SizeOf(key);

    public IEnumerable<StoredObject> List(string prefix) => storage.List(prefix);

    public void Delete(StorageKey key) => storage.Delete(key);

    public void Dispose() => storage.Dispose();
}
