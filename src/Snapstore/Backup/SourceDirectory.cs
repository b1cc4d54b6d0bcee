using Snapstore.Formats;

namespace Snapstore.Backup;

/// <summary>A directory of a source's tree in the making: names in any order, the last of equal names counts.</summary>
internal sealed class SourceDirectory
{
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private readonly Lock _lock = new();
    private readonly SortedDictionary<byte[], object> _entries = new(ByBytes);

    /// <summary>Its metadata; null where the source named only what is in it.</summary>
    public TreeEntry? Entry { get; set; }

    /// <summary>The directory of this name, made where there is none.</summary>
    public SourceDirectory Directory(byte[] name)
    {
        lock (_lock)
        {
            if (_entries.GetValueOrDefault(name) is SourceDirectory known)
                return known;
            SourceDirectory made = new();
            _entries[name] = made;
            return made;
        }
    }

    /// <summary>Sets what is no directory.</summary>
    public void Set(byte[] name, TreeEntry entry)
    {
        lock (_lock)
            _entries[name] = entry;
    }

    /// <summary>All entries in the order of trees.</summary>
    public IEnumerable<(byte[] Name, SourceDirectory? Directory, TreeEntry? Entry)> InOrder() =>
        _entries.Select(pair => (pair.Key, pair.Value as SourceDirectory, pair.Value as TreeEntry));

    /// <summary>The newest change below: a directory in which nothing changed stays the same.</summary>
    public EntryTime Newest()
    {
        EntryTime newest = default;
        foreach (object next in _entries.Values)
        {
            EntryTime time = next is SourceDirectory directory ? directory.Newest() : ((TreeEntry)next).Mtime;
            newest = time.CompareTo(newest) > 0 ? time : newest;
        }

        return newest;
    }
}
