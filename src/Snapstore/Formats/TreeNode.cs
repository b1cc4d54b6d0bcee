namespace Snapstore.Formats;

/// <summary>A child of a tree branch.</summary>
/// <param name="LastName">The greatest name below it.</param>
/// <param name="Id">The node's blob.</param>
/// <param name="Entries">This directory's own entries in it.</param>
/// <param name="Totals">What these entries add to the directory's totals.</param>
public sealed record TreeChild(byte[] LastName, BlobId Id, long Entries, SubtreeTotals Totals);

/// <summary>One node of a directory's tree, decoded (spec/formats/tree.md): a leaf of entries or a branch of children.</summary>
public sealed class TreeNode
{
    private const byte BranchTypeByte = 2;
    private const int ChildSizeMin = 36;

    private TreeNode(TreeEntry[] entries, TreeChild[] children, int height)
    {
        Entries = entries;
        Children = children;
        Height = height;
    }

    /// <summary>A leaf's entries, sorted by name; none in a branch.</summary>
    public TreeEntry[] Entries { get; }

    /// <summary>A branch's children in order; none in a leaf.</summary>
    public TreeChild[] Children { get; }

    /// <summary>0 for a leaf, 1 for a branch above leaves, and so on.</summary>
    public int Height { get; }

    /// <summary>Decodes a node; <paramref name="what"/> names it in errors.</summary>
    public static TreeNode Decode(ReadOnlySpan<byte> blob, string what)
    {
        ByteReader reader = new(blob, what);
        byte type = reader.U8();
        TreeNode node = type switch
        {
            TreeLeaf.TypeByte => new TreeNode(TreeLeaf.Decode(ref reader), [], 0),
            BranchTypeByte => DecodeBranch(ref reader),
            _ => throw reader.Bad($"is a node of type {type} where a tree node belongs"),
        };
        reader.End();
        return node;
    }

    /// <summary>Writes a branch.</summary>
    public static void EncodeBranch(ByteWriter output, int height, IReadOnlyList<TreeChild> children)
    {
        output.U8(BranchTypeByte);
        output.U8((byte)height);
        output.Varint((uint)children.Count);
        foreach (TreeChild child in children)
        {
            output.Bytes(child.LastName);
            output.Raw(child.Id.Span);
            output.Varint((ulong)child.Entries);
            output.Varint((ulong)child.Totals.Entries);
            output.Varint((ulong)child.Totals.Bytes);
        }
    }

    private static TreeNode DecodeBranch(ref ByteReader reader)
    {
        int height = reader.U8();
        TreeChild[] children = new TreeChild[reader.Count(ChildSizeMin, Limits.NodeEntriesMax)];
        if (height is 0 or > Limits.NodeHeightMax || children.Length < 1)
            throw reader.Bad($"is a branch of height {height} with {children.Length} children");
        for (int i = 0; i < children.Length; i++)
        {
            byte[] lastName = reader.Bytes(Limits.NameSizeMax).ToArray();
            BlobId id = new(reader.Raw(BlobId.Size));
            long entries = reader.Varint63();
            children[i] = new TreeChild(lastName, id, entries, TreeLeaf.DecodeTotals(ref reader));
            if (i > 0 && children[i - 1].LastName.AsSpan().SequenceCompareTo(lastName) >= 0)
                throw reader.Bad("has children out of order");
        }

        return new TreeNode([], children, height);
    }
}
