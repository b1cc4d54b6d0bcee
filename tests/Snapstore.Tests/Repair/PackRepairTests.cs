using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Repair;

public sealed class PackRepairTests
{
    private readonly PrunedRepository _repository = new();

    [Fact]
    public void A_sound_repository_is_left_as_it_is()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 3_000_000));
        string[] before = Names();
        PackRepairReport report = Repair();
        Assert.Empty(report.Damaged);
        Assert.True(report.PacksRead > 0);
        Assert.Equal(before, Names());
    }

    [Fact]
    public void What_opens_is_saved_the_rest_is_lost_and_comes_back_with_the_next_snapshot_of_the_source()
    {
        byte[] content = PrunedRepository.Bytes(1, 4_000_000);
        SessionId damaged = _repository.Snapshot(content);
        StoredObject pack = _repository.Packs(PackKind.Data)[0];
        _repository.Damage(pack.Key, 1_500_000);
        Assert.True(_repository.Check().HasDamage);

        RepairedPack repaired = Assert.Single(Repair().Damaged);
        Assert.Equal(pack.Key, repaired.Key);
        Assert.InRange(repaired.Lost, 1, 30);
        Assert.InRange(repaired.Saved, 30, 100);
        Assert.Equal(repaired.Blobs, repaired.Saved + repaired.Lost);
        Assert.Null(_repository.Storage.SizeOf(pack.Key));
        Assert.Equal(pack.Size, _repository.Storage.SizeOf(StorageKey.Quarantine(pack.Key)));
        Assert.ThrowsAny<SnapstoreException>(() => _repository.Read(damaged));

        _repository.Snapshot(content);
        Assert.Equal(content, _repository.Read(damaged));
        _repository.AssertWhole();
        _repository.Prune();
        _repository.AssertWhole();
    }

    [Fact]
    public void A_dry_run_tells_what_would_be_saved_and_changes_nothing()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 4_000_000));
        _repository.Damage(_repository.Packs(PackKind.Data)[0].Key, 1_500_000);
        string[] before = Names();
        RepairedPack planned = Assert.Single(Repair(dryRun: true).Damaged);
        Assert.Equal(before, Names());
        Assert.Equal(planned, Assert.Single(Repair().Damaged));
    }

    [Fact]
    public void Nothing_is_lost_where_another_pack_holds_it_too()
    {
        // Two writers that did not see each other store the same twice.
        byte[] content = PrunedRepository.Bytes(1, 3_000_000);
        TwiceStored(content);
        _repository.Damage(_repository.Packs(PackKind.Data)[0].Key, 700_000);
        Assert.All(_repository.Contents.Keys, id => Assert.Equal(content, _repository.Read(id)));
        Assert.Equal(0, Assert.Single(Repair().Damaged).Lost);
        _repository.AssertWhole();
    }

    [Fact]
    public void A_pack_of_trees_is_repaired_as_well()
    {
        byte[] content = PrunedRepository.Bytes(1, 3_000_000);
        SessionId id = _repository.Snapshot(content);
        StoredObject pack = _repository.Packs(PackKind.Meta)[0];
        _repository.Damage(pack.Key, PackFrame.HeaderSize + 40);
        Assert.Equal(pack.Key, Assert.Single(Repair().Damaged).Key);
        Assert.True(_repository.Check().HasDamage);

        // The root held the time of its snapshot, which no other has: that one is lost, and nothing goes while it counts.
        _repository.Snapshot(content);
        Assert.Throws<CorruptDataException>(() => _repository.Prune());
        _repository.Forget(id);
        _repository.Prune();
        _repository.AssertWhole();
    }

    [Fact]
    public void A_truncated_pack_gives_what_is_left_of_it()
    {
        byte[] content = PrunedRepository.Bytes(1, 4_000_000);
        _repository.Snapshot(content);
        StoredObject pack = _repository.Packs(PackKind.Data)[0];
        byte[] half = Repository.ReadWhole(_repository.Storage, pack.Key)[..(int)(pack.Size / 2)];
        _repository.Storage.Delete(pack.Key);
        _repository.Storage.PutIfAbsent(pack.Key, half);
        RepairedPack repaired = Assert.Single(Repair().Damaged);
        Assert.InRange(repaired.Saved, 10, repaired.Blobs - 10);
        _repository.Snapshot(content);
        _repository.AssertWhole();
    }

    [Fact]
    public void What_a_session_at_work_may_rely_on_is_deleted_when_it_has_ended()
    {
        byte[] content = PrunedRepository.Bytes(1, 4_000_000);
        _repository.Snapshot(content);
        StoredObject pack = _repository.Packs(PackKind.Data)[0];
        _repository.Damage(pack.Key, 1_500_000);
        PackRepairReport? during = null;
        using (Repository writer = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (during is null && key.Name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal))
                    during = Repair();
            },
        }))
        {
            _repository.SnapshotOn(writer, content);
        }

        Assert.Single(during!.Waiting);
        Assert.NotNull(_repository.Storage.SizeOf(pack.Key));
        _repository.Snapshot(content);
        _repository.Prune();
        Assert.Null(_repository.Storage.SizeOf(pack.Key));
        _repository.AssertWhole();
    }

    [Fact]
    public void A_pack_stays_while_what_opens_in_it_stands_nowhere_else()
    {
        // The plan of a repair whose saved packs were lost on the way: its verdict must not delete the last copy.
        byte[] content = PrunedRepository.Bytes(1, 4_000_000);
        _repository.Snapshot(content);
        StoredObject pack = _repository.Packs(PackKind.Data)[0];
        _repository.Damage(pack.Key, 1_500_000);
        Assert.True(pack.Key.TryParsePack(out SessionId session, out ObjectHash hash));
        using Repository repository = _repository.Open();
        Assert.True(_repository.Storage.PutIfAbsent(StorageKey.Quarantine(pack.Key), [1]));
        Assert.True(Generation.TryPublish(repository, 1, [new PackName(session, hash)], PrunedRepository.Options, areDamaged: true));
        Assert.Empty(new Generation(repository, 1, PrunedRepository.Options).Finish(survey: null, default));
        Assert.NotNull(_repository.Storage.SizeOf(pack.Key));
    }

    [Fact]
    public void An_open_plan_that_damage_keeps_from_its_verdict_deletes_nothing()
    {
        byte[] content = PrunedRepository.Bytes(1, 3_000_000);
        SessionId first = _repository.Snapshot(content);
        _repository.Snapshot(PrunedRepository.Bytes(2, 2_000_000));
        _repository.Forget(first);
        PruneReport? killed = null;
        using (Repository pruner = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (key.Name.EndsWith(".verdict", StringComparison.Ordinal))
                    throw new StorageException("killed");
            },
        }))
        {
            Assert.Throws<StorageException>(() => killed = Pruner.Run(pruner, PrunedRepository.Options, new PruneProgress(), default));
        }

        Assert.Null(killed);
        foreach (StoredObject pack in _repository.Packs(PackKind.Meta))
            _repository.Damage(pack.Key, PackFrame.HeaderSize + 40);
        Assert.NotEmpty(Repair().Damaged);
        using Repository repository = _repository.Open();
        Assert.Equal(0, GarbageLog.List(repository).Open);
        Assert.Empty(GarbageLog.List(repository).ReadVerdict(1).Packs);
    }

    private void TwiceStored(byte[] content)
    {
        bool isNested = false;
        using Repository first = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (isNested || !key.Name.StartsWith(StorageKey.IndexPrefix, StringComparison.Ordinal))
                    return;
                isNested = true;
                _repository.Storage.List(StorageKey.PacksPrefix).Select(pack => pack.Key).ToList().ForEach(Hide);
                _repository.Snapshot(content);
                Show();
            },
        });
        _repository.SnapshotOn(first, content);
    }

    private readonly Dictionary<StorageKey, byte[]> _hidden = [];

    private void Hide(StorageKey key)
    {
        _hidden[key] = Repository.ReadWhole(_repository.Storage, key);
        _repository.Storage.Delete(key);
    }

    private void Show()
    {
        foreach ((StorageKey key, byte[] content) in _hidden)
            _repository.Storage.PutIfAbsent(key, content);
    }

    private PackRepairReport Repair(bool dryRun = false)
    {
        using Repository repository = _repository.Open();
        return PackRepair.Run(repository, packs: null, PrunedRepository.Options with { IsDryRun = dryRun }, new CheckProgress(), default);
    }

    private string[] Names() => [.. _repository.Storage.List("").Select(found => found.Key.Name).Order()];
}
