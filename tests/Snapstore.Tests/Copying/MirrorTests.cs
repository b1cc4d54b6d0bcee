using Snapstore.Copying;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;
using Snapstore.Tests.Storage;

namespace Snapstore.Tests.Copying;

/// <summary>Byte-level copies: whole at every moment, and the way back for what a disk lost.</summary>
public sealed class MirrorTests : IDisposable
{
    private readonly PrunedRepository _repository = new();
    private readonly TestStorage _place = new();

    public void Dispose() => _place.Dispose();

    [Fact]
    public void A_mirror_opens_and_holds_what_the_repository_holds()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        MirrorReport report = Run();
        Assert.Equal(_place.Names.Count, report.Objects);
        AssertMirrorIsWhole(snapshots: 1);
        Assert.Equal(0, Run().Objects);
        Assert.Equal((0, 0), Compare());
        _repository.Snapshot(PrunedRepository.Bytes(2, 300_000));
        Assert.True(Run(isDryRun: true).Packs > 0);
        Assert.True(Compare().Behind > 0);
        Run();
        Assert.Equal((0, 0), Compare());
        AssertMirrorIsWhole(snapshots: 2);
    }

    [Theory]
    [InlineData(false, 2)]
    [InlineData(true, 1)]
    public void What_is_forgotten_and_pruned_stays_unless_the_mirror_is_exact(bool isExact, int snapshots)
    {
        SessionId first = _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        _repository.Snapshot(PrunedRepository.Bytes(2, 300_000));
        Run();
        _repository.Forget(first);
        _repository.Prune();
        MirrorReport report = Run(isExact);
        Assert.Equal(isExact, report.ObjectsRemoved > 0);
        AssertMirrorIsWhole(snapshots);
        if (isExact)
            Assert.Equal(_repository.StoredBytes, _place.List(StorageKey.PacksPrefix).Sum(pack => pack.Size));
    }

    [Fact]
    public void What_was_forgotten_and_not_pruned_is_not_mirrored()
    {
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(1, 900_000)));
        _repository.Snapshot(PrunedRepository.Bytes(2, 300_000));
        Run();
        AssertMirrorIsWhole(snapshots: 1);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void It_may_die_at_any_call_and_is_whole_all_the_same(bool losesReply)
    {
        SessionId first = _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        _repository.Snapshot(PrunedRepository.Bytes(2, 300_000));
        Run();
        _repository.Forget(first);
        _repository.Prune();
        _repository.Snapshot(PrunedRepository.Bytes(3, 500_000));
        for (int calls = 0; ; calls++)
        {
            TestStorage place = calls % 2 == 0 ? _place.Copy() : new TestStorage();
            FailingStorage failing = new(place, calls) { LosesReply = losesReply };
            try
            {
                Run(isExact: true, place: failing);
            }
            catch (StorageException)
            {
            }

            if (place.Names.Contains(StorageKey.ConfigName))
                AssertIsWhole(place);
            Run(isExact: true, place: place);
            Assert.Equal(2, AssertIsWhole(place));
            if (failing.HasFailed || calls % 2 == 0)
                continue;
            Assert.True(calls > 8, $"only {calls} calls");
            return;
        }
    }

    [Fact]
    public void A_prune_that_takes_packs_while_they_are_copied_leaves_no_hole()
    {
        SessionId first = _repository.Snapshot([.. PrunedRepository.Bytes(1, 900_000), .. PrunedRepository.Bytes(2, 900_000)]);
        _repository.Snapshot(PrunedRepository.Bytes(2, 900_000));
        bool hasPruned = false;
        HookedStorage source = new(_repository.Storage)
        {
            BeforeRead = key =>
            {
                if (hasPruned || !key.TryParsePack(out _, out _))
                    return;
                hasPruned = true;
                _repository.Forget(first);
                Assert.True(_repository.Prune(options => options with { UnusedShareMax = 0 }).PacksDeleted > 0);
            },
        };
        Mirror.Run(source, _place, null, isDryRun: false, new CheckProgress(), default);
        Assert.True(hasPruned);
        AssertMirrorIsWhole(snapshots: 1);
    }

    [Fact]
    public void A_damaged_pack_is_left_out_and_named_and_the_good_one_in_the_mirror_stays()
    {
        SessionId id = _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        Run();
        StorageKey old = _repository.Packs(PackKind.Data)[0].Key;
        _repository.Damage(old, 1000);
        SessionId second = _repository.Snapshot([.. PrunedRepository.Bytes(1, 900_000), .. PrunedRepository.Bytes(2, 900_000)]);
        StorageKey fresh = _repository.Packs(PackKind.Data).First(pack => !_place.Names.Contains(pack.Key.Name)).Key;
        _repository.Damage(fresh, 1000);
        MirrorReport report = Run(isExact: true);
        Assert.Contains(fresh.Name, Assert.Single(report.Problems), StringComparison.Ordinal);
        Assert.DoesNotContain(fresh.Name, _place.Names);
        Assert.Equal(0, report.ObjectsRemoved);

        PackRepairReport repaired = Repair();
        Assert.Equal([old], repaired.Fetched);
        Assert.Equal(_repository.Contents[id], _repository.Read(id));
        Assert.Equal(fresh, Assert.Single(repaired.Damaged).Key);
        Assert.NotEqual(id, second);
    }

    [Fact]
    public void Lost_packs_come_back_and_those_a_prune_deleted_do_not()
    {
        SessionId forgotten = _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        _repository.Snapshot(PrunedRepository.Bytes(2, 900_000));
        Run();
        _repository.Forget(forgotten);
        _repository.Prune();
        StorageKey[] lost = [.. _repository.Packs(PackKind.Data).Concat(_repository.Packs(PackKind.Meta)).Select(pack => pack.Key)];
        foreach (StorageKey key in lost)
            _repository.Storage.Delete(key);
        Assert.Equal(lost.Order(ByName), Repair(isDryRun: true).Fetched.Order(ByName));
        Assert.Null(_repository.Storage.SizeOf(lost[0]));
        Assert.Equal(lost.Order(ByName), Repair().Fetched.Order(ByName));
        _repository.AssertWhole();
    }

    [Fact]
    public void A_repair_may_die_at_any_call_and_the_next_goes_on()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        Run();
        StorageKey pack = _repository.Packs(PackKind.Data)[0].Key;
        for (int calls = 0; ; calls++)
        {
            _repository.Damage(pack, 1000);
            FailingStorage? failing = null;
            try
            {
                using Repository dying = _repository.OpenOn(storage => failing = new FailingStorage(storage, calls));
                PackRepair.Run(dying, null, CopiedRepositories.PruneOptions, new CheckProgress(), default, _place);
            }
            catch (StorageException)
            {
            }

            Repair();
            _repository.AssertWhole();
            foreach (StoredObject kept in _repository.Storage.List(StorageKey.QuarantinePrefix))
                _repository.Storage.Delete(kept.Key);
            if (failing!.HasFailed)
                continue;
            Assert.True(calls > 3, $"only {calls} calls");
            return;
        }
    }

    [Fact]
    public void What_is_lost_or_altered_in_the_mirror_is_found()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        Run();
        string pack = _repository.Packs(PackKind.Data)[0].Key.Name;
        byte[] bytes = _place[pack];
        _place[pack] = [.. bytes[..500], (byte)(bytes[500] ^ 1), .. bytes[501..]];
        Assert.Equal((0, 0), Compare());
        Assert.Equal((0, 1), Compare(ReadDataSelection.All));
        _place[pack] = bytes[..600];
        Assert.Equal((0, 1), Compare());
        Assert.Equal(1, Run().Problems.Total);
        _place.Remove(pack);
        Assert.Equal((0, 1), Compare());
        Run();
        Assert.Equal((0, 0), Compare(ReadDataSelection.All));
        string label = _place.Names.First(name => name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal));
        _place[label] = [.. _place[label].Reverse()];
        Assert.Equal((0, 1), Compare(ReadDataSelection.All));
    }

    [Fact]
    public void Another_repository_and_other_things_are_not_touched()
    {
        TestStorage other = new();
        _ = new TestRepository(other);
        IReadOnlyList<string> names = other.Names;
        Assert.Throws<UsageException>(() => Run(place: other));
        Assert.Equal(names, other.Names);
        TestStorage full = new() { ["packs/other"] = [1] };
        Assert.Throws<UsageException>(() => Run(isExact: true, place: full));
        Assert.Equal(["packs/other"], full.Names);
        Assert.Throws<UsageException>(() => MirrorComparison.Run(_repository.Storage, new TestStorage(), ReadDataSelection.None, new CheckProgress(), default));
        Assert.Throws<RepositoryNotFoundException>(() => Mirror.Run(new TestStorage(), _place, null, isDryRun: false, new CheckProgress(), default));
    }

    [Theory]
    [InlineData(StorageKey.PacksPrefix)]
    [InlineData(StorageKey.SnapshotsPrefix)]
    [InlineData(StorageKey.LabelsPrefix)]
    [InlineData(StorageKey.KeysPrefix)]
    public void What_the_source_lost_is_not_removed_from_an_exact_mirror(string prefix)
    {
        SessionId id = _repository.Snapshot(PrunedRepository.Bytes(1, 900_000));
        using (Repository repository = _repository.Open())
            _ = SnapshotLabels.Change(repository, SnapshotList.Read(repository, id), label => label with { IsHeld = true });
        Run();
        IReadOnlyList<string> before = _place.Names;
        using Repository opened = _repository.Open();
        foreach (StorageKey key in _repository.Storage.List(prefix).Select(found => found.Key).ToList())
            _repository.Storage.Delete(key);

        MirrorReport report = Mirror.Run(_repository.Storage, _place, opened, isDryRun: false, new CheckProgress(), default);

        Assert.Contains("lost", report.Problems[0], StringComparison.Ordinal);
        Assert.Equal(0, report.ObjectsRemoved);
        Assert.Equal(before, _place.Names);
    }

    [Fact]
    public void The_repository_itself_is_no_mirror_by_whatever_name()
    {
        using TestDirectory folder = new();
        TestRepository repository = new(folder["repository"]);
        Directory.CreateSymbolicLink(folder["link"], folder["repository"]);
        using Repository opened = repository.Open();
        using LocalStorage linked = LocalStorage.Open(folder["link"] + "/.");
        Assert.Throws<UsageException>(() => Mirror.Run(opened.Storage, linked, null, isDryRun: false, new CheckProgress(), default));
        Assert.Throws<UsageException>(() => MirrorComparison.Run(opened.Storage, linked, ReadDataSelection.None, new CheckProgress(), default));

        // By another name and another protocol it is only seen by trying.
        using UndisposedStorage other = new(opened.Storage, "another name");
        Assert.Throws<UsageException>(() => Mirror.Run(opened.Storage, other, opened, isDryRun: false, new CheckProgress(), default));
        Assert.DoesNotContain(opened.Storage.List(StorageKey.GarbagePrefix), found => true);
    }

    private static Comparer<StorageKey> ByName { get; } = Comparer<StorageKey>.Create((a, b) => string.CompareOrdinal(a.Name, b.Name));

    private MirrorReport Run(bool isExact = false, bool isDryRun = false, IStorage? place = null)
    {
        using Repository? opened = isExact ? _repository.Open() : null;
        return Mirror.Run(_repository.Storage, place ?? _place, opened, isDryRun, new CheckProgress(), default);
    }

    private (long Behind, long Damage) Compare(ReadDataSelection? reads = null)
    {
        MirrorComparisonReport report = MirrorComparison.Run(_repository.Storage, _place, reads ?? ReadDataSelection.None, new CheckProgress(), default);
        return (report.Behind, report.Damage.Total);
    }

    private PackRepairReport Repair(bool isDryRun = false)
    {
        using Repository repository = _repository.Open();
        return PackRepair.Run(repository, null, CopiedRepositories.PruneOptions with { IsDryRun = isDryRun }, new CheckProgress(), default, _place);
    }

    private void AssertMirrorIsWhole(int snapshots) => Assert.Equal(snapshots, AssertIsWhole(_place));

    private int AssertIsWhole(TestStorage place)
    {
        using Repository mirror = _repository.OpenOn(_ => place);
        SnapshotList list = SnapshotList.Load(mirror);
        Assert.Empty(list.Problems);
        CheckReport report = Checker.Run(mirror, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
        Assert.DoesNotContain(report.Findings, finding => finding.Kind != FindingKind.Note);
        return list.Snapshots.Count;
    }
}
