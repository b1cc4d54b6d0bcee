using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Gathers the items of one file's content; few stay in the entry, more become a chunk list whose nodes are
/// stored as they fill. Reusable.</summary>
public sealed class ChunkListWriter
{
    private readonly PutMetaBlob _put;
    private readonly List<ContentItem> _items = [];
    private readonly ByteWriter _node = new(8 << 10);
    private readonly BranchLevels<ChunkListChild> _branches;

    /// <summary>A writer that stores nodes through <paramref name="put"/>.</summary>
    public ChunkListWriter(PutMetaBlob put)
    {
        _put = put;
        _branches = new BranchLevels<ChunkListChild>((count, child) => NodeSplitter.EndsList(count, child.Id), CloseBranch);
    }

    /// <summary>Bytes of content added since the start or the last <see cref="Finish"/>.</summary>
    public long Length { get; private set; }

    /// <summary>Adds what follows in the file.</summary>
    public void Add(ContentItem item)
    {
        _items.Add(item);
        Length += item.Length;
        // A hole has no id, so it never ends a node but by the count.
        bool ends = item.IsHole ? _items.Count >= Limits.NodeEntriesMax : NodeSplitter.EndsList(_items.Count, item.Id);
        if (ends)
            CloseLeaf();
    }

    /// <summary>The content of all that was added. Begins anew.</summary>
    public FileContent Finish()
    {
        FileContent content;
        if (_branches.IsEmpty && _items.Count <= Limits.ContentItemsInEntryMax)
        {
            content = FileContent.OfItems([.. _items]);
        }
        else
        {
            if (_items.Count > 0)
                CloseLeaf();
            content = FileContent.OfList(_branches.Finish().Id);
        }

        _items.Clear();
        Length = 0;
        return content;
    }

    private void CloseLeaf()
    {
        long length = 0;
        foreach (ContentItem item in _items)
            length += item.Length;
        _node.Clear();
        ChunkListNode.EncodeLeaf(_node, _items);
        _items.Clear();
        _branches.Add(new ChunkListChild(_put(_node.Written), length));
    }

    private ChunkListChild CloseBranch(int height, IReadOnlyList<ChunkListChild> children)
    {
        long length = 0;
        foreach (ChunkListChild child in children)
            length += child.Length;
        _node.Clear();
        ChunkListNode.EncodeBranch(_node, height, children);
        return new ChunkListChild(_put(_node.Written), length);
    }
}
