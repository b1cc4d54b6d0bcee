namespace Snapstore.Formats;

/// <summary>A child of a chunk-list branch: its node and the bytes of content under it.</summary>
public readonly record struct ChunkListChild(BlobId Id, long Length);

/// <summary>One node of a long file's content, decoded (spec/formats/chunk-list.md).</summary>
public sealed class ChunkListNode
{
    private const byte LeafTypeByte = 3, BranchTypeByte = 4;

    private ChunkListNode(ContentItem[] items, ChunkListChild[] children, int height)
    {
        Items = items;
        Children = children;
        Height = height;
    }

    /// <summary>A leaf's items; none in a branch.</summary>
    public ContentItem[] Items { get; }

    /// <summary>A branch's children; none in a leaf.</summary>
    public ChunkListChild[] Children { get; }

    /// <summary>0 for a leaf, 1 for a branch above leaves, and so on.</summary>
    public int Height { get; }

    /// <summary>Decodes a node; <paramref name="what"/> names it in errors.</summary>
    public static ChunkListNode Decode(ReadOnlySpan<byte> blob, string what)
    {
        ByteReader reader = new(blob, what);
        byte type = reader.U8();
        ChunkListNode node = type switch
        {
            LeafTypeByte => DecodeLeaf(ref reader),
            BranchTypeByte => DecodeBranch(ref reader),
            _ => throw reader.Bad($"is a node of type {type} where a chunk-list node belongs"),
        };
        reader.End();
        return node;
    }

    /// <summary>Writes a leaf.</summary>
    public static void EncodeLeaf(ByteWriter output, IReadOnlyList<ContentItem> items)
    {
        output.U8(LeafTypeByte);
        output.Varint((uint)items.Count);
        foreach (ContentItem item in items)
            EncodeItem(output, item);
    }

    /// <summary>Writes a branch.</summary>
    public static void EncodeBranch(ByteWriter output, int height, IReadOnlyList<ChunkListChild> children)
    {
        output.U8(BranchTypeByte);
        output.U8((byte)height);
        output.Varint((uint)children.Count);
        foreach (ChunkListChild child in children)
        {
            output.Raw(child.Id.Span);
            output.Varint((ulong)child.Length);
        }
    }

    internal static void EncodeItem(ByteWriter output, ContentItem item)
    {
        output.Varint(((ulong)item.Length << 1) | (item.IsHole ? 1u : 0u));
        if (!item.IsHole)
            output.Raw(item.Id.Span);
    }

    internal static ContentItem DecodeItem(ref ByteReader reader)
    {
        ulong value = reader.Varint();
        long length = (long)(value >> 1);
        bool isHole = (value & 1) != 0;
        if (length == 0 || (!isHole && length > Limits.BlobSizeMax))
            throw reader.Bad($"has a part of {length} bytes");
        return isHole ? ContentItem.Hole(length) : new ContentItem(new BlobId(reader.Raw(BlobId.Size)), length, IsHole: false);
    }

    private static ChunkListNode DecodeLeaf(ref ByteReader reader)
    {
        ContentItem[] items = new ContentItem[reader.Count(1, Limits.NodeEntriesMax)];
        for (int i = 0; i < items.Length; i++)
            items[i] = DecodeItem(ref reader);
        return items.Length > 0 ? new ChunkListNode(items, [], 0) : throw reader.Bad("is a leaf without items");
    }

    private static ChunkListNode DecodeBranch(ref ByteReader reader)
    {
        int height = reader.U8();
        ChunkListChild[] children = new ChunkListChild[reader.Count(BlobId.Size + 1, Limits.NodeEntriesMax)];
        if (height is 0 or > Limits.NodeHeightMax || children.Length < 1)
            throw reader.Bad($"is a branch of height {height} with {children.Length} children");
        for (int i = 0; i < children.Length; i++)
        {
            BlobId id = new(reader.Raw(BlobId.Size));
            long length = reader.Varint63();
            if (length == 0)
                throw reader.Bad("has a child of no bytes");
            children[i] = new ChunkListChild(id, length);
        }

        return new ChunkListNode([], children, height);
    }
}
