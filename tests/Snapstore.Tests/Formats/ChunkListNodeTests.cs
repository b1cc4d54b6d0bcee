using Snapstore.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

public sealed class ChunkListNodeTests
{
    [Fact]
    public void Decodes_leaves_that_were_encoded() => SeededValues.ForAll(values =>
    {
        ContentItem[] items = [.. Enumerable.Range(0, 1 + values.Int(100)).Select(_ => values.Item())];
        ByteWriter output = new();
        ChunkListNode.EncodeLeaf(output, items);
        ChunkListNode node = ChunkListNode.Decode(output.Written, "leaf");
        Assert.Equal(items, node.Items);
        Assert.Empty(node.Children);
    });

    [Fact]
    public void Decodes_branches_that_were_encoded() => SeededValues.ForAll(values =>
    {
        ChunkListChild[] children = [.. Enumerable.Range(0, 1 + values.Int(100)).Select(_ => new ChunkListChild(values.Id(), 1 + (values.Size() >> 1)))];
        int height = 1 + values.Int(Limits.NodeHeightMax);
        ByteWriter output = new();
        ChunkListNode.EncodeBranch(output, height, children);
        ChunkListNode node = ChunkListNode.Decode(output.Written, "branch");
        Assert.Equal(children, node.Children);
        Assert.Equal(height, node.Height);
    });

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes() => AnyBytes.GiveAValueOrAnError(
        static bytes => _ = ChunkListNode.Decode(bytes, "node"),
        [SpecPage.Read("chunk-list.md").Bytes("chunk-list-leaf"), SpecPage.Read("chunk-list.md").Bytes("chunk-list-branch")],
        firstBytes: [3, 4]);

    [Theory]
    [InlineData("0300")]
    [InlineData("030101")]
    [InlineData("0100")]
    [InlineData("0400")]
    [InlineData("040100")]
    [InlineData("041100")]
    public void Refuses_what_no_writer_makes(string hex) =>
        Assert.Throws<CorruptDataException>(() => ChunkListNode.Decode(Convert.FromHexString(hex), "node"));

    [Fact]
    public void Refuses_more_items_than_a_node_holds()
    {
        ByteWriter output = new();
        ChunkListNode.EncodeLeaf(output, [.. Enumerable.Repeat(ContentItem.Hole(1), Limits.NodeEntriesMax)]);
        _ = ChunkListNode.Decode(output.Written, "node");
        output.Clear();
        ChunkListNode.EncodeLeaf(output, [.. Enumerable.Repeat(ContentItem.Hole(1), Limits.NodeEntriesMax + 1)]);
        Assert.Throws<CorruptDataException>(() => ChunkListNode.Decode(output.Written, "node"));
    }
}
