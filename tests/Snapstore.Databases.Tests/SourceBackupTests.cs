using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests;

/// <summary>What any source may count on: contents in any order, all or nothing, unchanged contents keep their time.</summary>
public sealed class SourceBackupTests
{
    private readonly TestRepository _repository = new();

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Contents_come_back_whatever_their_order(int workers)
    {
        byte[] large = new byte[3 << 20];
        new Random(1).NextBytes(large);
        BackupReport report = Take(workers, ("z/last", large), ("a", [1]), ("m/b/c", [2, 3]));

        using Repository repository = _repository.Open();
        using SnapshotFiles files = new(repository, new SnapshotPath(SnapshotList.Read(repository, report.Id!.Value), []), workers: 1);
        Assert.Equal(large, files.ReadAll("z/last"));
        Assert.Equal([1], files.ReadAll("a"));
        Assert.Equal([2, 3], files.ReadAll("m/b/c"));
        Assert.Equal(["a", "m", "z"], files.List("").Select(entry => Encoding.UTF8.GetString(entry.Name)));
        Assert.Equal((3, 3), (report.Manifest.Counts.Files, report.Manifest.Counts.Directories));
        Assert.Equal("Test", report.Manifest.Database!.Engine);
        Assert.Equal(("lsn", "7"), SnapshotList.Read(repository, report.Id!.Value).Manifest.Database!.Position[0]);
    }

    [Fact]
    public void What_did_not_change_keeps_its_time_and_is_not_stored_again()
    {
        byte[] large = new byte[3 << 20];
        new Random(2).NextBytes(large);
        Take(2, ("t/a", large), ("t/b", [1, 2]));
        BackupReport second = Take(2, ("t/a", large), ("t/b", [1, 3]));

        Assert.Equal((0, 1, 1), (second.Manifest.Counts.FilesNew, second.Manifest.Counts.FilesChanged, second.Manifest.Counts.FilesUnchanged));
        Assert.Equal(0, second.Manifest.Counts.DataBytesNew);
        using Repository repository = _repository.Open();
        Snapshot[] both = [.. SnapshotList.Load(repository).Snapshots];
        using SnapshotFiles before = new(repository, new SnapshotPath(both[0], []), 1), after = new(repository, new SnapshotPath(both[1], []), 1);
        Assert.Equal(before.Find("t/a")!.Mtime, after.Find("t/a")!.Mtime);
        Assert.NotEqual(before.Find("t/b")!.Mtime, after.Find("t/b")!.Mtime);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_content_that_fails_fails_the_snapshot(int workers)
    {
        using Repository repository = _repository.Open();
        using FakeSource source = new([("a", [1])], new FailingStream());

        SourceException failed = Assert.Throws<SourceException>(() => Run(repository, source, workers));

        Assert.Contains("the connection was lost", failed.Message, StringComparison.Ordinal);
        _repository.AssertNoSnapshot();
    }

    // The first content waits for the second to be read far beyond what any queue holds.
    [Fact]
    public void Contents_are_read_beside_each_other()
    {
        using ManualResetEventSlim isFar = new();
        using Repository repository = _repository.Open();
        using PairSource source = new(new WatchedStream(0, isFar.Wait), new WatchedStream(12 << 20, isFar.Set));

        BackupReport report = Run(repository, source, workers: 2);

        Assert.Equal(32 << 20, report.Manifest.Counts.Bytes);
    }

    private BackupReport Take(int workers, params (string Path, byte[] Content)[] contents)
    {
        using Repository repository = _repository.Open();
        using FakeSource source = new(contents, null);
        return Run(repository, source, workers);
    }

    private BackupReport Run(Repository repository, ISource source, int workers) =>
        SourceBackup.Run(repository, source, _repository.Options with { Workers = workers }, new RunProgress(), TimeProvider.System, default);

    private sealed class FakeSource((string Path, byte[] Content)[] contents, Stream? last) : ISource
    {
        public SourceKind Kind => SourceKind.Database;

        public byte[] Name => "test://db"u8.ToArray();

        public SourceFacts Facts => new(new DatabaseFacts { Engine = "Test", Position = [("lsn", "7")], Tables = 2, Rows = 9 });

        public void Capture(ISourceTree tree, CancellationToken cancel)
        {
            foreach ((string path, byte[] content) in contents)
                tree.Put(Encoding.UTF8.GetBytes(path), SourceContent.Of(content));
            tree.WaitUntilRead();
            if (last is not null)
                tree.Put("last"u8, new SourceContent(() => last));
        }

        public void Dispose()
        {
        }
    }

    private sealed class FailingStream : MemoryStream
    {
        public override int Read(Span<byte> buffer) => throw new IOException("the connection was lost");
    }

    private sealed class PairSource(Stream first, Stream second) : ISource
    {
        public SourceKind Kind => SourceKind.Database;

        public byte[] Name => "test://pair"u8.ToArray();

        public SourceFacts Facts => new();

        public void Capture(ISourceTree tree, CancellationToken cancel)
        {
            tree.Put("a"u8, new SourceContent(() => first));
            tree.Put("b"u8, new SourceContent(() => second));
        }

        public void Dispose()
        {
        }
    }

    // 16 MiB of zeros; at a place, something happens.
    private sealed class WatchedStream(long place, Action reached) : MemoryStream
    {
        private const long Size = 16 << 20;
        private long _position;

        public override int Read(Span<byte> buffer)
        {
            if (_position <= place && _position + buffer.Length > place)
                reached();
            int count = (int)Math.Min(buffer.Length, Size - _position);
            buffer[..count].Clear();
            _position += count;
            return count;
        }
    }
}
