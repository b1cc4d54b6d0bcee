using Snapstore.Formats;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Fuzz;

/// <summary>Nodes of trees and chunk lists.</summary>
internal static class TreeTargets
{
    private static readonly SpecPage Trees = SpecPage.Read("tree.md");
    private static readonly SpecPage Lists = SpecPage.Read("chunk-list.md");

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("tree-leaf", "TreeLeaf.Decode", StartOfLeaf, GiveTree),
        new("tree-branch", "TreeNode.Decode", StartOfBranch, GiveTree),
        new("chunk-list", "ChunkListNode.Decode", StartOfList, GiveList),
    ];

    private static IEnumerable<byte[]> StartOfLeaf(SeededValues values) => [Trees.Bytes("tree-leaf"), EncodeLeaf(values.Entries(6))];

    private static IEnumerable<byte[]> StartOfBranch(SeededValues values)
    {
        TreeChild[] children = [.. values.Entries(8).Select(entry => new TreeChild(entry.Name, values.Id(), values.Size(), new SubtreeTotals(values.Size(), values.Size())))];
        return [Trees.Bytes("tree-branch"), .. children.Length > 0 ? [EncodeBranch(1 + values.Int(Limits.NodeHeightMax), children)] : Array.Empty<byte[]>()];
    }

    private static string? GiveTree(byte[] input)
    {
        TreeNode node = TreeNode.Decode(input, "node");
        byte[] once = Encode(node);
        // The page leaves the order of the owners in their table open, and says not that each is used.
        if (node.Height > 0 || Owners(input).SequenceEqual(Owners(once)))
            return Promise.SameBytes(input, once);
        return Promise.Stable(once, Encode(TreeNode.Decode(once, "node")));
    }

    private static IEnumerable<byte[]> StartOfList(SeededValues values)
    {
        ByteWriter leaf = new(), branch = new();
        ChunkListNode.EncodeLeaf(leaf, [.. Enumerable.Range(0, 1 + values.Int(20)).Select(_ => values.Item())]);
        ChunkListNode.EncodeBranch(
            branch,
            1 + values.Int(Limits.NodeHeightMax),
            [.. Enumerable.Range(0, 1 + values.Int(10)).Select(_ => new ChunkListChild(values.Id(), 1 + (values.Size() >> 1)))]);
        return [Lists.Bytes("chunk-list-leaf"), Lists.Bytes("chunk-list-branch"), leaf.ToArray(), branch.ToArray()];
    }

    private static string? GiveList(byte[] input)
    {
        ChunkListNode node = ChunkListNode.Decode(input, "node");
        ByteWriter output = new();
        if (node.Height > 0)
            ChunkListNode.EncodeBranch(output, node.Height, node.Children);
        else
            ChunkListNode.EncodeLeaf(output, node.Items);
        return Promise.SameBytes(input, output.Written);
    }

    private static byte[] Encode(TreeNode node) => node.Height > 0 ? EncodeBranch(node.Height, node.Children) : EncodeLeaf(node.Entries);

    private static byte[] EncodeLeaf(IEnumerable<TreeEntry> entries)
    {
        TreeLeafEncoder encoder = new();
        foreach (TreeEntry entry in entries)
            encoder.Add(entry);
        ByteWriter output = new();
        encoder.Finish(output);
        return output.ToArray();
    }

    private static byte[] EncodeBranch(int height, IReadOnlyList<TreeChild> children)
    {
        ByteWriter output = new();
        TreeNode.EncodeBranch(output, height, children);
        return output.ToArray();
    }

    // The table that a leaf begins with, as bytes.
    private static ReadOnlySpan<byte> Owners(byte[] leaf)
    {
        ByteReader reader = new(leaf, "leaf");
        _ = reader.U8();
        for (int count = reader.Varint32(int.MaxValue); count > 0; count--)
        {
            _ = reader.Varint();
            _ = reader.Varint();
            _ = reader.Bytes();
            _ = reader.Bytes();
        }

        return leaf.AsSpan(0, reader.Offset);
    }
}
