using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Backup;

public sealed class InterruptionTests
{
    private static readonly TimeSpan Hang = TimeSpan.FromSeconds(60);

    // Every call that writes fails once as the last thing the writer does.
    [Theory]
    [InlineData(0, 1)]
    [InlineData(2, 3)]
    public async Task A_writer_that_dies_at_any_call_leaves_a_repository_that_a_rerun_completes(int workers, int step)
    {
        using TestDirectory place = new();
        MakeTree(place["old"], 2);
        MakeTree(place["tree"], 6);
        bool isDead = true;
        for (int calls = 0; isDead; calls += step)
        {
            TestRepository repository = new() { Workers = workers };
            BackupReport old = repository.Backup(place["old"]);
            FailingStorage? dying = null;
            using Repository broken = repository.OpenOn(inner => dying = new FailingStorage(inner, calls));
            Task<BackupReport> run = Task.Run(() => repository.BackupOn(broken, place["tree"]));
            Exception? failure = await Record.ExceptionAsync(() => run.WaitAsync(Hang));
            isDead = dying!.HasFailed;
            if (failure is not null)
                Assert.IsType<StorageException>(failure);

            BackupReport rerun = repository.Backup(place["tree"]);
            string target = place[$"restored-{calls}"];
            repository.AssertRestores(rerun.Id, place["tree"], target);
            repository.AssertRestores(old.Id, place["old"], target + "-old");
            AssertNothingTwice(repository);
            TestDirectory.Run("rm", "-rf", target, target + "-old");
        }
    }

    [Theory]
    [InlineData(2)]
    [InlineData(1)]
    public async Task A_storage_that_fails_under_a_large_file_ends_the_run(int workers)
    {
        using TestDirectory place = new();
        for (int i = 0; i < 24; i++)
            TestFiles.Write($"{Directory.CreateDirectory(place["tree"]).FullName}/{i}", TestFiles.Bytes(i, 4 << 20));
        TestRepository repository = new() { Workers = workers };
        foreach (int calls in new[] { 3, 20, 45 })
        {
            using Repository broken = repository.OpenOn(inner => new FailingStorage(inner, calls));
            Task<BackupReport> run = Task.Run(() => repository.BackupOn(broken, place["tree"]));
            StorageException failure = await Assert.ThrowsAsync<StorageException>(() => run.WaitAsync(Hang));
            Assert.Contains("died", failure.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public async Task A_cancelled_run_keeps_what_it_stored_and_a_rerun_stores_the_rest(int workers)
    {
        using TestDirectory place = new();
        string tree = place.Make("tree");
        for (int i = 0; i < 20; i++)
            TestFiles.Write($"{tree}/{i:d2}", TestFiles.Bytes(i, 3 << 20));
        TestRepository repository = new() { Workers = workers };
        using CancellationTokenSource cancel = new();
        using (Repository watched = repository.OpenOn(inner => new FailingStorage(inner, int.MaxValue)
        {
            OnCall = call =>
            {
                if (call == 20)
                    cancel.Cancel();
            },
        }))
        {
            Task<BackupReport> run = Task.Run(() => repository.BackupOn(watched, tree, cancel: cancel.Token));
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run.WaitAsync(Hang));
        }

        repository.AssertNoSnapshot();
        long stored = IndexedDataBytes(repository);
        Assert.True(stored >= 3 << 20, $"only {stored} bytes were kept");
        BackupReport rerun = repository.Backup(tree);
        Assert.Equal((60 << 20) - stored, rerun.Manifest.Counts.DataBytesNew);
        AssertNothingTwice(repository);
        repository.AssertRestores(rerun.Id, tree, place["restored"]);
    }

    [Fact]
    public void A_run_that_is_cancelled_before_it_begins_stores_nothing()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], 1);
        TestRepository repository = new();
        IReadOnlySet<string> before = repository.Objects();
        Assert.ThrowsAny<OperationCanceledException>(() => repository.Backup(place["tree"], cancel: new CancellationToken(canceled: true)));
        Assert.Equal(before, repository.Objects());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_call_that_fails_once_ends_the_run_and_no_session_record_stays(int workers)
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], 3);
        TestRepository repository = new() { Workers = workers };
        using (Repository broken = repository.OpenOn(inner => new FailingStorage(inner, 5, isOnce: true)))
            Assert.Throws<StorageException>(() => repository.BackupOn(broken, place["tree"]));
        Assert.DoesNotContain(repository.Objects(), name => name.StartsWith("sessions/", StringComparison.Ordinal));
        repository.AssertRestores(repository.Backup(place["tree"]).Id, place["tree"], place["restored"]);
    }

    [Fact]
    public async Task Failed_runs_leave_no_descriptors_open()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], 40);
        using TestDirectory stored = new();
        TestRepository repository = new(stored["repository"]);
        for (int i = 0; i < 12; i++)
        {
            int calls = i / 2;
            using Repository broken = repository.OpenOn(inner => new FailingStorage(inner, calls));
            await Assert.ThrowsAsync<StorageException>(() => Task.Run(() => repository.BackupOn(broken, place["tree"])).WaitAsync(Hang));
        }

        repository.Backup(place["tree"]);
        Assert.DoesNotContain(OpenPaths(), path => path.StartsWith(place["tree"], StringComparison.Ordinal));
        // The storages under the failing ones were never closed by this test; files being written were.
        Assert.DoesNotContain(OpenPaths(), path => path.StartsWith(stored["repository/tmp/"], StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_writers_at_once_make_two_whole_snapshots()
    {
        using TestDirectory place = new();
        MakeTree(place["a"], 8);
        MakeTree(place["b"], 8);
        TestRepository repository = new(place["repository"]);

        Task<BackupReport> a = Task.Run(() => repository.Backup(place["a"])), b = Task.Run(() => repository.Backup(place["b"]));
        await Task.WhenAll(a, b).WaitAsync(Hang);

        repository.AssertRestores((await a).Id, place["a"], place["restored-a"]);
        repository.AssertRestores((await b).Id, place["b"], place["restored-b"]);
        Assert.DoesNotContain(repository.Objects(), name => name.StartsWith("sessions/", StringComparison.Ordinal));
    }

    [Fact]
    public void A_dry_run_counts_and_stores_nothing()
    {
        using TestDirectory place = new();
        MakeTree(place["tree"], 3);
        TestRepository repository = new();
        IReadOnlySet<string> before = repository.Objects();
        BackupReport dry = repository.Backup(place["tree"], options: repository.Options with { DryRun = true });
        Assert.Null(dry.Id);
        Assert.Equal(before, repository.Objects());
        BackupReport real = repository.Backup(place["tree"]);
        Assert.Equal(real.Manifest.Counts.DataBytesNew, dry.Manifest.Counts.DataBytesNew);
        Assert.Equal(real.Manifest.Root, dry.Manifest.Root);
    }

    private static IEnumerable<string> OpenPaths() =>
        Directory.EnumerateFileSystemEntries("/proc/self/fd").Select(fd => new FileInfo(fd).LinkTarget ?? "");

    private static long IndexedDataBytes(TestRepository repository)
    {
        using Repository open = repository.Open();
        Assert.Empty(open.Loaded.Unindexed);
        return Blobs(open).Where(blob => blob.IsData).Sum(blob => (long)blob.Length);
    }

    private static void AssertNothingTwice(TestRepository repository)
    {
        using Repository open = repository.Open();
        List<BlobId> ids = [.. Blobs(open).Select(blob => blob.Id)];
        Assert.Equal(ids.Distinct().Count(), ids.Count);
    }

    private static IEnumerable<(BlobId Id, int Length, bool IsData)> Blobs(Repository open) =>
        from pack in open.Index.Packs
        let read = PackReader.ReadDirectory(open, pack.Key, pack.Size)
        from blob in read.Directory.Blobs.ToArray()
        select (blob.Id, blob.Length, read.Kind == PackKind.Data);

    private static void MakeTree(string path, int directories)
    {
        for (int d = 0; d < directories; d++)
        {
            Directory.CreateDirectory($"{path}/{d}");
            for (int f = 0; f < 5; f++)
                TestFiles.Write($"{path}/{d}/{f}", TestFiles.Bytes((d * 5) + f + path.Length, 1000 * f));
        }

        TestFiles.Write($"{path}/large", TestFiles.Bytes(path.Length, 2 << 20));
    }
}
