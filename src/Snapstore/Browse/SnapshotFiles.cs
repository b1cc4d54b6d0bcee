using System.Text;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Browse;

/// <summary>The files of one snapshot, below one path, to be opened by name: what a restore into a database reads from. For
/// one thread; make one for each.</summary>
public sealed class SnapshotFiles : IDisposable
{
    private readonly TreeReader _trees;
    private readonly ContentReader _contents;
    private readonly TreeEntry _root;

    /// <summary>The files below a path of a snapshot.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="place">The snapshot and the directory in it.</param>
    /// <param name="workers">Threads that fetch and open segments ahead; 0 does it on the reading thread.</param>
    public SnapshotFiles(Repository repository, SnapshotPath place, int workers)
    {
        Snapshot = place.Snapshot;
        _trees = new TreeReader(repository);
        _contents = new ContentReader(repository, workers);
        _root = PathFinder.Find(_trees, place);
    }

    /// <summary>The snapshot.</summary>
    public Snapshot Snapshot { get; }

    /// <summary>What stands at a path (parts separated by '/', "" for the top); null where there is nothing.</summary>
    public TreeEntry? Find(string path)
    {
        TreeEntry? entry = _root;
        foreach (string part in path.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            if (entry?.Kind != EntryKind.Directory)
                return null;
            entry = _trees.Find(entry.Tree, Encoding.UTF8.GetBytes(part), path);
        }

        return entry;
    }

    /// <summary>The entries of a directory in the order of their names; none where there is no such directory.</summary>
    public IEnumerable<TreeEntry> List(string path) =>
        Find(path) is { Kind: EntryKind.Directory } directory ? _trees.Entries(directory.Tree, path) : [];

    /// <summary>The content of a file, front to back, every blob verified. One is read to its end or disposed of before the
    /// next is opened.</summary>
    /// <exception cref="CorruptDataException">There is no such file, or it is damaged.</exception>
    public Stream Open(string path) => Find(path) is { Kind: EntryKind.File } file
        ? _contents.Open(file, path)
        : throw new CorruptDataException($"snapshot {Snapshot.Id.ToShortString()} holds no file {path}");

    /// <summary>The content of a small file.</summary>
    public byte[] ReadAll(string path)
    {
        using Stream content = Open(path);
        using MemoryStream all = new();
        content.CopyTo(all);
        return all.ToArray();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _contents.Dispose();
        _trees.Dispose();
    }
}
