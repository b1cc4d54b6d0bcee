using System.Text;
using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Storage;

namespace Snapstore.Tests.Restore;

/// <summary>Snapshots that no backup makes, sealed with the real keys: whoever holds these could write them.</summary>
public sealed class HostileSnapshotTests
{
    private static readonly EntryOwner Owner = new(0, 0, "", "");

    [Fact]
    public void A_hard_link_group_of_a_link_and_a_file_gives_two_things()
    {
        using TestDirectory place = new();
        TestFiles.Write(place["canary"], "precious");
        TestRepository repository = new();
        SessionId id = Commit(repository, tree =>
        {
            tree.Add(Entry("a", EntryKind.Symlink) with { Target = Encoding.UTF8.GetBytes(place["canary"]), Device = 5, Inode = 7, LinkCount = 2 });
            tree.Add(File("b", "through") with { Device = 5, Inode = 7, LinkCount = 2 });
            tree.Add(File("c", "another") with { Device = 5, Inode = 7, LinkCount = 2 });
        });

        RestoreReport report = repository.Restore(id, "", place["target"]);

        Assert.Empty(report.Damage);
        Assert.Equal("precious", System.IO.File.ReadAllText(place["canary"]));
        Assert.Equal(["through", "another"], [System.IO.File.ReadAllText(place["target/b"]), System.IO.File.ReadAllText(place["target/c"])]);
        Assert.Null(new FileInfo(place["target/b"]).LinkTarget);
    }

    [Fact]
    public void A_link_and_a_directory_of_one_name_are_refused()
    {
        using TestDirectory place = new();
        place.Make("outside");
        TestRepository repository = new();
        SessionId id = Commit(repository, (put, splitter) =>
        {
            TreeWriter inner = new(splitter, put);
            inner.Add(File("planted", "evil"));
            BlobId below = inner.Finish().Root;
            TreeWriter tree = new(splitter, put);
            tree.Add(File("0", "first"));
            tree.Add(Entry("a", EntryKind.Symlink) with { Target = Encoding.UTF8.GetBytes(place["outside"]) });
            tree.Add(Entry("a", EntryKind.Directory) with { Tree = below });
            return tree.Finish().Root;
        });
        RestoreReport report = repository.Restore(id, "", place["target"]);
        Assert.NotEmpty(report.Damage);
        Assert.Empty(Directory.GetFileSystemEntries(place["outside"]));
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("../escaped")]
    [InlineData("/absolute")]
    [InlineData("a/b")]
    public void A_name_that_leads_elsewhere_is_refused(string name)
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        SessionId id = Commit(repository, tree => tree.Add(File(name, "evil")));
        RestoreReport report = repository.Restore(id, "", place["in/target"]);
        Assert.NotEmpty(report.Damage);
        Assert.Empty(Directory.GetFileSystemEntries(place["in/target"]));
        Assert.Single(Directory.GetFileSystemEntries(place["in"]));
    }

    [Fact]
    public void A_tree_that_is_too_deep_is_damage_and_not_a_crash()
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        SessionId id = Commit(repository, (put, splitter) =>
        {
            TreeWriter tree = new(splitter, put);
            BlobId below = tree.Finish().Root;
            for (int i = 0; i < Limits.TreeDepthMax + 10; i++)
            {
                tree.Add(Entry("d", EntryKind.Directory) with { Tree = below });
                tree.Add(File("f", "beside"));
                below = tree.Finish().Root;
            }

            return below;
        });
        RestoreReport report = repository.Restore(id, "", place["target"]);
        Assert.Contains("deep", Assert.Single(report.Damage), StringComparison.Ordinal);
        Assert.Equal(Limits.TreeDepthMax + 1, report.FilesWritten);
    }

    [Fact]
    public void Content_that_is_not_there_is_damage_of_that_file_only()
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        SessionId id = Commit(repository, tree =>
        {
            BlobId no = new(TestFiles.Bytes(1, 32));
            tree.Add(Entry("a", EntryKind.File) with { Size = 10, Content = FileContent.OfItems([new ContentItem(no, 10, IsHole: false)]) });
            tree.Add(Entry("b", EntryKind.File) with { Size = 1L << 50, Content = FileContent.OfList(no) });
            tree.Add(Entry("c", EntryKind.Directory) with { Tree = no });
            tree.Add(File("d", "good"));
        });
        RestoreReport report = repository.Restore(id, "", place["target"]);
        Assert.Equal(3, report.Damage.Count);
        Assert.Equal("good", System.IO.File.ReadAllText(place["target/d"]));
        Assert.False(System.IO.File.Exists(place["target/a"]) || System.IO.File.Exists(place["target/b"]));
    }

    private static TreeEntry Entry(string name, EntryKind kind) => new() { Name = Encoding.UTF8.GetBytes(name), Kind = kind, Owner = Owner, Mode = 0x1c0 };

    private static TreeEntry File(string name, string content) =>
        Entry(name, EntryKind.File) with { Size = content.Length, Content = FileContent.OfInline(Encoding.UTF8.GetBytes(content)) };

    private static SessionId Commit(TestRepository repository, Action<TreeWriter> fill) => Commit(repository, (put, splitter) =>
    {
        TreeWriter tree = new(splitter, put);
        fill(tree);
        return tree.Finish().Root;
    });

    private static SessionId Commit(TestRepository repository, Func<PutMetaBlob, NodeSplitter, BlobId> build)
    {
        using Repository open = repository.Open();
        SessionId id = SessionId.NewRandom();
        using BlobWriter blobs = new(open, id, new BlobWriterOptions(CompressionLevel.Default, 0, DryRun: false), TimeProvider.System);
        BlobId root = build(blobs.PutMeta, new NodeSplitter(open.Keys));
        blobs.Finish();
        Manifest manifest = new() { Root = root, Source = SourceKind.Files, TimeNanoseconds = 1, Host = "host", Paths = ["/"u8.ToArray()] };
        Assert.True(open.Put(StorageKey.Snapshot(id), SealKind.Manifest, manifest.Encode(), id));
        return id;
    }
}
