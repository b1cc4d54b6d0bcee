using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Copying;

/// <summary>Copies trees, depth first: with other keys written anew, node by node, with the target's ids; with the same ids as
/// they are. What is known to be there whole is not entered.</summary>
internal sealed class TreeCopier : IDisposable
{
    private readonly KnownCopies _known;
    private readonly BlobWriter _blobs;
    private readonly RunProgress _progress;
    private readonly CancellationToken _cancel;
    private readonly ContentCopier _contents;
    private readonly TreeReader _trees;
    private readonly BlobReader _nodes;
    private readonly NodeSplitter _splitter;

    /// <summary>A copier for one session of the target.</summary>
    public TreeCopier(
        Repository source, Repository target, KnownCopies known, BlobWriter blobs, RunProgress progress, CancellationToken cancel, int cachedBytesMax = BlobReader.CachedBytesDefault)
    {
        _known = known;
        _blobs = blobs;
        _progress = progress;
        _cancel = cancel;
        _contents = new ContentCopier(source, target, known, blobs, cancel, cachedBytesMax) { OnUsed = id => OnUsed?.Invoke(id) };
        _trees = new TreeReader(source, cachedBytesMax);
        _nodes = new BlobReader(source, cachedBytesMax);
        _splitter = new NodeSplitter(target.Keys);
    }

    /// <summary>Told the target's id of every data blob that the copy needs, but for those of what was known to be there whole.</summary>
    public Action<BlobId>? OnUsed { get; init; }

    /// <summary>The root in the target of the tree with this root.</summary>
    /// <exception cref="CorruptDataException">Something of it is lost at the source.</exception>
    public BlobId Copy(in BlobId root) => Copy(root, [], depth: 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _contents.Dispose();
        _trees.Dispose();
        _nodes.Dispose();
    }

    private BlobId Copy(in BlobId root, byte[] path, int depth)
    {
        if (_known.FindWhole(root) is { } there)
            return there;
        if (depth > Limits.TreeDepthMax)
            throw new CorruptDataException($"{PrintablePath.Of(path)} is deeper than any tree may be");
        BlobId copy = _known.SharesIds ? CopyNodes(root, path, depth) : Rewrite(root, path, depth);
        _known.AddWhole(root, copy);
        return copy;
    }

    private BlobId Rewrite(in BlobId root, byte[] path, int depth)
    {
        TreeWriter tree = new(_splitter, _blobs.PutMeta);
        foreach (TreeEntry entry in _trees.Entries(root, Shown(path)))
            tree.Add(Copy(entry, path, depth));
        return tree.Finish().Root;
    }

    private BlobId CopyNodes(in BlobId root, byte[] path, int depth)
    {
        string what = Shown(path);
        foreach (TreeEntry entry in _trees.Entries(root, what))
            _ = Copy(entry, path, depth);
        Stack<BlobId> pending = new([root]);
        while (pending.TryPop(out BlobId id))
        {
            byte[] node = _nodes.Read(id, what).ToArray();
            foreach (TreeChild child in TreeNode.Decode(node, what).Children)
                pending.Push(child.Id);
            _blobs.PutMeta(node);
        }

        return root;
    }

    private TreeEntry Copy(TreeEntry entry, byte[] path, int depth)
    {
        _cancel.ThrowIfCancellationRequested();
        if (entry.Kind is not (EntryKind.File or EntryKind.Directory))
            return entry;
        byte[] below = [.. path, (byte)'/', .. entry.Name];
        if (entry.Kind == EntryKind.Directory)
            return entry with { Tree = Copy(entry.Tree, below, depth + 1) };
        _progress.At(below);
        TreeEntry copy = entry with { Content = _contents.Copy(entry.Content, entry.Size, Shown(below)) };
        _progress.Add(1, entry.Size);
        return copy;
    }

    private static string Shown(byte[] path) => path.Length == 0 ? "/" : PrintablePath.Of(path);
}
