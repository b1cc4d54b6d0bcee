using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Reads directories of snapshots, entry by entry in name order, holding one leaf at a time. One per thread.</summary>
/// <param name="repository">Where they are.</param>
/// <param name="cachedBytesMax">Bytes of opened segments to keep.</param>
public sealed class TreeReader(Repository repository, int cachedBytesMax = BlobReader.CachedBytesDefault) : IDisposable
{
    private readonly BlobReader _blobs = new(repository, cachedBytesMax);

    /// <summary>The entries of the directory whose tree has this root node.</summary>
    /// <exception cref="CorruptDataException">A node is missing, damaged, or holds what no directory can.</exception>
    public IEnumerable<TreeEntry> Entries(BlobId root, string what)
    {
        byte[]? lastName = null;
        Stack<(BlobId Id, int Height)> pending = new();
        pending.Push((root, -1));
        while (pending.TryPop(out (BlobId Id, int Height) next))
        {
            TreeNode node = ReadNode(next.Id, next.Height, what);
            for (int i = node.Children.Length - 1; i >= 0; i--)
                pending.Push((node.Children[i].Id, node.Height - 1));
            foreach (TreeEntry entry in node.Entries)
            {
                if (lastName is not null && lastName.AsSpan().SequenceCompareTo(entry.Name) >= 0)
                    throw new CorruptDataException($"the tree of {what} has names twice or out of order");
                lastName = entry.Name;
                yield return entry;
            }
        }
    }

    /// <summary>One name of a directory; null where it is not there. Reads one node a level.</summary>
    public TreeEntry? Find(BlobId root, ReadOnlySpan<byte> name, string what)
    {
        TreeNode node = ReadNode(root, -1, what);
        while (node.Height > 0)
        {
            int child = 0;
            while (child < node.Children.Length && node.Children[child].LastName.AsSpan().SequenceCompareTo(name) < 0)
                child++;
            if (child == node.Children.Length)
                return null;
            node = ReadNode(node.Children[child].Id, node.Height - 1, what);
        }

        foreach (TreeEntry entry in node.Entries)
        {
            if (entry.Name.AsSpan().SequenceEqual(name))
                return entry;
        }

        return null;
    }

    /// <summary>The items of a file's content, in order; an inline or empty content has none.</summary>
    public IEnumerable<ContentItem> Items(FileContent content, long size, string what) => content switch
    {
        { List: { } list } => ListItems(list, size, what),
        { Items: { } items } => items,
        _ => [],
    };

    /// <inheritdoc/>
    public void Dispose() => _blobs.Dispose();

    /// <summary>One node; a height of -1 accepts any.</summary>
    private TreeNode ReadNode(BlobId id, int height, string what)
    {
        TreeNode node = TreeNode.Decode(_blobs.Read(id, what), $"tree node {id} of {what}");
        return height < 0 || node.Height == height
            ? node
            : throw new CorruptDataException($"tree node {id} of {what} has height {node.Height} instead of {height}");
    }

    private IEnumerable<ContentItem> ListItems(BlobId root, long size, string what)
    {
        long total = 0;
        Stack<(BlobId Id, int Height)> pending = new();
        pending.Push((root, -1));
        while (pending.TryPop(out (BlobId Id, int Height) next))
        {
            ChunkListNode node = ChunkListNode.Decode(_blobs.Read(next.Id, what), $"chunk-list node {next.Id} of {what}");
            if (next.Height >= 0 && node.Height != next.Height)
                throw new CorruptDataException($"chunk-list node {next.Id} of {what} has height {node.Height} instead of {next.Height}");
            for (int i = node.Children.Length - 1; i >= 0; i--)
                pending.Push((node.Children[i].Id, node.Height - 1));
            foreach (ContentItem item in node.Items)
            {
                total = item.Length <= size - total ? total + item.Length : throw Disagree(what, size);
                yield return item;
            }
        }

        if (total != size)
            throw Disagree(what, size);
    }

    private static CorruptDataException Disagree(string what, long size) =>
        new($"the chunk list of {what} does not add up to its {size} bytes");
}
