using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Garbage;

/// <summary>What another prune sweeps between a listing and a reading is no damage (found by tools/torture).</summary>
public sealed class SweptMeanwhileTests
{
    private readonly PrunedRepository _repository = new();
    private readonly SessionId _forgotten;

    public SweptMeanwhileTests()
    {
        byte[] content = PrunedRepository.Bytes(1, 400_000);
        _repository.Snapshot(content[..200_000]);
        _forgotten = _repository.Snapshot(content);
        using Repository repository = _repository.Open();
        SnapshotLabels.Change(repository, SnapshotList.Read(repository, _forgotten), label => label with { Tags = ["tag"] });
    }

    [Fact]
    public void A_manifest_is_not_missed_by_a_list() => AssertListed(StorageKey.Snapshot(_forgotten));

    [Fact]
    public void A_label_is_not_missed_by_a_list() => AssertListed(StorageKey.Label(_forgotten, 1));

    [Fact]
    public void A_manifest_is_not_missed_by_a_prune()
    {
        _repository.Forget(_forgotten);
        using Repository repository = PruneBeforeReading(StorageKey.Snapshot(_forgotten));
        Assert.Equal(1, Pruner.Run(repository, PrunedRepository.Options, new PruneProgress(), default).Snapshots);
        _repository.AssertWhole();
    }

    [Fact]
    public void A_snapshot_that_is_forgotten_and_swept_is_not_missed_by_a_prune()
    {
        // Listed as one that counts; what it needs is gone before it is walked.
        using Repository repository = PruneBeforeReading(IsPackOf, forgets: true);
        Assert.Equal(1, Pruner.Run(repository, PrunedRepository.Options, new PruneProgress(), default).Snapshots);
        _repository.AssertWhole();
    }

    [Fact]
    public void A_manifest_is_not_missed_by_a_check()
    {
        _repository.Forget(_forgotten);
        AssertUndamaged(PruneBeforeReading(StorageKey.Snapshot(_forgotten)));
    }

    [Fact]
    public void A_snapshot_that_is_forgotten_and_swept_is_not_missed_by_a_check() =>
        AssertUndamaged(PruneBeforeReading(StorageKey.Snapshot(_forgotten), forgets: true));

    // The second prune passed over the first one's open plan, and then deleted what its own verdict had spared.
    [Fact]
    public void A_plan_that_comes_up_meanwhile_is_not_passed_over()
    {
        byte[] content = PrunedRepository.Bytes(2, 400_000);
        _repository.Forget(_repository.Snapshot(content));
        bool isDone = false;
        using Repository writer = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (isDone || !key.TryParseId(StorageKey.SnapshotsPrefix, out _))
                    return;
                isDone = true;
                using Repository second = PruneBeforeReading(key => key.TryParsePack(out SessionId _, out _));
                Assert.NotEmpty(Pruner.Run(second, PrunedRepository.Options, new PruneProgress(), default).Waiting);
            },
        });
        _repository.SnapshotOn(writer, content);
        for (int i = 0; i < 2; i++)
        {
            Assert.Empty(_repository.Prune().Waiting);
            _repository.AssertWhole();
        }
    }

    [Fact]
    public void Damage_is_still_damage()
    {
        foreach (StoredObject pack in _repository.Storage.List(StorageKey.PacksPrefix).Where(pack => IsPackOf(pack.Key)).ToList())
            _repository.Storage.Delete(pack.Key);
        using Repository repository = _repository.Open();
        Assert.True(Checker.Run(repository, new CheckOptions { Workers = 0 }, new CheckProgress(), default).HasDamage);
    }

    private void AssertListed(StorageKey key)
    {
        _repository.Forget(_forgotten);
        using Repository repository = PruneBeforeReading(key);
        SnapshotList list = SnapshotList.Load(repository);
        Assert.Empty(list.Problems);
        Assert.DoesNotContain(list.Snapshots, snapshot => snapshot.Id == _forgotten);
    }

    private static void AssertUndamaged(Repository repository)
    {
        using (repository)
        {
            CheckReport report = Checker.Run(repository, new CheckOptions { Workers = 0 }, new CheckProgress(), default);
            Assert.False(report.HasDamage);
            Assert.Equal(1, report.Snapshots);
        }
    }

    private bool IsPackOf(StorageKey key) => key.TryParsePack(out SessionId owner, out _) && owner == _forgotten;

    private Repository PruneBeforeReading(StorageKey which, bool forgets = false) => PruneBeforeReading(key => key == which, forgets);

    private Repository PruneBeforeReading(Predicate<StorageKey> isWhich, bool forgets = false)
    {
        bool isDone = false;
        return _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforeRead = key =>
            {
                if (isDone || !isWhich(key))
                    return;
                isDone = true;
                if (forgets)
                    _repository.Forget(_forgotten);
                _repository.Prune(options => options with { UnusedShareMax = 0 });
            },
        });
    }
}
