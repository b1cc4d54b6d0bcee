using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Browse;

namespace Snapstore.Tests.Repositories;

/// <summary>What is kept here of a repository far away (spec/cache.md): it spares reads, and never changes what comes back.</summary>
public sealed class LocalCacheTests : IDisposable
{
    private const long Bound = 16 << 20;

    private static readonly StorageKey Key = StorageKey.TryParse("index/0123-0") ?? default;

    private readonly TestDirectory _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void Gives_what_was_kept_under_that_name_and_offset()
    {
        using LocalCache cache = new(_place["cache"], Bound);
        cache.Keep(Key, LocalCache.Whole, "all of it"u8);
        cache.Keep(Key, 7, "a part"u8);
        Assert.Equal("all of it"u8.ToArray(), cache.TryRead(Key, LocalCache.Whole));
        Assert.Equal("a part"u8.ToArray(), cache.TryRead(Key, 7));
        Assert.Null(cache.TryRead(Key, 8));
        Assert.Equal(15, cache.BytesGiven);
    }

    [Fact]
    public void Gives_nothing_that_was_changed_cut_or_exchanged()
    {
        using LocalCache cache = new(_place["cache"], Bound);
        cache.Keep(Key, 0, TestFiles.Bytes(1, 1000));
        string file = LocalCache.Files(_place["cache"]).Single().FullName;
        byte[] right = File.ReadAllBytes(file);
        for (int at = 0; at < right.Length; at += 97)
        {
            byte[] wrong = [.. right];
            wrong[at] ^= 1;
            File.WriteAllBytes(file, wrong);
            Assert.Null(cache.TryRead(Key, 0));
            Assert.False(File.Exists(file));
        }

        File.WriteAllBytes(file, right[..^1]);
        Assert.Null(cache.TryRead(Key, 0));
        cache.Keep(Key, 1, TestFiles.Bytes(2, 1000));
        File.Move(LocalCache.Files(_place["cache"]).Single().FullName, file);
        Assert.Null(cache.TryRead(Key, 0));
    }

    [Fact]
    public void Stays_below_its_bound_and_keeps_what_was_used_last()
    {
        using LocalCache cache = new(_place["cache"], Bound);
        for (int i = 0; i < 40; i++)
        {
            cache.Keep(Key, i, TestFiles.Bytes(i, 1 << 20));
            foreach (FileInfo file in LocalCache.Files(_place["cache"]))
                file.LastWriteTimeUtc -= TimeSpan.FromHours(2);
            Assert.NotNull(cache.TryRead(Key, 0));
        }

        cache.Sweep();
        Assert.InRange(LocalCache.Files(_place["cache"]).Sum(file => file.Length), Bound / 2, Bound);
        Assert.NotNull(cache.TryRead(Key, 39));
        Assert.Null(cache.TryRead(Key, 1));
    }

    [Fact]
    public void A_folder_that_cannot_be_made_is_no_error()
    {
        File.WriteAllText(_place["file"], "in the way");
        using LocalCache cache = new(_place["file/cache"], Bound);
        cache.Keep(Key, 0, "bytes"u8);
        Assert.Null(cache.TryRead(Key, 0));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_second_look_fetches_no_index_no_manifest_and_no_tree(bool isDamaged)
    {
        (TestRepository repository, BackupReport report) = Repository();
        long first = BytesToList(repository, report);
        foreach (FileInfo file in LocalCache.Files(_place["cache"]).Where(_ => isDamaged))
            File.WriteAllBytes(file.FullName, TestFiles.Bytes(1, (int)file.Length));
        long second = BytesToList(repository, report);

        Assert.True(first > 20_000, $"{first}");
        Assert.True(isDamaged ? second == first : second < 3000, $"{second} of {first} were fetched again");
    }

    [Fact]
    public void Restores_and_further_snapshots_are_the_same_with_a_cache()
    {
        (TestRepository repository, BackupReport report) = Repository();
        BytesToList(repository, report);
        TestFiles.Write(_place["tree/d/new"], TestFiles.Bytes(5, 100_000));
        using (Repository cached = repository.Open())
        {
            cached.Cache = new LocalCache(_place["cache"], Bound);
            report = repository.BackupOn(cached, _place["tree"]);
        }

        Assert.Equal(1, report.Manifest.Counts.FilesNew);
        repository.AssertRestores(report.Id, _place["tree"], _place["restored"]);
    }

    [Fact]
    public void What_does_not_open_is_not_kept()
    {
        (TestRepository repository, BackupReport report) = Repository();
        using (Repository lied = repository.OpenOn(storage => new Flipped(storage)))
        {
            lied.Cache = new LocalCache(_place["cache"], Bound);
            Assert.Throws<CorruptDataException>(() => SnapshotList.Read(lied, report.Id!.Value));
        }

        using Repository right = repository.Open();
        right.Cache = new LocalCache(_place["cache"], Bound);
        Assert.Equal(report.Id, SnapshotList.Read(right, report.Id!.Value).Id);
    }

    private (TestRepository, BackupReport) Repository()
    {
        for (int i = 0; i < 7; i++)
            Directory.CreateDirectory(_place[$"tree/d/{i}"]);
        for (int i = 0; i < 300; i++)
            TestFiles.Write(_place[$"tree/d/{i % 7}/a file with a long name, number {i}"], TestFiles.Bytes(i, 200));
        TestRepository repository = new() { Workers = 0 };
        return (repository, repository.Backup(_place["tree"]));
    }

    // What a walk of all trees reads, with a cache.
    private long BytesToList(TestRepository repository, BackupReport report)
    {
        CountingStorage? counting = null;
        using Repository cached = repository.OpenOn(storage => counting = new CountingStorage(storage));
        cached.Cache = new LocalCache(_place["cache"], Bound);
        using (SnapshotFiles files = new(cached, new SnapshotPath(SnapshotList.Read(cached, report.Id!.Value), []), workers: 0))
        {
            for (int i = 0; i < 7; i++)
                Assert.NotEmpty(files.List(_place[$"tree/d/{i}"].TrimStart('/')));
        }

        return counting!.BytesRead;
    }

    private sealed class Flipped(IStorage inner) : IStorage
    {
        public string Location => inner.Location;

        public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => inner.PutIfAbsent(key, content);

        public IPendingObject BeginObject() => inner.BeginObject();

        public void Read(StorageKey key, long offset, Span<byte> destination)
        {
            inner.Read(key, offset, destination);
            if (key.Name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal))
                destination[^1] ^= 1;
        }

        public long? SizeOf(StorageKey key) => inner.SizeOf(key);

        public IEnumerable<StoredObject> List(string prefix) => inner.List(prefix);

        public void Delete(StorageKey key) => inner.Delete(key);

        public void Dispose() => inner.Dispose();
    }
}
