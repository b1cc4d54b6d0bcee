using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Repair;

/// <summary>A directory without what is lost of it.</summary>
/// <param name="Root">Its root node.</param>
/// <param name="Below">What lies below it.</param>
internal sealed record RebuiltTree(BlobId Root, SubtreeTotals Below);

/// <summary>Writes trees anew without files, directories and nodes that are lost; what is whole keeps its nodes, for the same
/// entries make the same nodes.</summary>
internal sealed class TreeRebuilder(Repository repository, BlobWriter blobs, CancellationToken cancel) : IDisposable
{
    private readonly BlobReader _reader = new(repository);
    private readonly NodeSplitter _splitter = new(repository.Keys);

    /// <summary>What is lost.</summary>
    public MessageList Lost { get; } = new();

    /// <summary>Files that are kept.</summary>
    public long Files { get; private set; }

    /// <summary>Directories that are kept.</summary>
    public long Directories { get; private set; }

    /// <summary>Links, pipes and devices that are kept.</summary>
    public long Others { get; private set; }

    /// <summary>Bytes of the files.</summary>
    public long Bytes { get; private set; }

    /// <summary>The snapshot's tree without what is lost; null where nothing of it can be read.</summary>
    public RebuiltTree? Rebuild(BlobId root)
    {
        RebuiltTree? rebuilt = Rebuild(root, path: []);
        if (rebuilt is null)
            Lose("/"u8.ToArray(), "the root of the tree is lost");
        return rebuilt;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private RebuiltTree? Rebuild(BlobId root, byte[] path)
    {
        if (path.Count(part => part == (byte)'/') > Limits.TreeDepthMax)
            return null;
        if (TryReadNode(root) is not { } first)
            return null;
        TreeWriter tree = new(_splitter, blobs.PutMeta);
        foreach (TreeEntry entry in Entries(first, path))
        {
            cancel.ThrowIfCancellationRequested();
            if (Kept(entry, [.. path, (byte)'/', .. entry.Name]) is { } kept)
                tree.Add(kept);
        }

        (BlobId id, SubtreeTotals below) = tree.Finish();
        return new RebuiltTree(id, below);
    }

    private TreeEntry? Kept(TreeEntry entry, byte[] path)
    {
        switch (entry.Kind)
        {
            case EntryKind.Directory:
                if (Rebuild(entry.Tree, path) is not { } below)
                {
                    Lose([.. path, (byte)'/'], "its directory is lost");
                    return null;
                }

                Directories++;
                return entry with { Tree = below.Root, Below = below.Below };
            case EntryKind.File:
                if (ProblemOf(entry) is { } problem)
                {
                    Lose(path, problem);
                    return null;
                }

                Files++;
                Bytes += entry.Size;
                return entry;
            default:
                Others++;
                return entry;
        }
    }

    // Of the nodes of one directory those that can be read, one in memory at a time.
    private IEnumerable<TreeEntry> Entries(TreeNode root, byte[] path)
    {
        Stack<BlobId> pending = new();
        for (TreeNode? node = root; ; node = TryReadNode(pending.Pop()))
        {
            if (node is null)
                Lose([.. path, (byte)'/'], "some of its entries are lost");
            for (int i = (node?.Children.Length ?? 0) - 1; i >= 0; i--)
                pending.Push(node!.Children[i].Id);
            foreach (TreeEntry entry in node?.Entries ?? [])
                yield return entry;
            if (pending.Count == 0)
                yield break;
        }
    }

    private TreeNode? TryReadNode(in BlobId id)
    {
        try
        {
            return TreeNode.Decode(_reader.Read(id, "a tree"), $"node {id}");
        }
        catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException or Storage.ObjectMissingException)
        {
            return null;
        }
    }

    private string? ProblemOf(TreeEntry file)
    {
        try
        {
            if (file.Content.List is { } list)
                return ProblemOfList(list);
            return ProblemOf(file.Content.Items ?? []);
        }
        catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException or Storage.ObjectMissingException)
        {
            return "the list of its content is lost";
        }
    }

    private string? ProblemOfList(in BlobId root)
    {
        Stack<BlobId> pending = new([root]);
        while (pending.TryPop(out BlobId id))
        {
            cancel.ThrowIfCancellationRequested();

            // Known to the session as well: what only a condemned pack holds cannot be relied on.
            _ = repository.Index.Find(id, "a file");
            ChunkListNode node = ChunkListNode.Decode(_reader.Read(id, "a file"), $"node {id}");
            foreach (ChunkListChild child in node.Children)
                pending.Push(child.Id);
            if (ProblemOf(node.Items) is { } problem)
                return problem;
        }

        return null;
    }

    private string? ProblemOf(IReadOnlyList<ContentItem> items)
    {
        foreach (ContentItem item in items)
        {
            if (!item.IsHole && !(repository.Index.TryFind(item.Id, out BlobLocation place) && place.Length == item.Length))
                return "content is lost";
        }

        return null;
    }

    private void Lose(byte[] path, string why) => Lost.Add($"lost: {PrintablePath.Of(path)}: {why}");
}
