using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Tests.Backup;

/// <summary>Contents that a source writes itself: several beside each other, all or nothing, and nobody waits for ever.</summary>
public sealed class WrittenFileTests
{
    private static readonly TimeSpan TimeMax = TimeSpan.FromMinutes(1);

    private readonly TestRepository _repository = new();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void Contents_written_in_turns_come_back(int workers)
    {
        byte[][] contents = [.. Enumerable.Range(0, 12).Select(i => TestFiles.Bytes(i, i * 173_001))];
        BackupReport taken = Take(workers, tree =>
        {
            Stream[] open = [.. contents.Select((_, i) => tree.Begin(Path(i), new WrittenContent()))];
            for (int at = 0; at < contents[^1].Length; at += 50_000)
            {
                for (int i = 0; i < open.Length; i++)
                    open[i].Write(contents[i].AsSpan(Math.Min(at, contents[i].Length)..Math.Min(at + 50_000, contents[i].Length)));
                tree.Put(Encoding.UTF8.GetBytes($"beside/{at}"), SourceContent.Of(TestFiles.Bytes(at, 300)));
            }

            foreach (Stream one in open)
                one.Dispose();
        });
        using Repository repository = _repository.Open();
        using SnapshotFiles files = Open(repository, taken);
        for (int i = 0; i < contents.Length; i++)
            Assert.True(contents[i].AsSpan().SequenceEqual(files.ReadAll($"{i}")), $"content {i}");
        Assert.Equal(TestFiles.Bytes(50_000, 300), files.ReadAll("beside/50000"));
        Assert.Equal(contents.Sum(content => content.Length), taken.Manifest.Counts.Bytes - files.List("beside").Sum(file => file.Size));
    }

    [Theory]
    [InlineData(0, 100_000)]
    [InlineData(2, 100_000)]
    [InlineData(2, 5_000_000)]
    public void Holes_are_kept(int workers, int size)
    {
        byte[] data = TestFiles.Bytes(1, 20_000);
        BackupReport taken = Take(workers, tree =>
        {
            DataRuns runs = new(size, [(4096, 14_096), (50_000, 60_000)]);
            using Stream file = tree.Begin("sparse"u8, new WrittenContent { Runs = runs });
            file.Write(data);
        });
        using Repository repository = _repository.Open();
        using SnapshotFiles files = Open(repository, taken);
        byte[] expected = new byte[size];
        data.AsSpan(0, 10_000).CopyTo(expected.AsSpan(4096));
        data.AsSpan(10_000).CopyTo(expected.AsSpan(50_000));
        Assert.True(expected.AsSpan().SequenceEqual(files.ReadAll("sparse")));
        Assert.Equal(20_000, taken.Manifest.Counts.DataBytesNew);
    }

    [Fact]
    public void Names_are_linked_moved_and_removed()
    {
        BackupReport taken = Take(2, tree =>
        {
            tree.Put("a"u8, SourceContent.Of("one"u8.ToArray()));
            Assert.True(tree.Link("d/b"u8, "a"u8));
            Assert.True(tree.Link("c"u8, "d/b"u8));
            Assert.False(tree.Link("x"u8, "nothing"u8));
            Assert.True(tree.Move("c"u8, "e/c"u8));
            Assert.False(tree.Move("c"u8, "f"u8));
            Assert.True(tree.Remove("a"u8));
            Assert.False(tree.Remove("a"u8));
            Assert.Throws<SourceException>(() => tree.Move("e/c"u8, "d/b"u8));
            tree.Put("alone"u8, SourceContent.Of([1]));
            Assert.True(tree.Link("gone"u8, "alone"u8));
            Assert.True(tree.Remove("gone"u8));
        });
        using Repository repository = _repository.Open();
        using SnapshotFiles files = Open(repository, taken);
        Assert.Equal(["alone", "d", "e"], files.List("").Select(entry => Encoding.UTF8.GetString(entry.Name)));
        (TreeEntry b, TreeEntry c) = (files.Find("d/b")!, files.Find("e/c")!);
        Assert.Equal((2UL, 2UL, b.Inode, b.Device), (b.LinkCount, c.LinkCount, c.Inode, c.Device));
        Assert.Equal(1UL, files.Find("alone")!.LinkCount);
        Assert.Equal((3, 3), (taken.Manifest.Counts.Files, taken.Manifest.Counts.FilesNew));
    }

    [Fact]
    public async Task A_source_that_fails_with_open_contents_makes_no_snapshot()
    {
        SourceException failed = await FailsInTime<SourceException>(() => Take(2, tree =>
        {
            tree.Begin("a"u8, new WrittenContent()).Write(new byte[2 << 20]);
            tree.Begin("b"u8, new WrittenContent()).Write(new byte[100]);
            throw new SourceException("the stream broke");
        }));
        Assert.Equal("the stream broke", failed.Message);
        _repository.AssertNoSnapshot();
    }

    [Fact]
    public async Task A_storage_that_fails_ends_the_writing()
    {
        using Repository repository = _repository.OpenOn(storage => new FailingStorage(storage, 20));
        await FailsInTime<StorageException>(() => Run(repository, 2, tree =>
        {
            Stream other = tree.Begin("other"u8, new WrittenContent());
            using Stream file = tree.Begin("file"u8, new WrittenContent());
            for (int i = 0; i < 1000; i++)
            {
                file.Write(TestFiles.Bytes(i, 1 << 20));
                other.Write(TestFiles.Bytes(i, 1000));
            }
        }));
        Assert.Empty(SnapshotList.Load(repository).Snapshots);
    }

    [Fact]
    public async Task Too_many_open_contents_are_refused()
    {
        SourceException failed = await FailsInTime<SourceException>(() => Take(2, tree =>
        {
            for (int i = 0; i < 65; i++)
                tree.Begin(Path(i), new WrittenContent()).Write(TestFiles.Bytes(i, 300_000));
        }));
        Assert.Contains("more than 64 files open at once", failed.Message, StringComparison.Ordinal);
        _repository.AssertNoSnapshot();
    }

    private static byte[] Path(int i) => Encoding.UTF8.GetBytes($"{i}");

    private static SnapshotFiles Open(Repository repository, BackupReport taken) =>
        new(repository, new SnapshotPath(SnapshotList.Read(repository, taken.Id!.Value), []), workers: 0);

    private static Task<T> FailsInTime<T>(Action action)
        where T : Exception => Assert.ThrowsAsync<T>(() => Task.Run(action).WaitAsync(TimeMax));

    private BackupReport Take(int workers, Action<ISourceTree> capture)
    {
        using Repository repository = _repository.Open();
        return Run(repository, workers, capture);
    }

    private BackupReport Run(Repository repository, int workers, Action<ISourceTree> capture)
    {
        using WritingSource source = new(capture);
        return SourceBackup.Run(repository, source, _repository.Options with { Workers = workers }, new RunProgress(), TimeProvider.System, default);
    }

    private sealed class WritingSource(Action<ISourceTree> capture) : ISource
    {
        public SourceKind Kind => SourceKind.Stream;

        public byte[] Name => "written"u8.ToArray();

        public SourceFacts Facts => new();

        public void Capture(ISourceTree tree, CancellationToken cancel) => capture(tree);

        public void Dispose()
        {
        }
    }
}
