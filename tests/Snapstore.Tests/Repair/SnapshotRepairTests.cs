using Snapstore.Formats;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Repair;

/// <summary>Snapshots of a tree of which packs are lost.</summary>
public sealed class SnapshotRepairTests : IDisposable
{
    private static readonly DateTime Changed = new(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    private readonly TestDirectory _place = new();
    private readonly MemoryStorage _storage = new();
    private readonly TestRepository _repository;

    public SnapshotRepairTests()
    {
        _repository = new TestRepository(_storage) { Workers = 0 };
        _place.Make("tree/a");
        _place.Make("tree/b/c");
        for (int i = 0; i < 3; i++)
        {
            TestFiles.Write(_place[$"tree/a/{i}"], TestFiles.Bytes(i, 300_000));
            TestFiles.Write(_place[$"tree/b/c/{i}"], TestFiles.Bytes(10 + i, 200));
        }
    }

    private string Tree => _place["tree"];

    public void Dispose()
    {
        _place.Dispose();
        _storage.Dispose();
    }

    [Fact]
    public void A_whole_snapshot_is_not_repaired()
    {
        SessionId id = _repository.Backup(Tree).Id!.Value;
        Assert.Null(Repair(id));
        Assert.Single(Snapshots());
    }

    [Fact]
    public void A_new_snapshot_holds_all_but_the_lost_files_and_says_so()
    {
        _repository.Backup(Tree);
        HashSet<StorageKey> before = PackNames();
        TestFiles.Write(_place["tree/a/new"], TestFiles.Bytes(99, 400_000));
        Directory.SetLastWriteTimeUtc(_place["tree/a"], Changed);
        SessionId damaged = _repository.Backup(Tree).Id!.Value;
        Remove(before, PackKind.Data);

        RepairedSnapshot repaired = Repair(damaged)!;
        Assert.Equal([$"lost: {Tree}/a/new: content is lost"], repaired.Lost);
        Snapshot made = repaired.Repaired!;
        Assert.Equal(damaged, made.Manifest.RepairOf);
        Assert.Equal(repaired.Damaged.Manifest.TimeNanoseconds, made.Manifest.TimeNanoseconds);
        Assert.Equal(6, made.Manifest.Counts.Files);
        Assert.Contains(repaired.Lost[0], made.Manifest.Warnings);
        Assert.Equal(3, Snapshots().Count);

        File.Delete(_place["tree/a/new"]);
        Directory.SetLastWriteTimeUtc(_place["tree/a"], Changed);
        Restore(made.Id);
        Assert.Null(Repair(made.Id));
    }

    [Fact]
    public void A_directory_whose_tree_is_lost_is_left_out_and_the_others_stay()
    {
        _repository.Backup(Tree);
        HashSet<StorageKey> before = PackNames();
        _place.Make("tree/z");
        TestFiles.Write(_place["tree/z/file"], TestFiles.Bytes(50, 5_000));
        SessionId damaged = _repository.Backup(Tree).Id!.Value;
        StorageKey meta = Remove(before, PackKind.Meta);

        // The snapshot's own root is in that pack as well: nothing can be saved, and that is said.
        RepairedSnapshot lost = Repair(damaged)!;
        Assert.Null(lost.Repaired);
        Assert.NotEmpty(lost.Lost);
        Assert.DoesNotContain(PackNames(), key => key == meta);
    }

    [Fact]
    public void A_dry_run_makes_nothing()
    {
        _repository.Backup(Tree);
        HashSet<StorageKey> before = PackNames();
        TestFiles.Write(_place["tree/a/new"], TestFiles.Bytes(99, 400_000));
        SessionId damaged = _repository.Backup(Tree).Id!.Value;
        Remove(before, PackKind.Data);
        IReadOnlySet<string> objects = _repository.Objects();
        Assert.Single(Repair(damaged, dryRun: true)!.Lost);
        Assert.Equal(objects, _repository.Objects());
    }

    private RepairedSnapshot? Repair(SessionId id, bool dryRun = false)
    {
        using Repository repository = _repository.Open();
        return SnapshotRepair.Run(repository, SnapshotList.Read(repository, id), PrunedRepository.Options with { IsDryRun = dryRun }, default);
    }

    private IReadOnlyList<Snapshot> Snapshots()
    {
        using Repository repository = _repository.Open();
        return SnapshotList.Load(repository).Snapshots;
    }

    private void Restore(SessionId id) => _repository.AssertRestores(id, Tree, _place["restored"]);

    private HashSet<StorageKey> PackNames() => [.. _storage.List(StorageKey.PacksPrefix).Select(pack => pack.Key)];

    private StorageKey Remove(HashSet<StorageKey> before, PackKind kind)
    {
        using Repository repository = _repository.Open();
        StorageKey key = repository.Index.Packs.Single(pack => pack.Kind == kind && !before.Contains(pack.Key)).Key;
        _storage.Delete(key);
        return key;
    }
}
