using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Stores one meta blob and returns its id.</summary>
public delegate BlobId PutMetaBlob(ReadOnlySpan<byte> plain);

/// <summary>Builds the tree of one directory from its entries in name order; nodes are stored as they fill, so a
/// directory of millions takes the memory of a few nodes. Reusable.</summary>
public sealed class TreeWriter
{
    private readonly NodeSplitter _splitter;
    private readonly PutMetaBlob _put;
    private readonly TreeLeafEncoder _leaf = new();
    private readonly ByteWriter _node = new(4 << 10);
    private readonly BranchLevels<TreeChild> _branches;
    private byte[] _lastName = [];
    private SubtreeTotals _totals;

    /// <summary>A writer that stores nodes through <paramref name="put"/>.</summary>
    public TreeWriter(NodeSplitter splitter, PutMetaBlob put)
    {
        _splitter = splitter;
        _put = put;
        _branches = new BranchLevels<TreeChild>((count, child) => splitter.EndsBranch(count, child.Id), CloseBranch);
    }

    /// <summary>Adds an entry whose name is greater than the one before.</summary>
    public void Add(TreeEntry entry)
    {
        _leaf.Add(entry);
        _lastName = entry.Name;
        if (_splitter.EndsLeaf(_leaf.Count, _leaf.Size, entry.Name))
            CloseLeaf();
    }

    /// <summary>Stores what is left; returns the root node's id and what lies below the directory. Begins anew.</summary>
    public (BlobId Root, SubtreeTotals Below) Finish()
    {
        if (_leaf.Count > 0 || _branches.IsEmpty)
            CloseLeaf();
        SubtreeTotals below = _totals;
        _totals = default;
        return (_branches.Finish().Id, below);
    }

    private void CloseLeaf()
    {
        long entries = _leaf.Count;
        SubtreeTotals totals = _leaf.Totals;
        _node.Clear();
        _leaf.Finish(_node);
        _totals += totals;
        _branches.Add(new TreeChild(_lastName, _put(_node.Written), entries, totals));
    }

    private TreeChild CloseBranch(int height, IReadOnlyList<TreeChild> children)
    {
        SubtreeTotals totals = default;
        long entries = 0;
        foreach (TreeChild child in children)
        {
            totals += child.Totals;
            entries += child.Entries;
        }

        _node.Clear();
        TreeNode.EncodeBranch(_node, height, children);
        return new TreeChild(children[^1].LastName, _put(_node.Written), entries, totals);
    }
}
