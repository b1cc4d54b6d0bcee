using Snapstore.Cli.Tests;
using Snapstore.Garbage;
using Snapstore.RemoteStorage.S3;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.S3;

/// <summary>Locks of objects (spec/object-lock.md): what is locked and until when, what a snapshot extends, what a prune leaves. On the
/// store in this process, and on Ceph.</summary>
[Collection(CephCollection.Name)]
public sealed class ObjectLockTests(CephGateway ceph) : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), WaitMax = TimeSpan.FromMinutes(3);

    // Locks last for 50 hours at least: a day, an hour, and a day of spare. So a clock that is behind by nearly that sets some that end soon.
    private static readonly ObjectLockTerms Day = new(Storage.ObjectLockMode.Compliance, 1);
    private static readonly TimeSpan Whole = Day.UntilFrom(default(DateTimeOffset).AddYears(1)) - default(DateTimeOffset).AddYears(1);

    // It ignores the condition of puts in buckets with versions, and is refused for that; without conditions it is used as it is.
    private const string WithoutConditions = "?conditions=no";

    private readonly FakeS3 _server = new();
    private string _place = "";

    public void Dispose() => _server.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_but_what_goes_soon_is_locked_and_cannot_be_deleted(bool isCeph)
    {
        using LockedRepository repository = Make(isCeph, TimeProvider.System);
        DateTimeOffset begun = TimeProvider.System.GetUtcNow();
        repository.Write("a", 1);
        repository.Snapshot(TimeProvider.System);
        Dictionary<string, DateTimeOffset?> locks = repository.Locks();
        Assert.Equal(["config", "index", "keys", "packs", "snapshots"], locks.Keys.Select(name => name.Split('/')[0]).Distinct().Order());
        foreach ((string name, DateTimeOffset? until) in locks)
            Assert.True(until > begun + TimeSpan.FromDays(1) && until < begun + Whole + WaitMax, $"{name} until {until}");

        using Repository opened = repository.Open(TimeProvider.System);
        foreach (StoredObject found in opened.Storage.List("").ToList())
        {
            StorageException refused = Assert.Throws<StorageException>(() => opened.Storage.Delete(found.Key));
            Assert.Equal(locks[found.Key.Name], refused.LockedUntil);
            Assert.Contains("is locked until", refused.Message, StringComparison.Ordinal);
        }

        Assert.Equal(locks, repository.Locks());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_prune_leaves_what_is_locked_says_when_it_can_go_and_removes_it_then(bool isCeph)
    {
        DateTimeOffset end = TimeProvider.System.GetUtcNow() + TimeSpan.FromSeconds(isCeph ? 15 : 3600);
        TimeProvider early = new ShiftedTime(end - TimeProvider.System.GetUtcNow() - Whole);
        using LockedRepository repository = Make(isCeph, early);
        repository.Write("a", 1);
        SessionId first = repository.Snapshot(early);
        repository.Write("a", 2);
        SessionId second = repository.Snapshot(early);
        List<string> packs = repository.Packs();
        repository.Forget(early, first);

        PruneReport kept = repository.Prune(early);
        Assert.Equal(packs, repository.Packs());
        Assert.Equal((0, 1), (kept.PacksDeleted, kept.SnapshotsLocked));
        Assert.Equal((2, 0L), (kept.Locked.Packs, kept.Plan!.FreedBytes));
        Dictionary<string, DateTimeOffset?> locks = repository.Locks();
        Assert.Contains(packs, name => locks[name] == kept.Locked.From);
        Assert.True(kept.Locked.From <= kept.Locked.Until);
        using (Repository opened = repository.Open(early))
            Forgetter.Undelete(opened, SnapshotList.Load(opened).Forgotten.Single(), new("host", "user", "test", 0), CancellationToken.None);
        Assert.Equal(2, Snapshots(repository, early));

        // The store's clock decides; ours only says what is worth trying.
        TimeProvider late = isCeph ? TimeProvider.System : new ShiftedTime(TimeSpan.FromDays(3));
        DateTimeOffset giveUp = kept.Locked.Until + WaitMax;
        if (!isCeph)
            SetAhead(TimeSpan.FromDays(3));
        foreach (SessionId id in Ids(repository, late).Where(id => id != second))
            repository.Forget(late, id);
        int deleted = repository.Prune(late).PacksDeleted;
        while (deleted < 2 && TimeProvider.System.GetUtcNow() < giveUp)
        {
            Thread.Sleep(1000);
            deleted += repository.Prune(late).PacksDeleted;
        }

        Assert.Equal(2, deleted);
        Assert.Equal(packs.Count - 2, repository.Packs().Count);
        Assert.Equal(1, Snapshots(repository, late));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_snapshot_extends_the_locks_of_what_it_reuses_and_of_nothing_else(bool isCeph)
    {
        using LockedRepository repository = Make(isCeph, TimeProvider.System);
        repository.Write("kept", 1);
        repository.Write("gone", 2);
        repository.Snapshot(TimeProvider.System);
        Dictionary<string, DateTimeOffset?> before = repository.Locks();
        File.Delete(Path.Combine(repository.Source, "gone"));
        repository.Write("new", 3);
        repository.Snapshot(TimeProvider.System);
        List<string> added = [.. repository.Locks().Keys.Except(before.Keys)];

        // By then the locks of the first end too early for a snapshot.
        TimeProvider later = new ShiftedTime(TimeSpan.FromHours(30));
        DateTimeOffset due = Day.DueAt(later.GetUtcNow());
        File.Delete(Path.Combine(repository.Source, "kept"));
        repository.Snapshot(later);
        Dictionary<string, DateTimeOffset?> after = repository.Locks();
        string[] extended = [.. before.Keys.Concat(added).Where(name => after[name] >= due).Select(name => name.Split('/')[0])];
        Assert.Equal(["config", "keys", "packs", "packs"], extended.Order());
        Assert.Equal(2, added.Count(name => name.StartsWith("packs/", StringComparison.Ordinal) && after[name] >= due));
        Assert.All(after.Where(found => before.ContainsKey(found.Key) && found.Value < due), found => Assert.Equal(before[found.Key], found.Value));
    }

    // The promise itself: whoever may delete all that is not locked destroys nothing of a snapshot for so many days.
    [Fact]
    public void An_enemy_who_deletes_all_that_he_can_destroys_nothing_of_the_last_snapshot()
    {
        using LockedRepository repository = Make(isCeph: false, TimeProvider.System);
        for (int hours = 0; hours <= 16; hours += 8)
        {
            repository.Write($"file-{hours}", hours);
            repository.Write("rewritten", 100 + hours);
            if (hours == 0)
                repository.Write("changing", 7, 1 << 20);
            else
                repository.Change("changing", (byte)hours, every: 10_000);
            if (hours == 16)
                File.Delete(Path.Combine(repository.Source, "file-0"));
            repository.Snapshot(new ShiftedTime(TimeSpan.FromHours(hours)), hours % 16 == 0 ? "cache" : null);
        }

        // Nothing has changed since: only what is looked up tells what has to be extended, of deltas their bases as well.
        SessionId last = repository.Snapshot(new ShiftedTime(TimeSpan.FromHours(44)), "cache");
        SetAhead(TimeSpan.FromHours(44 + 24));
        int destroyed = 0;
        using (S3Storage enemy = S3Storage.Open(S3Location.Parse(_place), FakeS3.Settings))
        {
            foreach (StoredVersion version in enemy.ListVersions("").ToList())
                destroyed += Destroy(enemy, version);
        }

        Assert.True(destroyed > 5, $"{destroyed}");
        using Repository opened = repository.Open(TimeProvider.System);
        Assert.True(opened.Index.DeltaCount > 0);
        Maintenance.CheckReport report = Maintenance.Checker.Run(opened, new Maintenance.CheckOptions { ReadData = Maintenance.ReadDataSelection.All }, new Maintenance.CheckProgress(), CancellationToken.None);
        Assert.Contains(SnapshotList.Load(opened).Snapshots, snapshot => snapshot.Id == last);
        Assert.DoesNotContain(report.Findings, finding => finding.Affected.Any(affected => affected.Snapshot == last));
    }

    [Fact]
    public void A_snapshot_that_reuses_what_it_knows_to_be_locked_asks_and_extends_nothing()
    {
        using LockedRepository repository = Make(isCeph: false, TimeProvider.System);
        repository.Write("a", 1);
        repository.Snapshot(TimeProvider.System, "cache");
        repository.Snapshot(TimeProvider.System, "cache");
        int asked = Heads(repository);
        repository.ForgetLocks("cache");

        // Of two packs, the config and a key it has to ask anew; all are locked for long enough.
        Assert.Equal(asked + 4, Heads(repository));
        Assert.Equal(asked, Heads(repository));
        Assert.Equal(0, _server.Count("PUT retention"));
    }

    [Fact]
    public void A_snapshot_of_nothing_new_takes_two_requests_more_than_without_locks()
    {
        using LockedRepository locked = Make(isCeph: false, TimeProvider.System), plain = new(_server.NewPlace(), FakeS3.Settings, null, TimeProvider.System);

        // A listing of keys, and one of the versions of the session's record, which goes.
        Assert.Equal(RequestsOfNothingNew(plain) + 2, RequestsOfNothingNew(locked));
    }

    [Fact]
    public void The_program_locks_on_Ceph_where_it_is_told_that_it_writes_alone()
    {
        using SnapstoreProgram program = new();
        program.Without("SNAPSTORE_KEY_FILE").With("SNAPSTORE_REPOSITORY", ceph.NewPlace() + WithoutConditions).With("AWS_EC2_METADATA_DISABLED", "true")
            .With("AWS_ACCESS_KEY_ID", CephGateway.AccessKey).With("AWS_SECRET_ACCESS_KEY", CephGateway.SecretKey);
        program.Run("init", "--create-bucket", "--object-lock", "1", "--new-key-file", program.KeyFile).Expect(0);
        program.With("SNAPSTORE_KEY_FILE", program.KeyFile).Write("a", "some content");
        string first = program.Snapshot();
        program.Write("a", "another content");
        program.Snapshot();
        Assert.Matches("can go from 20[0-9-]+", program.Run("forget", first, "--prune", "--exclusive", "--max-unused", "0%").Expect(0).Output);
        program.Run("check", "--read-data").Expect(0);
    }

    [Fact]
    public void A_pack_that_goes_up_in_parts_is_locked_on_Ceph_too()
    {
        S3Settings settings = CephGateway.Settings with { PartsAbove = 6 << 20, PartSize = 5 << 20 };
        using LockedRepository repository = new(ceph.NewPlace() + WithoutConditions, settings, Day, TimeProvider.System);
        repository.Write("large", 1, 12 << 20);
        repository.Snapshot(TimeProvider.System);
        Assert.All(repository.Locks(), found => Assert.NotNull(found.Value));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_deleted_or_put_over_is_found_and_brought_back(bool isCeph)
    {
        using LockedRepository repository = Make(isCeph, TimeProvider.System);
        repository.Write("a", 1);
        repository.Snapshot(TimeProvider.System);
        Dictionary<string, DateTimeOffset?> before = repository.Locks();
        using (S3Storage enemy = S3Storage.Open(S3Location.Parse(_place), isCeph ? CephGateway.Settings : FakeS3.Settings))
        {
            foreach (StoredObject found in enemy.List("").ToList())
                enemy.Hide(found.Key);
            Assert.Empty(enemy.List(""));

            // And puts something else where a pack was, locked for longer than all.
            StorageKey pack = StorageKey.TryParse(before.Keys.First(name => name.StartsWith("packs/", StringComparison.Ordinal)))!.Value;
            enemy.Use(new ObjectLockTerms(Storage.ObjectLockMode.Compliance, 2), TimeProvider.System);
            Assert.True(enemy.PutIfAbsent(pack, "something else"u8));
        }

        using S3Storage storage = S3Storage.Open(S3Location.Parse(_place), isCeph ? CephGateway.Settings : FakeS3.Settings);
        List<Repair.RestoredObject> dry = [.. Repair.VersionRepair.Run(storage, DateTimeOffset.MinValue, isDryRun: true, CancellationToken.None)];
        Assert.Equal(before.Keys.Order(), dry.Select(one => one.Object.Key.Name).Order());
        Assert.Single(dry, one => !one.Object.IsHidden);
        Assert.Empty(Repair.VersionRepair.Run(storage, TimeProvider.System.GetUtcNow() + Hour, isDryRun: false, CancellationToken.None));
        List<Repair.RestoredObject> restored = [.. Repair.VersionRepair.Run(storage, DateTimeOffset.MinValue, isDryRun: false, CancellationToken.None)];
        Assert.All(restored, one => Assert.Equal("", one.Problem));
        Assert.Equal(before.Keys.Order(), repository.Locks().Keys.Order());
        Assert.Empty(Repair.VersionRepair.Run(storage, DateTimeOffset.MinValue, isDryRun: false, CancellationToken.None));
        using Repository opened = repository.Open(TimeProvider.System);
        Maintenance.CheckReport report = Maintenance.Checker.Run(opened, new Maintenance.CheckOptions { ReadData = Maintenance.ReadDataSelection.All }, new Maintenance.CheckProgress(), CancellationToken.None);
        Assert.Empty(report.Findings);
    }

    [Fact]
    public void A_store_whose_buckets_with_versions_ignore_conditions_is_refused()
    {
        StorageException refused = Assert.Throws<StorageException>(() => S3Storage.Create(S3Location.Parse(ceph.NewPlace()), makeBucket: true, CephGateway.Settings, Day));
        Assert.Contains("in buckets with object lock", refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_bucket_without_object_lock_is_refused(bool isCeph)
    {
        S3Location place = S3Location.Parse(isCeph ? ceph.NewPlace() : _server.NewPlace());
        S3Settings settings = isCeph ? CephGateway.Settings : FakeS3.Settings;
        S3Storage.Create(place, makeBucket: true, settings).Dispose();
        UsageException refused = Assert.Throws<UsageException>(() => S3Storage.Create(place, makeBucket: true, settings, Day));
        Assert.Contains("has no object lock", refused.Message, StringComparison.Ordinal);
        using S3Storage storage = S3Storage.Open(place, settings);
        Assert.Empty(storage.List(""));
    }

    private LockedRepository Make(bool isCeph, TimeProvider time)
    {
        _place = isCeph ? ceph.NewPlace() + WithoutConditions : _server.NewPlace();
        return new LockedRepository(_place, isCeph ? CephGateway.Settings : FakeS3.Settings, Day, time);
    }

    private void SetAhead(TimeSpan time) => _server.SetAhead(S3Location.Parse(_place), time);

    private static int Destroy(S3Storage enemy, StoredVersion version)
    {
        try
        {
            enemy.DeleteVersion(version);
            return 1;
        }
        catch (StorageException)
        {
            return 0;
        }
    }

    private int RequestsOfNothingNew(LockedRepository repository)
    {
        repository.Write("a", 1);
        repository.Snapshot(TimeProvider.System, "cache");
        repository.Snapshot(TimeProvider.System, "cache");
        int before = _server.Requests;
        repository.Snapshot(TimeProvider.System, "cache");
        return _server.Requests - before;
    }

    private int Heads(LockedRepository repository)
    {
        int before = _server.Count("HEAD");
        repository.Snapshot(TimeProvider.System, "cache");
        return _server.Count("HEAD") - before;
    }

    private static List<SessionId> Ids(LockedRepository repository, TimeProvider time)
    {
        using Repository opened = repository.Open(time);
        return [.. SnapshotList.Load(opened).Snapshots.Select(snapshot => snapshot.Id)];
    }

    private static int Snapshots(LockedRepository repository, TimeProvider time) => Ids(repository, time).Count;
}
