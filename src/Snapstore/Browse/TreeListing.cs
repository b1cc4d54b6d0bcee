using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Text;

namespace Snapstore.Browse;

/// <summary>Walks everything below a directory of a snapshot, each directory before what is in it, names in byte order.
/// Holds one leaf a level and one path; no recursion, so no tree is too deep for the stack.</summary>
public sealed class TreeListing : IDisposable
{
    private readonly TreeReader _trees;
    private readonly PathBuffer _path = new();
    private readonly Stack<(IEnumerator<TreeEntry> Entries, int PathLength)> _open = new();
    private TreeEntry? _entry;
    private bool _enters;

    /// <summary>A walk of what is below a directory.</summary>
    /// <param name="trees">Reads the repository; used by this walk alone while it runs.</param>
    /// <param name="directory">The directory.</param>
    /// <param name="path">Its absolute path; empty or "/" for the root.</param>
    public TreeListing(TreeReader trees, TreeEntry directory, ReadOnlySpan<byte> path)
    {
        _trees = trees;
        ReadOnlySpan<byte> below = path.Trim((byte)'/');
        if (!below.IsEmpty)
            _path.Enter(below);
        Open(directory);
    }

    /// <summary>The entry at which the walk stands.</summary>
    public TreeEntry Entry => _entry ?? throw new InvalidOperationException("the walk stands at no entry");

    /// <summary>Its absolute path; valid until the walk moves.</summary>
    public ReadOnlySpan<byte> Path => _path.Bytes;

    /// <summary>1 for an entry of the directory itself, 2 below that, and so on.</summary>
    public int Depth => _open.Count;

    /// <summary>Goes to the next entry; false at the end.</summary>
    /// <exception cref="CorruptDataException">A node is missing or damaged, or the tree deeper than any.</exception>
    public bool MoveNext()
    {
        if (_enters)
            Open(Entry);
        _enters = false;
        while (_open.TryPeek(out (IEnumerator<TreeEntry> Entries, int PathLength) top))
        {
            _path.ReturnTo(top.PathLength);
            if (top.Entries.MoveNext())
            {
                _entry = top.Entries.Current;
                _path.Enter(_entry.Name);
                _enters = _entry.Kind == EntryKind.Directory;
                return true;
            }

            _open.Pop().Entries.Dispose();
        }

        _entry = null;
        return false;
    }

    /// <summary>Passes over what is below the directory at which the walk stands.</summary>
    public void SkipBelow() => _enters = false;

    /// <summary>The entry and its path, to keep.</summary>
    public ListedEntry ToListed() => new(_path.ToArray(), Entry);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_open.TryPop(out (IEnumerator<TreeEntry> Entries, int PathLength) top))
            top.Entries.Dispose();
    }

    private void Open(TreeEntry directory)
    {
        if (_open.Count > Limits.TreeDepthMax)
            throw new CorruptDataException($"the tree is deeper than {Limits.TreeDepthMax} directories: {PrintablePath.Of(Path[..Math.Min(Path.Length, 200)])}...");
        _open.Push((_trees.Entries(directory.Tree, PrintablePath.Of(Path)).GetEnumerator(), _path.Length));
    }
}
