using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Text;

namespace Snapstore.Browse;

/// <summary>Compares two trees side by side in name order. Directories with the same id, and nodes of large directories
/// with the same id, are passed over unread: the cost is that of the differences, not of the trees.</summary>
public sealed class TreeDiff : IDisposable
{
    private readonly BlobReader _blobs;
    private readonly bool _withMetadata;
    private readonly PathBuffer _path = new();
    private readonly Stack<Level> _open = new();

    /// <summary>A comparison within one repository; to be run once.</summary>
    /// <param name="repository">The repository of both.</param>
    /// <param name="withMetadata">True tells of entries that differ in metadata alone.</param>
    public TreeDiff(Repository repository, bool withMetadata)
    {
        _blobs = new BlobReader(repository);
        _withMetadata = withMetadata;
    }

    /// <summary>The differences, each directory before what is in it.</summary>
    /// <param name="before">The first: a directory or anything else.</param>
    /// <param name="after">The second.</param>
    /// <param name="path">The path under which both are told.</param>
    public IEnumerable<DiffEntry> Run(TreeEntry before, TreeEntry after, byte[] path)
    {
        ReadOnlySpan<byte> below = path.AsSpan().Trim((byte)'/');
        if (!below.IsEmpty)
            _path.Enter(below);
        if (CompareHere(before, after) is { } first)
            yield return first;
        while (_open.TryPeek(out Level? level))
        {
            _path.ReturnTo(level.PathLength);
            if (!level.Next(out TreeEntry? left, out TreeEntry? right))
            {
                _open.Pop();
                continue;
            }

            _path.Enter((left ?? right)!.Name);
            if (CompareHere(left, right) is { } difference)
                yield return difference;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _blobs.Dispose();

    /// <summary>How what stands at the path differs; opens what is to be compared below it.</summary>
    private DiffEntry? CompareHere(TreeEntry? before, TreeEntry? after)
    {
        DiffKind? kind = (before, after) switch
        {
            (null, _) => DiffKind.Added,
            (_, null) => DiffKind.Removed,
            _ => DiffEntry.Compare(before, after),
        };
        BlobId? left = before?.Kind == EntryKind.Directory ? before.Tree : null;
        BlobId? right = after?.Kind == EntryKind.Directory ? after.Tree : null;
        if (left != right)
            Open(left, right);
        return kind is null || (kind == DiffKind.MetadataChanged && !_withMetadata)
            ? null
            : new DiffEntry(kind.Value, _path.ToArray(), before, after);
    }

    private void Open(BlobId? left, BlobId? right)
    {
        if (_open.Count > Limits.TreeDepthMax)
            throw new CorruptDataException($"the tree is deeper than {Limits.TreeDepthMax} directories");
        string what = PrintablePath.Of(_path.Bytes);
        _open.Push(new Level(
            left is { } first ? new NodeCursor(_blobs, first, what) : null,
            right is { } second ? new NodeCursor(_blobs, second, what) : null,
            _path.Length));
    }

    /// <summary>One directory of either tree, or of both.</summary>
    private sealed class Level(NodeCursor? left, NodeCursor? right, int pathLength)
    {
        public int PathLength => pathLength;

        /// <summary>The next name that may differ; false at the end.</summary>
        public bool Next(out TreeEntry? before, out TreeEntry? after)
        {
            while (!Settle())
            {
            }

            (before, after) = (left?.Entry, right?.Entry);
            if (before is not null && after is not null)
            {
                int order = before.Name.AsSpan().SequenceCompareTo(after.Name);
                (before, after) = (order <= 0 ? before : null, order >= 0 ? after : null);
            }

            if (before is not null)
                left!.Advance();
            if (after is not null)
                right!.Advance();
            return before is not null || after is not null;
        }

        /// <summary>One step towards both cursors standing at entries, or at ends; true where that is reached, or where
        /// one entry is known to have no partner.</summary>
        private bool Settle()
        {
            BlobId? leftNode = left?.Node, rightNode = right?.Node;
            if (leftNode is null && rightNode is null)
                return true;
            if (leftNode == rightNode)
            {
                left!.Advance();
                right!.Advance();
                return false;
            }

            if (leftNode is not null && rightNode is not null)
            {
                int height = Math.Max(left!.NodeHeight, right!.NodeHeight);
                bool expandsRight = right.NodeHeight == height;
                if (left.NodeHeight == height)
                    left.Expand();
                if (expandsRight)
                    right.Expand();
                return false;
            }

            (NodeCursor node, NodeCursor? other) = leftNode is not null ? (left!, right) : (right!, left);
            if (other?.Entry is { } entry && IsPassed(entry, node))
                return true;
            node.Expand();
            return false;
        }

        // True where the cursor is beyond this name, so that what it has left cannot hold it.
        private static bool IsPassed(TreeEntry entry, NodeCursor cursor) =>
            cursor.Passed is { } passed && entry.Name.AsSpan().SequenceCompareTo(passed) <= 0;
    }
}
