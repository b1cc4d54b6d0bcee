using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Garbage;

public sealed class PrunerTests
{
    private readonly PrunedRepository _repository = new();

    [Fact]
    public void Nothing_is_removed_while_nothing_was_forgotten()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 1_000_000));
        _repository.Snapshot(PrunedRepository.Bytes(2, 300));
        long before = _repository.StoredBytes;
        PruneReport report = _repository.Prune();
        Assert.Equal(0, report.PacksDeleted);
        Assert.Equal(before, _repository.StoredBytes);
        Assert.Empty(_repository.Storage.List(StorageKey.GarbagePrefix));
        _repository.AssertWhole();
    }

    [Fact]
    public void What_only_a_forgotten_snapshot_needed_goes_in_one_run()
    {
        byte[] shared = PrunedRepository.Bytes(1, 3_000_000);
        SessionId first = _repository.Snapshot(shared);
        SessionId second = _repository.Snapshot([.. shared, .. PrunedRepository.Bytes(2, 2_000_000)]);
        long before = _repository.StoredBytes;
        _repository.Forget(second);
        PruneReport report = _repository.Prune();
        Assert.True(report.PacksDeleted > 0);
        Assert.InRange(_repository.StoredBytes, 3_000_000, before - 1_900_000);
        Assert.Equal(1, report.SnapshotsSwept);
        Assert.Equal(1, report.Snapshots);
        Assert.Contains(first, _repository.Contents.Keys);
        _repository.AssertWhole();
    }

    [Fact]
    public void A_pack_of_which_little_is_needed_is_written_anew()
    {
        byte[] first = PrunedRepository.Bytes(1, 6_000_000);
        SessionId all = _repository.Snapshot(first);
        _repository.Snapshot(first[..1_000_000]);
        _repository.Forget(all);
        PruneReport report = _repository.Prune();
        Assert.True(report.Plan!.RepackPacks > 0);
        Assert.InRange(_repository.StoredBytes, 1_000_000, 1_500_000);
        _repository.AssertWhole();
        Assert.True(_repository.Prune().Plan is { DeletePacks: 0, RepackPacks: 0 });
    }

    [Fact]
    public void A_little_waste_stays_until_less_is_allowed()
    {
        byte[] content = PrunedRepository.Bytes(1, 8_000_000);
        SessionId all = _repository.Snapshot(content);
        _repository.Snapshot(content[..7_950_000]);
        _repository.Forget(all);
        long before = _repository.StoredBytes;
        Assert.Equal(0, _repository.Prune().Plan!.RepackPacks);
        Assert.InRange(_repository.StoredBytes, before - 100_000, before);
        Assert.True(_repository.Prune(options => options with { UnusedShareMax = 0 }).Plan!.RepackPacks > 0);
        _repository.AssertWhole();
    }

    [Fact]
    public void A_dry_run_tells_the_plan_and_changes_nothing()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 200_000));
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(2, 5_000_000)));
        string[] before = [.. _repository.Storage.List("").Select(found => found.Key.Name).Order()];
        PruneReport report = _repository.Prune(options => options with { IsDryRun = true });
        Assert.InRange(report.Plan!.DeleteBytes, 5_000_000, 5_300_000);
        Assert.Equal(before, _repository.Storage.List("").Select(found => found.Key.Name).Order());
    }

    [Fact]
    public void No_more_is_rewritten_than_was_allowed()
    {
        byte[] content = PrunedRepository.Bytes(1, 6_000_000);
        SessionId all = _repository.Snapshot(content);
        _repository.Snapshot(content[..1_000_000]);
        _repository.Forget(all);
        PruneReport report = _repository.Prune(options => options with { RepackBytesMax = 100_000 });
        Assert.InRange(report.Plan!.RepackBytes, 0, 100_000);
        _repository.AssertWhole();
    }

    [Fact]
    public void Many_small_packs_become_few()
    {
        for (int i = 0; i < 15; i++)
            _repository.Snapshot(PrunedRepository.Bytes(i, 50_000), $"stream {i}");
        Assert.Equal(30, _repository.Storage.List(StorageKey.PacksPrefix).Count());
        _repository.Prune();
        Assert.Equal(2, _repository.Storage.List(StorageKey.PacksPrefix).Count());
        Assert.Single(_repository.Storage.List(StorageKey.IndexPrefix));
        _repository.AssertWhole();
    }

    [Fact]
    public void A_session_at_work_is_waited_for_and_loses_nothing()
    {
        byte[] shared = PrunedRepository.Bytes(1, 500_000);
        SessionId old = _repository.Snapshot(shared);
        using Repository writer = _repository.Open();
        SessionId session = SessionId.NewRandom();
        SessionRegister.Begin(writer, session, new SessionRecord("elsewhere", "user", "test", 1, 0));
        _repository.Forget(old);

        PruneReport waiting = _repository.Prune();
        Assert.Equal(session, Assert.Single(waiting.Waiting).Session);
        Assert.Equal(0, waiting.PacksDeleted);
        Assert.InRange(waiting.BytesCondemned, 500_000, 600_000);

        // It comes to rely on nothing that is condemned: the same bytes are stored again.
        SessionId again = _repository.Snapshot(shared);
        Assert.NotEqual(old, again);
        SessionRegister.Fence(writer, session, PrunedRepository.Origin);
        PruneReport done = _repository.Prune();
        Assert.Empty(done.Waiting);
        Assert.True(done.PacksDeleted > 0);
        _repository.AssertWhole();
        Assert.Empty(_repository.Storage.List(StorageKey.SessionsPrefix));
    }

    [Fact]
    public void A_pack_that_a_late_snapshot_came_to_need_is_spared()
    {
        // The writer looked before the plan was there, and commits after it: the verdict must see its snapshot.
        byte[] shared = PrunedRepository.Bytes(1, 500_000);
        SessionId old = _repository.Snapshot(shared);
        _repository.Forget(old);
        PruneReport? first = null;
        using (Repository writer = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (first is null && key.Name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal))
                    first = _repository.Prune();
            },
        }))
        {
            _repository.SnapshotOn(writer, shared);
        }

        Assert.Single(first!.Waiting);
        // Of the old one at most its tree goes (where times differ); the content is the late one's now.
        PruneReport second = _repository.Prune();
        Assert.InRange(second.BytesDeleted, 0, 10_000);
        _repository.AssertWhole();
        Assert.Single(_repository.Contents);
    }

    [Fact]
    public void A_session_whose_process_is_gone_holds_nobody_up()
    {
        using Repository repository = _repository.Open();
        SessionRegister.Begin(repository, SessionId.NewRandom(), new SessionRecord("host", "user", "test", 1, 0, "dead"));
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(1, 500_000)));
        PruneReport report = _repository.Prune(options => options with { HasEnded = record => record.Process == "dead" });
        Assert.Single(report.Fenced);
        Assert.True(report.PacksDeleted > 0);
        Assert.Empty(_repository.Storage.List(StorageKey.SessionsPrefix));
        _repository.AssertWhole();
    }

    [Fact]
    public void A_session_that_was_silent_too_long_is_fenced_and_its_writer_begins_again()
    {
        SettableTime time = new();
        byte[] shared = PrunedRepository.Bytes(1, 500_000);
        SessionId old = _repository.Snapshot(shared);
        _repository.Forget(old);
        bool hasPruned = false;
        using Repository writer = _repository.OpenOn(storage => new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (hasPruned || !key.Name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal))
                    return;
                hasPruned = true;
                Assert.Single(_repository.Prune(options => options with { Time = time }).Waiting);
                time.Advance(TimeSpan.FromHours(25));
                PruneReport report = _repository.Prune(options => options with { Time = time });
                Assert.Single(report.Fenced);
                Assert.True(report.PacksDeleted > 0);
            },
        });
        Assert.Throws<SessionFencedException>(() => _repository.SnapshotOn(writer, shared));
        _repository.SnapshotOn(writer, shared);
        _repository.AssertWhole();
    }

    [Fact]
    public void Without_a_readable_manifest_nothing_is_removed()
    {
        SessionId first = _repository.Snapshot(PrunedRepository.Bytes(1, 300_000));
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(2, 300_000)));
        byte[] manifest = Repositories.SmallRepository.Read(_repository.Storage, StorageKey.Snapshot(first));
        manifest[^20] ^= 1;
        Repositories.SmallRepository.Overwrite(_repository.Storage, StorageKey.Snapshot(first), manifest);
        long before = _repository.StoredBytes;
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(() => _repository.Prune());
        Assert.Contains("nothing was removed", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, _repository.StoredBytes);
    }

    [Fact]
    public void Where_a_needed_pack_is_lost_nothing_is_removed()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 300_000));
        StoredObject lost = _repository.Storage.List(StorageKey.PacksPrefix).MaxBy(pack => pack.Size);
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(2, 200_000)));
        _repository.Storage.Delete(lost.Key);
        Assert.Throws<CorruptDataException>(() => _repository.Prune());
    }

    [Fact]
    public void A_forgotten_snapshot_comes_back_until_it_is_swept()
    {
        byte[] content = PrunedRepository.Bytes(1, 400_000);
        SessionId old = _repository.Snapshot(content);
        _repository.Forget(old);
        using (Repository repository = _repository.Open())
        {
            Snapshot forgotten = Assert.Single(SnapshotList.Load(repository).Forgotten);
            Snapshot back = Forgetter.Undelete(repository, forgotten, PrunedRepository.Origin, default);
            Assert.NotEqual(old, back.Id);
            Assert.Equal(forgotten.Manifest.TimeNanoseconds, back.Manifest.TimeNanoseconds);
            _repository.Contents[back.Id] = content;
        }

        _repository.Prune();
        _repository.AssertWhole();
    }

    [Fact]
    public void A_swept_snapshot_cannot_come_back_and_says_why()
    {
        SessionId old = _repository.Snapshot(PrunedRepository.Bytes(1, 400_000));
        _repository.Forget(old);
        using Repository repository = _repository.Open();
        Snapshot forgotten = Assert.Single(SnapshotList.Load(repository).Forgotten);
        _repository.Prune();
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(() => Forgetter.Undelete(repository, forgotten, PrunedRepository.Origin, default));
        Assert.Contains("cannot be brought back", refusal.Message, StringComparison.Ordinal);
        Assert.Empty(SnapshotList.Load(repository).Forgotten);
        _repository.AssertWhole();
    }

    [Fact]
    public void A_prune_that_dies_at_any_write_is_finished_by_the_next()
    {
        for (int calls = 0; ; calls++)
        {
            PrunedRepository repository = new();
            byte[] content = PrunedRepository.Bytes(1, 2_000_000);
            SessionId all = repository.Snapshot(content);
            repository.Snapshot(content[..700_000]);
            repository.Forget(all);
            bool hasFailed;
            using (Repository opened = repository.Open())
            {
            }

            FailingStorage? failing = null;
            using (Repository dying = repository.OpenOn(storage => failing = new FailingStorage(storage, calls)))
            {
                try
                {
                    Pruner.Run(dying, PrunedRepository.Options with { HasEnded = _ => true }, new PruneProgress(), default);
                }
                catch (StorageException)
                {
                }

                hasFailed = failing!.HasFailed;
            }

            repository.AssertWhole();
            PruneReport report = repository.Prune(options => options with { HasEnded = _ => true });
            Assert.Empty(report.Waiting);
            repository.AssertWhole();
            Assert.InRange(repository.StoredBytes, 700_000, 1_000_000);
            if (!hasFailed)
            {
                Assert.True(calls > 20, $"only {calls} calls");
                return;
            }
        }
    }

    [Fact]
    public void On_a_storage_that_lets_two_take_one_name_only_an_exclusive_prune_runs()
    {
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(1, 400_000)));
        using Repository careless = _repository.OpenOn(storage => new HookedStorage(storage) { IsCareless = true });
        Assert.Throws<UnsupportedException>(() => Pruner.Run(careless, PrunedRepository.Options, new PruneProgress(), default));
        Assert.True(Pruner.Run(careless, PrunedRepository.Options with { IsExclusive = true }, new PruneProgress(), default).PacksDeleted > 0);
        _repository.AssertWhole();
    }
}
