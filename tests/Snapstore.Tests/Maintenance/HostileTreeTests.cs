using System.Diagnostics;
using System.Text;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;

namespace Snapstore.Tests.Maintenance;

/// <summary>Trees that only a hostile or faulty holder of the keys would write: every authentication passes, and they
/// are found all the same, quickly and in little memory.</summary>
[Collection(AloneCollection.Name)]
public sealed class HostileTreeTests : IDisposable
{
    private static readonly byte[] Kilobyte = new byte[1000];

    private readonly RepositoryBuilder _builder = new();

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("")]
    [InlineData("a/b")]
    [InlineData("a\0b")]
    public void A_name_that_no_directory_can_hold_is_damage(string name) =>
        AssertDamage(Leaf(RepositoryBuilder.Entry(name, EntryKind.Fifo)), "/");

    [Theory]
    [InlineData("a", "a")]
    [InlineData("b", "a")]
    public void Names_twice_or_out_of_order_are_damage(string first, string second) => AssertDamage(
        Leaf(RepositoryBuilder.Entry(first, EntryKind.Fifo), RepositoryBuilder.Entry(second, EntryKind.Fifo)), "/");

    [Fact]
    public void A_file_whose_size_lies_is_damage()
    {
        FileContent items = FileContent.OfItems([_builder.Data(Kilobyte)]);
        AssertDamage(Leaf(RepositoryBuilder.File("f", 999, items)), "/");
        FileContent list = _builder.File("f", [.. Enumerable.Repeat(Kilobyte, 20)]).Content;
        AssertDamage(Leaf(RepositoryBuilder.File("f", 20_001, list)), "/f");
        AssertDamage(Leaf(RepositoryBuilder.File("f", long.MaxValue, list)), "/f");
    }

    [Fact]
    public void A_chunk_whose_stated_length_is_not_the_blobs_is_damage()
    {
        ContentItem data = _builder.Data(Kilobyte);
        AssertDamage(Leaf(RepositoryBuilder.File("f", 1001, FileContent.OfItems([data with { Length = 1001 }]))), "/f");
    }

    [Fact]
    public void Data_that_is_a_node_or_not_there_is_damage()
    {
        BlobId node = Leaf();
        AssertDamage(Leaf(RepositoryBuilder.File("f", 3, FileContent.OfItems([new ContentItem(node, 3, IsHole: false)]))), "/f");
        AssertDamage(Leaf(RepositoryBuilder.File("f", 300, FileContent.OfItems([new ContentItem(new BlobId(Kilobyte), 300, IsHole: false)]))), "/f");
        AssertDamage(Leaf(RepositoryBuilder.File("f", 300, FileContent.OfList(new BlobId(Kilobyte)))), "/f");
        AssertDamage(_builder.Data(Kilobyte).Id, "/");
        AssertDamage(_builder.File("f", [.. Enumerable.Repeat(Kilobyte, 20)]).Content.List!.Value, "/");
    }

    [Fact]
    public void Totals_that_lie_are_damage()
    {
        TreeEntry directory = _builder.Directory("d", _builder.File("f", Kilobyte));
        AssertDamage(Leaf(directory with { Below = new SubtreeTotals(2, 1000) }), "/d/");
        AssertDamage(Leaf(directory with { Below = new SubtreeTotals(1, 999) }), "/d/");
        AssertDamage(Leaf(directory with { Below = new SubtreeTotals(long.MaxValue, long.MaxValue) }), "/d/");
        TreeEntry huge = directory with { Below = new SubtreeTotals(long.MaxValue, long.MaxValue) };
        AssertDamage(Leaf(huge, huge with { Name = "e"u8.ToArray() }), "/");
    }

    [Fact]
    public void Branches_that_lie_are_damage()
    {
        (BlobId first, TreeChild one) = Child("a");
        (_, TreeChild two) = Child("b");
        AssertDamage(Branch(2, one, two), "/");
        AssertDamage(Branch(1, one with { Entries = 2 }, two), "/");
        AssertDamage(Branch(1, one with { Totals = new SubtreeTotals(2, 0) }, two), "/");
        AssertDamage(Branch(1, one with { LastName = "aa"u8.ToArray() }, two), "/");
        AssertDamage(Branch(1, one with { LastName = "A"u8.ToArray() }, two with { Id = first }), "/");
        // The second child repeats a name of the first, which its own last name hides.
        BlobId overlap = Leaf(RepositoryBuilder.Entry("a", EntryKind.Fifo), RepositoryBuilder.Entry("c", EntryKind.Fifo));
        AssertDamage(Branch(1, one, new TreeChild("c"u8.ToArray(), overlap, 2, new SubtreeTotals(2, 0))), "/");
        AssertDamage(Branch(1, one, new TreeChild([0xff], Leaf(), 0, default)), "/");
    }

    [Fact]
    public void Directories_too_deep_are_refused_and_found_quickly()
    {
        TreeEntry directory = _builder.Directory("d");
        for (int depth = 1; depth < 10_000; depth++)
            directory = _builder.Directory("d", directory);
        Stopwatch clock = Stopwatch.StartNew();
        CheckReport report = Commit(_builder.Tree(directory).Root);
        Finding finding = Assert.Single(report.Findings);
        Assert.Equal(FindingKind.Damage, finding.Kind);
        Assert.Contains("deep", finding.Message, StringComparison.Ordinal);
        Assert.True(clock.Elapsed.TotalSeconds < 20, $"{clock.Elapsed}");
    }

    [Fact]
    public void Directories_as_deep_as_allowed_are_whole()
    {
        TreeEntry directory = _builder.Directory("d");
        for (int depth = 1; depth < Limits.TreeDepthMax; depth++)
            directory = _builder.Directory("d", directory);
        Assert.Empty(Commit(_builder.Tree(directory).Root).Findings);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_tree_bomb_is_checked_quickly_whole_or_broken(bool isBroken)
    {
        TreeEntry directory = isBroken
            ? RepositoryBuilder.Entry("0", EntryKind.Directory) with { Tree = new BlobId(Kilobyte) }
            : _builder.Directory("0", _builder.File("f", Kilobyte));
        for (int level = 0; level < 40; level++)
            directory = _builder.Directory("0", directory, directory with { Name = "1"u8.ToArray() });
        BlobId root = _builder.Tree(directory).Root;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Stopwatch clock = Stopwatch.StartNew();
        CheckReport report = Commit(root);
        Assert.Equal(isBroken, report.HasDamage);
        Assert.True(clock.Elapsed.TotalSeconds < 60, $"{clock.Elapsed}");
        Assert.True(GC.GetTotalMemory(forceFullCollection: true) - before < 100 << 20);
        if (isBroken)
        {
            AffectedSnapshot affected = Assert.Single(report.Findings[0].Affected);
            Assert.Equal(Finding.PathsMax, affected.Paths.Count);
            Assert.True(affected.IsAtLeast);
        }
    }

    [Fact]
    public void Nodes_in_any_order_are_decided_alike()
    {
        // Parents before children: what a repository may look like once packs have been moved about.
        TreeEntry leaf = _builder.Directory("d", _builder.File("f", Kilobyte));
        using RepositoryBuilder other = new();
        NodeTable table = new();
        List<NodeFacts> nodes = [];
        TreeEntry directory = leaf;
        Repository repository = _builder.Repository;
        _builder.Flush();
        using BlobPlaces places = new(BlobIndex.Build([]), BlobIndex.Build([]));
        NodeExaminer examiner = new(places);
        for (int depth = 0; depth < 3000; depth++)
        {
            byte[] plain = Plain(depth == 0 ? RepositoryBuilder.Entry("x", EntryKind.Fifo) : directory);
            BlobId id = repository.Keys.MetaId(plain);
            NodeFacts facts = examiner.Examine(id, plain, "node");
            nodes.Add(facts);
            directory = RepositoryBuilder.Entry("d", EntryKind.Directory) with { Tree = id, Below = facts.Totals };
        }

        for (int i = nodes.Count - 1; i >= 0; i--)
            table.Add(nodes[i]);
        Assert.False(table.IsWholeTree(nodes[^1].Id));
        table.Resolve(CancellationToken.None);
        Assert.All(nodes, node => Assert.True(table.IsWholeTree(node.Id)));
    }

    public void Dispose() => _builder.Dispose();

    private static byte[] Plain(params TreeEntry[] entries)
    {
        TreeLeafEncoder encoder = new();
        foreach (TreeEntry entry in entries)
            encoder.Add(entry);
        ByteWriter output = new();
        encoder.Finish(output);
        return output.ToArray();
    }

    private BlobId Leaf(params TreeEntry[] entries) => _builder.Meta(Plain(entries));

    private BlobId Branch(int height, params TreeChild[] children) =>
        _builder.Meta(output => TreeNode.EncodeBranch(output, height, children));

    private (BlobId Id, TreeChild Child) Child(string name)
    {
        BlobId id = Leaf(RepositoryBuilder.Entry(name, EntryKind.Fifo));
        return (id, new TreeChild(Encoding.UTF8.GetBytes(name), id, 1, new SubtreeTotals(1, 0)));
    }

    private CheckReport Commit(BlobId root)
    {
        _builder.Commit(root);
        return SmallCorpus.Check(_builder.Repository);
    }

    private void AssertDamage(BlobId root, string path)
    {
        SessionId id = _builder.Commit(root);
        CheckReport report = SmallCorpus.Check(_builder.Repository);
        Assert.Contains(
            report.Findings,
            f => f.Kind == FindingKind.Damage && f.Affected.Any(a => a.Snapshot == id && a.Paths.Any(p => Encoding.UTF8.GetString(p) == path)));
    }
}
