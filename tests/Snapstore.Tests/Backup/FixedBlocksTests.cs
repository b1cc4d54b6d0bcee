using Snapstore.Backup;
using Snapstore.Chunking;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Backup;

/// <summary>Files made of pages are cut in blocks that are counted from the file's start.</summary>
public sealed class FixedBlocksTests
{
    private const int Block = 64 << 10;

    [Fact]
    public void A_database_file_is_cut_in_blocks_and_others_by_content()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        byte[] content = TestFiles.Bytes(1, 700_000);
        TestFiles.Write(place["tree/other"], content);
        "SQLite format 3\0"u8.CopyTo(content);
        TestFiles.Write(place["tree/app.db"], content);
        TestRepository repository = new() { Workers = 0 };

        BackupReport report = repository.Backup(place["tree"]);
        Assert.All(Items(repository, report, place["tree/app.db"])[..^1], item => Assert.Equal(Block, item.Length));
        Assert.Contains(Items(repository, report, place["tree/other"])[..^1], item => item.Length != Block);

        report = repository.Backup(place["tree"], s => s with { Force = true }, repository.Options with { Chunker = ChunkerChoice.Parse("content") });
        Assert.Contains(Items(repository, report, place["tree/app.db"])[..^1], item => item.Length != Block);

        report = repository.Backup(place["tree"], s => s with { Force = true }, repository.Options with { Chunker = ChunkerChoice.Parse("fixed:16KiB") });
        Assert.All(Items(repository, report, place["tree/other"])[..^1], item => Assert.Equal(16 << 10, item.Length));
    }

    [Fact]
    public void Behind_a_hole_blocks_are_where_they_would_be_without_it()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        using (FileStream file = new(place["tree/disk"], FileMode.Create))
        {
            file.Write(TestFiles.Bytes(1, 100_000));
            file.Position = (5 * Block) + 8192;
            file.Write(TestFiles.Bytes(2, (2 * Block) + 4096));
            file.SetLength(12 * Block);
        }

        TestRepository repository = new() { Workers = 0 };
        BackupReport report = repository.Backup(place["tree"], options: repository.Options with { Chunker = ChunkerChoice.Parse("fixed:64KiB") });

        long offset = 0;
        int holes = 0;
        foreach (ContentItem item in Items(repository, report, place["tree/disk"]))
        {
            bool staysInOneBlock = offset / Block == (offset + item.Length - 1) / Block;
            Assert.True(item.IsHole || staysInOneBlock, $"the chunk at {offset} has {item.Length} bytes");
            holes += item.IsHole ? 1 : 0;
            offset += item.Length;
        }

        Assert.Equal(12 * Block, offset);
        Assert.True(holes >= 2);
        repository.AssertRestores(report.Id, place["tree"], place["restored"]);
    }

    [Theory]
    [InlineData("auto")]
    [InlineData("content")]
    [InlineData("fixed:4KiB")]
    public void Says_how_content_is_cut(string text) => Assert.NotNull(ChunkerChoice.Parse(text));

    [Theory]
    [InlineData("")]
    [InlineData("cdc:64KiB")]
    [InlineData("fixed")]
    [InlineData("fixed:3KiB")]
    [InlineData("fixed:64KiBs")]
    public void Refuses_what_says_nothing(string text) => Assert.Throws<UsageException>(() => ChunkerChoice.Parse(text));

    private static ContentItem[] Items(TestRepository tests, BackupReport report, string path)
    {
        using Repository repository = tests.Open();
        using TreeReader trees = new(repository);
        Snapshot snapshot = SnapshotList.Read(repository, report.Id!.Value);
        BlobId tree = snapshot.Manifest.Root;
        TreeEntry? entry = null;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            entry = trees.Find(tree, System.Text.Encoding.UTF8.GetBytes(part), "test")!;
            tree = entry.Tree;
        }

        return [.. trees.Items(entry!.Content, entry.Size, "test")];
    }
}
