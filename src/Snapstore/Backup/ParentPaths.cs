using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Looks up single paths of the parent snapshot. One thread.</summary>
internal sealed class ParentPaths(Repository repository, Snapshot? parent) : IDisposable
{
    private readonly TreeReader? _trees = parent is null ? null : new TreeReader(repository);

    /// <summary>What the parent has there; null where it has nothing, or nothing that can be read.</summary>
    public TreeEntry? Find(IEnumerable<byte[]> parts)
    {
        if (_trees is null)
            return null;
        try
        {
            TreeEntry? entry = PathFinder.Root(parent!);
            foreach (byte[] part in parts)
            {
                if (entry?.Kind != EntryKind.Directory)
                    return null;
                entry = _trees.Find(entry.Tree, part, "the parent snapshot");
            }

            return entry;
        }
        catch (SnapstoreException e) when (e is CorruptDataException or StorageException or UnsupportedException)
        {
            // A parent that is damaged helps nobody; a snapshot without one is as good.
            return null;
        }
    }

    public void Dispose() => _trees?.Dispose();
}
