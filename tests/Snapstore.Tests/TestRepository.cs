using System.Text;
using Snapstore.Backup;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>A repository for a test; every action opens it anew, as the program does.</summary>
internal sealed class TestRepository
{
    private readonly SlotSecret _secret = SlotSecret.OfKeyFile(SlotSecret.NewKeyFile());
    private readonly Func<IStorage> _open;

    /// <summary>In memory.</summary>
    public TestRepository()
        : this(new MemoryStorage())
    {
    }

    /// <summary>In this storage, whose Dispose must leave it usable; with the ids of another repository, where one is given.</summary>
    public TestRepository(IStorage storage, KeyRing? idsOf = null)
    {
        _open = () => storage;
        RepositoryOpener.Create(storage, "cdc:64KiB", _secret, KdfCost.Default, new KeyLabel("test", "host", "user", 0), "test", idsOf);
    }

    /// <summary>In a directory.</summary>
    public TestRepository(string directory)
    {
        _open = () => LocalStorage.Open(directory);
        using IStorage storage = LocalStorage.Create(directory);
        RepositoryOpener.Create(storage, "cdc:64KiB", _secret, KdfCost.Default, new KeyLabel("test", "host", "user", 0), "test");
    }

    /// <summary>Threads of all that is done with it; 0 does all in one order.</summary>
    public int Workers { get; init; } = 2;

    /// <summary>How backups work that say nothing else.</summary>
    public BackupOptions Options => new() { Host = "host", User = "user", Program = "test", Workers = Workers };

    public Repository Open() => RepositoryOpener.Open(_open(), _secret);

    /// <summary>Opens it on another storage, such as one that fails.</summary>
    public Repository OpenOn(Func<IStorage, IStorage> wrap) => RepositoryOpener.Open(wrap(_open()), _secret);

    /// <summary>Takes a snapshot.</summary>
    public BackupReport Backup(string path, Func<FileSelection, FileSelection>? select = null, BackupOptions? options = null, CancellationToken cancel = default)
    {
        using Repository repository = Open();
        return BackupOn(repository, path, select, options, cancel);
    }

    /// <summary>Takes a snapshot on an open repository.</summary>
    public BackupReport BackupOn(Repository repository, string path, Func<FileSelection, FileSelection>? select = null, BackupOptions? options = null, CancellationToken cancel = default)
    {
        FileSelection selection = new() { Paths = [Encoding.UTF8.GetBytes(path)] };
        return FileBackup.Run(repository, select?.Invoke(selection) ?? selection, options ?? Options, new RunProgress(), TimeProvider.System, cancel);
    }

    /// <summary>Restores a path of a snapshot.</summary>
    public RestoreReport Restore(SessionId? id, string path, string target, Func<RestoreOptions, RestoreOptions>? change = null, CancellationToken cancel = default)
    {
        using Repository repository = Open();
        RestoreOptions options = new() { Target = Encoding.UTF8.GetBytes(target), Workers = Workers };
        SnapshotPath what = new(SnapshotList.Read(repository, id!.Value), Encoding.UTF8.GetBytes(path));
        return FileRestore.Run(repository, what, change?.Invoke(options) ?? options, new RunProgress(), cancel);
    }

    /// <summary>Names of all objects.</summary>
    public IReadOnlySet<string> Objects()
    {
        using IStorage storage = _open();
        return storage.List("").Select(o => o.Key.Name).ToHashSet();
    }

    /// <summary>Says that it holds no snapshot and no session at work; a fence may stand where one was given up.</summary>
    public void AssertNoSnapshot()
    {
        using Repository repository = Open();
        Assert.Empty(SnapshotList.Load(repository).Snapshots);
        Assert.Empty(SessionRegister.ListRegistered(repository.Storage));
    }

    /// <summary>Says that the tree is in the repository as it is on disk.</summary>
    public RestoreReport AssertRestores(SessionId? id, string tree, string target)
    {
        RestoreReport report = Restore(id, tree, target);
        Assert.Empty(report.Damage);
        Assert.Empty(report.Warnings);
        TreeLook.AssertSame(TreeLook.Of(tree), TreeLook.Of(target));
        return report;
    }
}
