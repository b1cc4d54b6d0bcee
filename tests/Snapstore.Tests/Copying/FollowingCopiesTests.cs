using Snapstore.Backup;
using Snapstore.Copying;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Copying;

/// <summary>Snapshots that are written to several repositories in one reading of their source.</summary>
public sealed class FollowingCopiesTests : IDisposable
{
    private readonly TestDirectory _place = new();
    private readonly TestStorage _sourceStorage = new();
    private readonly TestStorage[] _storages = [new(), new()];
    private readonly TestRepository _source;
    private readonly TestRepository[] _targets;

    public FollowingCopiesTests()
    {
        _source = new TestRepository(_sourceStorage);
        using Repository source = _source.Open();
        _targets = [new TestRepository(_storages[0]), new TestRepository(_storages[1], source.Keys)];
        _place.Make("tree");
    }

    private string this[string name] => _place[$"tree/{name}"];

    public void Dispose()
    {
        _sourceStorage.Dispose();
        _place.Dispose();
    }

    [Fact]
    public void A_stream_that_can_be_read_once_lands_everywhere_and_where_it_waits_no_data_is_read_back()
    {
        byte[] content = TestFiles.Bytes(1, 9_000_000);
        long dataRead = 0;
        _sourceStorage.OnRead = (key, offset, bytes) => dataRead += key.TryParsePack(out _, out _) && offset > 0 && bytes.Length > 500_000 ? bytes.Length : 0;
        Outcome outcome = Run(source => Stream(source, new OnceStream(content)), waits: true);
        Assert.Equal(0, dataRead);
        _sourceStorage.OnRead = null;
        Assert.All(outcome.Copies, copy => Assert.Equal("", copy.Problem));
        Assert.All(outcome.Copies, copy => Assert.InRange(copy.Copied!.Stored.DataBytes, 9_000_000, 9_000_000));
        foreach (TestRepository target in _targets)
        {
            Snapshot copy = Assert.Single(AssertWhole(target, outcome.Report.Id!.Value));
            Assert.Equal(outcome.Report.Manifest.TimeNanoseconds, copy.Manifest.TimeNanoseconds);
            Assert.Equal(1, copy.Manifest.Sequence);
        }
    }

    [Fact]
    public void What_is_unchanged_comes_from_the_repository_and_not_from_the_files()
    {
        TestFiles.Write(this["old"], TestFiles.Bytes(1, 2_000_000));
        TestFiles.Write(this["older"], TestFiles.Bytes(2, 1_000_000));
        File.SetLastWriteTimeUtc(this["old"], new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        _source.Backup(_place["tree"]);

        // Who reads the file again gets these bytes, and the copy shows it.
        DateTime time = File.GetLastWriteTimeUtc(this["old"]);
        File.WriteAllBytes(this["old"], new byte[2_000_000]);
        File.SetLastWriteTimeUtc(this["old"], time);
        TestFiles.Write(this["new"], TestFiles.Bytes(3, 1_500_000));
        Outcome outcome = Run(source => Tree(source, options => options, selection => selection with { IgnoreCtime = true, IgnoreInode = true }));

        Assert.All(outcome.Copies, copy => Assert.Equal("", copy.Problem));
        Assert.Equal(2, outcome.Report.Manifest.Counts.FilesUnchanged);
        Assert.All(_targets, target => Assert.Single(AssertWhole(target, outcome.Report.Id!.Value)));
    }

    [Fact]
    public void An_incremental_reads_only_trees_of_what_is_unchanged_and_names_its_parent()
    {
        for (int i = 0; i < 8; i++)
            TestFiles.Write(this[$"file{i}"], TestFiles.Bytes(i, 1_000_000));
        Outcome first = Run(source => Tree(source));
        TestFiles.Write(this["new"], TestFiles.Bytes(99, 700_000));
        HashSet<StorageKey> data;
        using (Repository source = _source.Open())
            data = [.. source.Index.Packs.Where(pack => pack.Kind == PackKind.Data).Select(pack => pack.Key)];
        long read = 0;
        _sourceStorage.OnRead = (key, _, bytes) => read += data.Contains(key) ? bytes.Length : 0;
        Outcome second = Run(source => Tree(source));
        Assert.Equal(0, read);
        Assert.All(second.Copies, copy => Assert.InRange(copy.Copied!.Stored.DataBytes, 700_000, 700_000));
        for (int i = 0; i < _targets.Length; i++)
            Assert.Equal(first.Copies[i].Copied!.Copy!.Id, second.Copies[i].Copied!.Copy!.Manifest.Parent);
    }

    [Fact]
    public void Deltas_stay_deltas()
    {
        TestFiles.Write(this["table"], TableLines.Make(40_000));
        Run(source => Tree(source));
        TestFiles.Write(this["table"], TableLines.Make(40_000, changedPerMille: 10, seed: 1));
        Outcome outcome = Run(source => Tree(source));
        Assert.All(outcome.Copies, copy => Assert.True(copy.Copied!.Stored.DeltaBlobs > copy.Copied.Stored.DataBlobs * 9 / 10));
        Assert.All(_targets, target => Assert.Equal(2, AssertWhole(target, outcome.Report.Id!.Value).Count));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_one_cannot_keep_up_it_is_waited_for_or_reads_from_the_repository(bool waits)
    {
        byte[] content = TestFiles.Bytes(1, 60_000_000);
        long dataRead = 0;
        _sourceStorage.OnRead = (key, offset, bytes) => Interlocked.Add(ref dataRead, key.TryParsePack(out _, out _) && offset > 0 && bytes.Length > 500_000 ? bytes.Length : 0);

        // Whoever does not wait is done before the first pack is taken; who waits finds a storage that is slow.
        using ManualResetEventSlim held = new(waits);
        Outcome outcome = Run(
            source => Stream(source, new OnceStream(content) { AtEnd = held.Set }),
            wrap: (i, storage) => i > 0 ? storage : new HookedBegin(storage, () =>
            {
                held.Wait();
                Thread.Sleep(waits ? 200 : 0);
            }),
            waits: waits);
        Assert.Equal(waits, dataRead == 0);
        _sourceStorage.OnRead = null;
        Assert.All(outcome.Copies, copy => Assert.Equal("", copy.Problem));
        Assert.All(_targets, target => Assert.Single(AssertWhole(target, outcome.Report.Id!.Value)));
    }

    [Fact]
    public void One_may_die_at_any_call_and_fails_alone()
    {
        TestFiles.Write(this["file"], TestFiles.Bytes(1, 400_000));
        TestStorage[] empty = [.. _storages.Select(storage => storage.Copy())];
        TestStorage emptySource = _sourceStorage.Copy();
        for (int calls = 0; ; calls++)
        {
            Reset(_sourceStorage, emptySource);
            for (int i = 0; i < _storages.Length; i++)
                Reset(_storages[i], empty[i]);
            FailingStorage? failing = null;
            Outcome outcome = Run(source => Tree(source), wrap: (i, storage) => i > 0 ? storage : failing = new FailingStorage(storage, calls));
            Assert.Equal("", outcome.Copies[1].Problem);
            AssertWhole(_targets[1], outcome.Report.Id!.Value);
            if (outcome.Copies[0].Problem.Length > 0)
                Assert.Contains("died", outcome.Copies[0].Problem, StringComparison.Ordinal);
            else
                Assert.NotNull(outcome.Copies[0].Copied);
            using Repository source = _source.Open(), target = _targets[0].Open();
            CopiedRepositories.Copy(source, target, Options);
            AssertWhole(_targets[0], outcome.Report.Id.Value);
            if (!failing!.HasFailed)
                return;
        }
    }

    [Fact]
    public void Where_the_snapshot_fails_there_is_none_anywhere_and_what_was_stored_serves_the_next()
    {
        byte[] content = TestFiles.Bytes(1, 70_000_000);
        Assert.Throws<SourceException>(() => Run(source => Stream(source, new OnceStream(content) { FailsAtEnd = true }), waits: true));
        _source.AssertNoSnapshot();
        Assert.All(_targets, target => target.AssertNoSnapshot());
        Outcome outcome = Run(source => Stream(source, new OnceStream(content)));
        Assert.All(outcome.Copies, copy => Assert.InRange(copy.Copied!.Stored.DataBytes, 0, 10_000_000));
        Assert.All(_targets, target => Assert.Single(AssertWhole(target, outcome.Report.Id!.Value)));
    }

    [Fact]
    public void A_copy_that_a_prune_fenced_begins_again()
    {
        TestFiles.Write(this["file"], TestFiles.Bytes(1, 900_000));
        int fences = 0;
        Outcome outcome = Run(source => Tree(source), wrap: (i, storage) => i > 0 ? storage : new HookedStorage(storage)
        {
            BeforePut = key =>
            {
                if (!key.TryParseId(StorageKey.SnapshotsPrefix, out _) || fences++ > 0)
                    return;
                using Repository pruned = _targets[0].Open();
                Pruner.Run(pruned, CopiedRepositories.PruneOptions, new PruneProgress(), default);
            },
        });
        Assert.True(fences >= 2);
        Assert.All(outcome.Copies, copy => Assert.Equal("", copy.Problem));
        Assert.All(_targets, target => Assert.Single(AssertWhole(target, outcome.Report.Id!.Value)));
    }

    [Fact]
    public void Interrupted_when_the_snapshot_stands_it_stays_and_copy_sends_it()
    {
        TestFiles.Write(this["old"], TestFiles.Bytes(1, 5_000_000));
        _source.Backup(_place["tree"]);
        using CancellationTokenSource cancel = new();
        _sourceStorage.OnRead = (key, offset, bytes) =>
        {
            if (key.TryParsePack(out _, out _) && offset > 0 && bytes.Length > 500_000)
                cancel.Cancel();
        };
        Outcome outcome = Run(source => Tree(source), cancel: cancel.Token);
        _sourceStorage.OnRead = null;
        Assert.All(outcome.Copies, copy => Assert.Equal((null, "it was interrupted"), (copy.Copied, copy.Problem)));
        Assert.All(_targets, target => target.AssertNoSnapshot());
        foreach (TestRepository at in _targets)
        {
            using Repository source = _source.Open(), target = at.Open();
            CopiedRepositories.Copy(source, target, Options);
            AssertWhole(at, outcome.Report.Id!.Value);
        }
    }

    [Fact]
    public void A_repository_is_named_once()
    {
        using Repository source = _source.Open(), target = _targets[0].Open(), again = _targets[0].Open();
        Assert.Throws<UsageException>(() => new FollowingCopies(source, [target, again], Options, waits: false, new RunProgress(), default));
        Assert.Throws<UsageException>(() => new FollowingCopies(source, [source], Options, waits: false, new RunProgress(), default));
    }

    private CopyOptions Options => new() { Origin = PrunedRepository.Origin, Workers = _source.Workers };

    private Outcome Run(Func<Repository, Func<BackupOptions, BackupReport>> take, Func<int, IStorage, IStorage>? wrap = null, bool waits = false, CancellationToken cancel = default)
    {
        using Repository source = _source.Open();
        Repository[] targets = [.. _targets.Select((target, i) => target.OpenOn(storage => wrap?.Invoke(i, storage) ?? storage))];
        try
        {
            using FollowingCopies copies = new(source, targets, Options, waits, new RunProgress(), cancel);
            BackupReport report = take(source)(_source.Options with { OnBegin = copies.Begin, OnNewData = copies.Put });
            return new Outcome(report, copies.Finish(report.Id!.Value));
        }
        finally
        {
            foreach (Repository target in targets)
                target.Dispose();
        }
    }

    private static Func<BackupOptions, BackupReport> Stream(Repository source, Stream content) => options =>
        StreamBackup.Run(source, new StreamSelection("stream"u8.ToArray(), content), options, new RunProgress(), TimeProvider.System, default);

    private Func<BackupOptions, BackupReport> Tree(
        Repository source, Func<BackupOptions, BackupOptions>? change = null, Func<FileSelection, FileSelection>? select = null) => options =>
        _source.BackupOn(source, _place["tree"], select, change?.Invoke(options) ?? options);

    // That all of a target's snapshots are whole, and the copy of this one has what it has.
    private IReadOnlyList<Snapshot> AssertWhole(TestRepository at, SessionId id)
    {
        using Repository source = _source.Open(), target = at.Open();
        IReadOnlyList<Snapshot> snapshots = SnapshotList.Load(target).Snapshots;
        Snapshot copy = Assert.Single(snapshots, snapshot => snapshot.Manifest.Origin == new SnapshotOrigin(source.Id, id));
        Assert.Equal(SnapshotContents.ReadAll(source, id), SnapshotContents.ReadAll(target, copy.Id));
        CheckReport report = Checker.Run(target, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
        Assert.DoesNotContain(report.Findings, finding => finding.Kind != FindingKind.Note);
        return snapshots;
    }

    private static void Reset(TestStorage storage, TestStorage before)
    {
        foreach (string name in storage.Names)
            storage.Remove(name);
        foreach (string name in before.Names)
            storage[name] = before[name];
    }

    private sealed record Outcome(BackupReport Report, IReadOnlyList<FollowedCopy> Copies);

    /// <summary>A stream that has each byte once, as a pipe does.</summary>
    private sealed class OnceStream(byte[] content) : MemoryStream(content)
    {
        public bool FailsAtEnd { get; init; }

        public Action? AtEnd { get; init; }

        public override bool CanSeek => false;

        public override int Read(Span<byte> buffer)
        {
            int read = base.Read(buffer);
            if (read == 0)
                AtEnd?.Invoke();
            return read == 0 && FailsAtEnd ? throw new IOException("the pipe broke") : read;
        }
    }

    /// <summary>A storage that is slow to take a pack.</summary>
    private sealed class HookedBegin(IStorage inner, Action before) : IStorage
    {
        public string Location => inner.Location;

        public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => inner.PutIfAbsent(key, content);

        public IPendingObject BeginObject()
        {
            before();
            return inner.BeginObject();
        }

        public void Read(StorageKey key, long offset, Span<byte> destination) => inner.Read(key, offset, destination);

        public long? SizeOf(StorageKey key) => inner.SizeOf(key);

        public IEnumerable<StoredObject> List(string prefix) => inner.List(prefix);

        public void Delete(StorageKey key) => inner.Delete(key);

        public void Dispose()
        {
        }
    }
}
