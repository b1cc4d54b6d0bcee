using System.Text;
using Snapstore.Backup;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.RemoteStorage.S3;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>A clock that goes with the system's, ahead of it or behind.</summary>
internal sealed class ShiftedTime(TimeSpan shift) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + shift;
}

/// <summary>A repository whose objects a store locks, and a directory to take snapshots of. Every run has a clock of its own.</summary>
internal sealed class LockedRepository : IDisposable
{
    private const string Host = "host";

    private readonly S3Location _place;
    private readonly S3Settings _settings;
    private readonly SlotSecret _secret = SlotSecret.OfKeyFile(SlotSecret.NewKeyFile());

    public LockedRepository(string place, S3Settings settings, ObjectLockTerms? terms, TimeProvider time)
    {
        (_place, _settings) = (S3Location.Parse(place), settings);
        Directory.CreateDirectory(Source);
        S3Storage storage = S3Storage.Create(_place, makeBucket: true, settings, terms, time);
        RepositoryOpener.Create(storage, "cdc:64KiB", _secret, KdfCost.Default, new KeyLabel("test", Host, "user", 0), "test", null, terms, time).Dispose();
    }

    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"snapstore-test-{Path.GetRandomFileName()}");

    public string Source => Path.Combine(Folder, "source");

    private static RecordOrigin Origin => new(Host, "user", "test", 0);

    /// <summary>Opens it as a host with its own cache does.</summary>
    public Repository Open(TimeProvider time, string? cache = null)
    {
        Repository repository = RepositoryOpener.Open(S3Storage.Open(_place, _settings), _secret, time);
        repository.Cache = cache is null ? null : new LocalCache(Path.Combine(Folder, cache), 1 << 30);
        return repository;
    }

    public void Write(string name, int seed, int size = 200_000)
    {
        byte[] content = new byte[size];
        new Random(seed).NextBytes(content);
        using FileStream file = File.Create(Path.Combine(Source, name));
        file.Write(content);
    }

    /// <summary>Changes a byte here and there: chunks that are stored as deltas.</summary>
    public void Change(string name, byte value, int every)
    {
        using FileStream file = File.Open(Path.Combine(Source, name), FileMode.Open);
        for (long at = value; at < file.Length; at += every)
        {
            file.Position = at;
            file.WriteByte(value);
        }
    }

    public SessionId Snapshot(TimeProvider time, string? cache = null)
    {
        using Repository repository = Open(time, cache);
        BackupOptions options = new() { Host = Host, User = "user", Program = "test" };
        BackupReport report = FileBackup.Run(repository, new FileSelection { Paths = [Encoding.UTF8.GetBytes(Source)] }, options, new RunProgress(), time, CancellationToken.None);
        Assert.Equal(0, report.Warnings.Total);
        return report.Id!.Value;
    }

    public void Forget(TimeProvider time, SessionId snapshot)
    {
        using Repository repository = Open(time);
        Forgetter.Forget(repository, snapshot, Origin);
    }

    /// <summary>Prunes, while nobody else uses it: on Ceph a prune beside writers is refused (it ignores conditions where it keeps versions).</summary>
    public PruneReport Prune(TimeProvider time)
    {
        using Repository repository = Open(time);
        return Pruner.Run(repository, new PruneOptions { Origin = Origin, Time = time, UnusedShareMax = 0, IsExclusive = true }, new PruneProgress(), CancellationToken.None);
    }

    /// <summary>Until when each object is locked; null where it never was.</summary>
    public Dictionary<string, DateTimeOffset?> Locks()
    {
        using S3Storage storage = S3Storage.Open(_place, _settings);
        return storage.List("").ToDictionary(found => found.Key.Name, found => storage.LockedUntil(found.Key));
    }

    /// <summary>Names of all versions of packs.</summary>
    public List<string> Packs()
    {
        using S3Storage storage = S3Storage.Open(_place, _settings);
        return [.. storage.ListVersions(StorageKey.PacksPrefix).Select(version => version.Key.Name)];
    }

    /// <summary>Takes from a cache what it remembers of locks.</summary>
    public void ForgetLocks(string cache)
    {
        using Repository repository = Open(TimeProvider.System, cache);
        StorageKey place = StorageKey.TryParse("locks")!.Value;
        Assert.NotEmpty(repository.Cache!.TryRead(place, LocalCache.Whole)!);
        repository.Cache.Keep(place, LocalCache.Whole, []);
    }

    public void Dispose()
    {
        _secret.Dispose();
        if (Directory.Exists(Folder))
            Directory.Delete(Folder, recursive: true);
    }
}
