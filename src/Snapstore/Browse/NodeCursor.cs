using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Browse;

/// <summary>Goes through one directory in name order, standing either at an entry or at a node not read yet, so that
/// two directories can be compared without reading the nodes they share.</summary>
internal sealed class NodeCursor
{
    private readonly BlobReader _blobs;
    private readonly string _what;
    private readonly Stack<(TreeNode Node, int At)> _open = new();
    private readonly BlobId _root;
    private bool _atRoot;

    public NodeCursor(BlobReader blobs, in BlobId root, string what)
    {
        _blobs = blobs;
        _what = what;
        _root = root;
        _atRoot = true;
    }

    /// <summary>True where nothing is left.</summary>
    public bool IsEnd => !_atRoot && _open.Count == 0;

    /// <summary>The entry; null at a node and at the end.</summary>
    public TreeEntry? Entry => !_atRoot && _open.TryPeek(out (TreeNode Node, int At) top) && top.Node.Height == 0
        ? top.Node.Entries[top.At]
        : null;

    /// <summary>The node not read yet; null at an entry and at the end.</summary>
    public BlobId? Node => _atRoot ? _root
        : _open.TryPeek(out (TreeNode Node, int At) top) && top.Node.Height > 0 ? top.Node.Children[top.At].Id
        : null;

    /// <summary>The height of that node; a root's is not known before it is read, and counts as above all.</summary>
    public int NodeHeight => _atRoot ? int.MaxValue : _open.Peek().Node.Height - 1;

    /// <summary>The greatest name passed so far: all that is left is greater. Null at the start.</summary>
    public byte[]? Passed { get; private set; }

    /// <summary>Passes over the entry, or over the node with all in it.</summary>
    public void Advance()
    {
        if (_atRoot)
        {
            _atRoot = false;
            return;
        }

        (TreeNode node, int at) = _open.Pop();
        byte[] name = node.Height == 0 ? node.Entries[at].Name : node.Children[at].LastName;
        bool isAscending = Passed is null || Passed.AsSpan().SequenceCompareTo(name) < 0;
        if (!isAscending)
            throw new CorruptDataException($"the tree of {_what} has names twice or out of order");
        Passed = name;
        Return(node, at + 1);
    }

    /// <summary>Reads the node and stands at the first that is in it.</summary>
    public void Expand()
    {
        BlobId id = Node ?? throw new InvalidOperationException("the cursor stands at no node");
        int height = NodeHeight;
        TreeNode node = TreeNode.Decode(_blobs.Read(id, _what), $"tree node {id} of {_what}");
        if (height != int.MaxValue && node.Height != height)
            throw new CorruptDataException($"tree node {id} of {_what} has height {node.Height} instead of {height}");
        if (_atRoot)
        {
            _atRoot = false;
        }
        else
        {
            // The child is passed by what is in it: here only the place behind it is kept.
            (TreeNode parent, int at) = _open.Pop();
            Return(parent, at + 1);
        }

        Return(node, 0);
    }

    private void Return(TreeNode node, int at)
    {
        int count = node.Height == 0 ? node.Entries.Length : node.Children.Length;
        if (at < count)
            _open.Push((node, at));
    }
}
