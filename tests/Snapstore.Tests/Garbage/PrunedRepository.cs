using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Garbage;

/// <summary>A repository in memory with a few snapshots of streams, and what each held.</summary>
internal sealed class PrunedRepository
{
    public static readonly RecordOrigin Origin = new("host", "user", "test", 0);

    private readonly TestRepository _repository;

    public PrunedRepository()
    {
        _repository = new TestRepository(Storage) { Workers = 0 };
    }

    public MemoryStorage Storage { get; } = new();

    /// <summary>What each snapshot must restore to.</summary>
    public Dictionary<SessionId, byte[]> Contents { get; } = [];

    public static PruneOptions Options { get; } = new() { Origin = Origin };

    public long StoredBytes => Storage.List(StorageKey.PacksPrefix).Sum(pack => pack.Size);

    public Repository Open() => _repository.Open();

    public Repository OpenOn(Func<IStorage, IStorage> wrap) => _repository.OpenOn(wrap);

    public SessionId Snapshot(byte[] content, string name = "stream")
    {
        using Repository repository = Open();
        return SnapshotOn(repository, content, name);
    }

    public SessionId SnapshotOn(Repository repository, byte[] content, string name = "stream")
    {
        StreamSelection selection = new(System.Text.Encoding.UTF8.GetBytes(name), new MemoryStream(content));
        BackupReport report = StreamBackup.Run(repository, selection, _repository.Options, new RunProgress(), TimeProvider.System, default);
        Contents[report.Id!.Value] = content;
        return report.Id.Value;
    }

    public void Forget(params IEnumerable<SessionId> snapshots)
    {
        using Repository repository = Open();
        foreach (SessionId id in snapshots)
        {
            Forgetter.Forget(repository, id, Origin);
            Contents.Remove(id);
        }
    }

    public PruneReport Prune(Func<PruneOptions, PruneOptions>? change = null)
    {
        using Repository repository = Open();
        return Pruner.Run(repository, change?.Invoke(Options) ?? Options, new PruneProgress(), default);
    }

    /// <summary>Packs of this kind, the largest first.</summary>
    public StoredObject[] Packs(PackKind kind)
    {
        using Repository repository = Open();
        return [.. repository.Index.Packs.Where(pack => pack.Kind == kind).OrderByDescending(pack => pack.Size).Select(pack => new StoredObject(pack.Key, pack.Size))];
    }

    /// <summary>Flips bits of a stored object's byte.</summary>
    public void Damage(StorageKey key, long offset)
    {
        byte[] content = Repository.ReadWhole(Storage, key);
        content[offset] ^= 0x55;
        Storage.Delete(key);
        Assert.True(Storage.PutIfAbsent(key, content));
    }

    /// <summary>What a check that reads everything finds.</summary>
    public CheckReport Check()
    {
        using Repository repository = Open();
        return Checker.Run(repository, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
    }

    /// <summary>The bytes of a snapshot's stream.</summary>
    public byte[] Read(SessionId id)
    {
        using Repository repository = Open();
        return Read(repository, SnapshotList.Read(repository, id));
    }

    /// <summary>Every snapshot that counts is there, restores to its bytes, and a check finds no damage.</summary>
    public void AssertWhole()
    {
        using Repository repository = Open();
        SnapshotList list = SnapshotList.Load(repository);
        Assert.Empty(list.Problems);
        Assert.Equal(Contents.Keys.Order(), list.Snapshots.Select(snapshot => snapshot.Id).Order());
        foreach (Snapshot snapshot in list.Snapshots)
            Assert.True(Contents[snapshot.Id].AsSpan().SequenceEqual(Read(repository, snapshot)));
        Assert.DoesNotContain(Check().Findings, finding => finding.Kind != FindingKind.Note);
    }

    /// <summary>Random bytes: as many chunks as it has 64 KiB.</summary>
    public static byte[] Bytes(int seed, int size) => new SeededValues(seed).Fill(size);

    private static byte[] Read(Repository repository, Snapshot snapshot)
    {
        using TreeReader trees = new(repository);
        using BlobReader blobs = new(repository);
        TreeEntry file = Assert.Single(trees.Entries(snapshot.Manifest.Root, "test"));
        MemoryStream content = new();
        content.Write(file.Content.Inline ?? []);
        foreach (ContentItem item in trees.Items(file.Content, file.Size, "test"))
            content.Write(blobs.Read(item.Id, "test"));
        return content.ToArray();
    }
}
