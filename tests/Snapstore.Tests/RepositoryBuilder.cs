using System.Text;
using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>Builds repositories piece by piece, with the real keys and without a file system: right ones, and such as
/// only a hostile holder of the keys would write.</summary>
internal sealed class RepositoryBuilder : IDisposable
{
    private static readonly EntryOwner Owner = new(1000, 1000, "user", "group");

    private readonly SlotSecret _secret = SlotSecret.OfKeyFile(SlotSecret.NewKeyFile());
    private SessionId? _lastSnapshot;
    private BlobWriter _writer;
    private SessionId _session = SessionId.NewRandom();
    private long _time = 1_700_000_000_000_000_000;

    public RepositoryBuilder(IStorage? storage = null)
    {
        Storage = storage ?? new TestStorage();
        Repository = RepositoryOpener.Create(Storage, "cdc:65536", _secret, default, new KeyLabel("test", "host", "user", 0), "test");
        _writer = NewWriter();
    }

    public IStorage Storage { get; }

    public TestStorage Test => (TestStorage)Storage;

    public Repository Repository { get; private set; }

    /// <summary>The session that the next blobs are written in.</summary>
    public SessionId Session => _session;

    /// <summary>Opens a storage that holds this repository.</summary>
    public Repository OpenOn(IStorage storage) => RepositoryOpener.Open(storage, _secret);

    public ContentItem Data(byte[] plain)
    {
        BlobId id = Repository.Keys.DataId(plain);
        _writer.PutData(id, plain);
        return new ContentItem(id, plain.Length, IsHole: false);
    }

    /// <summary>Stores any bytes as a meta blob.</summary>
    public BlobId Meta(ReadOnlySpan<byte> plain) => _writer.PutMeta(plain);

    public BlobId Meta(Action<ByteWriter> write)
    {
        ByteWriter output = new();
        write(output);
        return Meta(output.Written);
    }

    /// <summary>A file stored in pieces: none where it is inline, a chunk list where there are many.</summary>
    public TreeEntry File(string name, params byte[][] pieces)
    {
        int size = pieces.Sum(piece => piece.Length);
        if (size <= Limits.InlineContentMax)
            return File(name, size, FileContent.OfInline([.. pieces.SelectMany(piece => piece)]));
        ChunkListWriter list = new(_writer.PutMeta);
        foreach (byte[] piece in pieces)
            list.Add(Data(piece));
        return File(name, size, list.Finish());
    }

    public static TreeEntry File(string name, long size, FileContent content) =>
        Entry(name, EntryKind.File) with { Size = size, Content = content };

    public static TreeEntry Entry(string name, EntryKind kind) => new()
    {
        Name = Encoding.UTF8.GetBytes(name),
        Kind = kind,
        Mode = 0x1ed,
        Owner = Owner,
        Mtime = new EntryTime(1_700_000_000, 5),
        Ctime = new EntryTime(1_700_000_000, 6),
        Inode = 7,
    };

    public TreeEntry Directory(string name, params IEnumerable<TreeEntry> entries)
    {
        (BlobId root, SubtreeTotals below) = Tree(entries);
        return Entry(name, EntryKind.Directory) with { Tree = root, Below = below };
    }

    public (BlobId Root, SubtreeTotals Below) Tree(params IEnumerable<TreeEntry> entries)
    {
        TreeWriter tree = new(new NodeSplitter(Repository.Keys), _writer.PutMeta);
        foreach (TreeEntry entry in entries.OrderBy(e => e.Name, Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b))))
            tree.Add(entry);
        return tree.Finish();
    }

    /// <summary>Makes all durable, writes a manifest, begins the next session.</summary>
    public SessionId Commit(BlobId root)
    {
        Flush();
        Manifest manifest = new()
        {
            Root = root,
            Source = SourceKind.Files,
            Paths = ["/"u8.ToArray()],
            Host = "host",
            TimeNanoseconds = _time,
            StartNanoseconds = _time,
            Parent = _lastSnapshot,
            ParentHash = _lastSnapshot is { } parent ? SnapshotList.Read(Repository, parent).Hash : null,
        };
        _time += 3_600_000_000_000;
        SessionId id = _session;
        Assert.True(Repository.Put(StorageKey.Snapshot(id), SealKind.Manifest, manifest.Encode(), id));
        _lastSnapshot = id;
        _session = SessionId.NewRandom();
        _writer = NewWriter();
        return id;
    }

    public SessionId Commit(params IEnumerable<TreeEntry> entries) => Commit(Tree(entries).Root);

    /// <summary>Makes all durable without a manifest.</summary>
    public void Flush()
    {
        _writer.Finish();
        _writer.Dispose();
        // The next session must find these blobs, as a new process would.
        Repository = OpenOn(Storage);
    }

    public void Dispose()
    {
        _writer.Dispose();
        Repository.Dispose();
        _secret.Dispose();
    }

    private BlobWriter NewWriter() =>
        new(Repository, _session, new BlobWriterOptions(CompressionLevel.Default, Workers: 0, DryRun: false), TimeProvider.System);
}
