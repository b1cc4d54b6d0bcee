using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Browse;

public sealed class ContentReaderTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Reads_empty_short_long_and_sparse_files(int workers)
    {
        ContentPart repeated = ContentPart.Noise(50_000, 1);
        TestTree[] files =
        [
            TestTree.File("empty", ""),
            TestTree.File("short", "hello"),
            TestTree.File("long", [.. Enumerable.Range(0, 300).Select(i => ContentPart.Noise(20_000 + i, i))]),
            TestTree.File("sparse", ContentPart.Hole(100_000), ContentPart.Noise(70_000, 7), ContentPart.Hole(1_000_001)),
            TestTree.File("repeats", [.. Enumerable.Range(0, 50).SelectMany(i => new[] { repeated, ContentPart.Noise(3000, i) })]),
        ];
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(files);
        using TreeReader trees = new(test.Repository);
        using ContentReader reader = new(test.Repository, workers);
        foreach (TestTree file in files)
        {
            TreeEntry entry = PathFinder.Find(trees, new SnapshotPath(snapshot, [(byte)'/', .. file.Entry.Name]));
            using MemoryStream copy = new();
            reader.CopyTo(entry, "it", copy, CancellationToken.None);
            Assert.Equal(file.Content(), copy.ToArray());

            using Stream stream = reader.Open(entry, "it");
            using MemoryStream read = new();
            stream.CopyTo(read, 4097);
            Assert.Equal(file.Content(), read.ToArray());
        }
    }

    [Fact]
    public void Reads_any_sequence_of_blobs_and_holes()
    {
        Gen<ContentPart> part = Gen.OneOf(
            from seed in Gen.Choose(0, 20) select ContentPart.Noise(1000 + (seed * 37_000), seed),
            from length in Gen.Choose(1, 300_000) select ContentPart.Hole(length));
        Prop.ForAll(part.ListOf().ToArbitrary(), parts =>
        {
            TestTree file = TestTree.File("f", [.. parts]);
            using BrowsedRepository test = new();
            Snapshot snapshot = test.Take(file);
            using TreeReader trees = new(test.Repository);
            using ContentReader reader = new(test.Repository, 1);
            using MemoryStream copy = new();
            reader.CopyTo(PathFinder.Find(trees, new SnapshotPath(snapshot, "/f"u8.ToArray())), "f", copy, CancellationToken.None);
            return copy.ToArray().AsSpan().SequenceEqual(file.Content());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(12));
    }

    [Fact]
    public void Says_which_file_is_damaged()
    {
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(TestTree.File("f", ContentPart.Noise(100_000, 1)));
        using TreeReader trees = new(test.Repository);
        TreeEntry entry = PathFinder.Find(trees, new SnapshotPath(snapshot, "/f"u8.ToArray()));
        PackReference pack = test.Repository.Index.Packs.Single(p => p.Kind == PackKind.Data);
        byte[] content = Repository.ReadWhole(test.Storage, pack.Key);
        content[content.Length / 2] ^= 1;
        test.Storage.Delete(pack.Key);
        test.Storage.PutIfAbsent(pack.Key, content);

        using ContentReader reader = new(test.Repository, 1);
        CorruptDataException damage = Assert.Throws<CorruptDataException>(() => reader.CopyTo(entry, "/f", Stream.Null, CancellationToken.None));
        Assert.StartsWith("/f cannot be read whole: ", damage.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Says_how_far_a_path_goes()
    {
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(TestTree.Directory("a", TestTree.File("f", "x"), TestTree.Symlink("l", "/etc")));
        using TreeReader trees = new(test.Repository);
        Assert.Equal(EntryKind.File, PathFinder.Find(trees, At("/a/f")).Kind);
        Assert.Equal(EntryKind.Directory, PathFinder.Find(trees, At("")).Kind);
        Assert.Contains("/a has no 'g'", Message("/a/g"), StringComparison.Ordinal);
        Assert.Contains("/ has no 'b'", Message("/b/c"), StringComparison.Ordinal);
        Assert.Contains("/a/f is not a directory", Message("/a/f/g"), StringComparison.Ordinal);
        Assert.Contains("/a/l is a symbolic link to /etc", Message("/a/l/g"), StringComparison.Ordinal);

        SnapshotPath At(string path) => new(snapshot, Encoding.UTF8.GetBytes(path));

        string Message(string path) => Assert.Throws<UsageException>(() => PathFinder.Find(trees, At(path))).Message;
    }
}
