using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Looks up single paths of the parent snapshot. One thread.</summary>
/// <remarks>Sources name paths directory by directory: one that is asked for often is kept as a table, unless it is large.</remarks>
internal sealed class ParentPaths(Repository repository, Snapshot? parent) : IDisposable
{
    // A look-up in the tree costs some 50 us; to read a whole directory for its table pays after a few.
    private const int AskedBefore = 8, TableMax = 10_000;

    private static readonly Dictionary<byte[], TreeEntry> None = new(NameComparer.Instance);

    private readonly TreeReader? _trees = parent is null ? null : new TreeReader(repository);
    private byte[][] _directory = [];
    private TreeEntry? _directoryEntry;
    private Dictionary<byte[], TreeEntry>? _table;
    private int _asked = -1;

    /// <summary>What the parent has there; null where it has nothing, or nothing that can be read.</summary>
    public TreeEntry? Find(byte[][] parts)
    {
        if (_trees is null || parts.Length == 0)
            return null;
        try
        {
            Enter(parts.AsSpan(0, parts.Length - 1));
            if (_table is not null)
                return _table.GetValueOrDefault(parts[^1]);
            return Below(_directoryEntry, parts[^1]);
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            // A parent that is damaged, or swept because a prune took this session for dead, helps nobody; a snapshot without
            // one is as good.
            (_asked, _table) = (-1, null);
            return null;
        }
    }

    public void Dispose() => _trees?.Dispose();

    private void Enter(ReadOnlySpan<byte[]> directory)
    {
        if (_asked < 0 || !IsSame(directory))
        {
            TreeEntry? entry = PathFinder.Root(parent!);
            foreach (byte[] part in directory)
                entry = Below(entry, part);
            (_directory, _directoryEntry, _table, _asked) = (directory.ToArray(), entry, entry is null ? None : null, 0);
        }

        if (++_asked == AskedBefore && _table is null)
            _table = ReadTable();
    }

    private TreeEntry? Below(TreeEntry? directory, byte[] name) =>
        directory is { Kind: EntryKind.Directory } ? _trees!.Find(directory.Tree, name, "the parent snapshot") : null;

    private Dictionary<byte[], TreeEntry>? ReadTable()
    {
        if (_directoryEntry is not { Kind: EntryKind.Directory } directory)
            return None;
        Dictionary<byte[], TreeEntry> table = new(NameComparer.Instance);
        foreach (TreeEntry entry in _trees!.Entries(directory.Tree, "the parent snapshot"))
        {
            if (table.Count == TableMax)
                return null;
            table[entry.Name] = entry;
        }

        return table;
    }

    private bool IsSame(ReadOnlySpan<byte[]> directory)
    {
        if (directory.Length != _directory.Length)
            return false;
        for (int i = directory.Length - 1; i >= 0; i--)
        {
            if (!directory[i].AsSpan().SequenceEqual(_directory[i]))
                return false;
        }

        return true;
    }

    private sealed class NameComparer : IEqualityComparer<byte[]>
    {
        public static readonly NameComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            HashCode hash = default;
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
