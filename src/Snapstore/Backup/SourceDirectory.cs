using Snapstore.Formats;

namespace Snapstore.Backup;

/// <summary>What stands at one path of a source's tree, or at several as a hard link; complete once its content is stored.</summary>
/// <param name="entry">Its metadata; its name is that of each path.</param>
internal sealed class SourceSlot(TreeEntry entry)
{
    /// <summary>The entry; with its content once that is stored.</summary>
    public TreeEntry Entry { get; set; } = entry;

    /// <summary>True for a file that the parent does not have.</summary>
    public bool IsNew { get; init; }

    /// <summary>True for a file whose content is that of the parent's.</summary>
    public bool IsUnchanged { get; set; }

    /// <summary>Its number among those of several names; 0 for the others.</summary>
    public ulong LinkNumber { get; set; }

    /// <summary>Names that lead here; counted at the end for those of several names.</summary>
    public ulong Names { get; set; }
}

/// <summary>A directory of a source's tree in the making: names in any order, the last of equal names counts.</summary>
internal sealed class SourceDirectory
{
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b));

    private readonly SortedDictionary<byte[], object> _entries = new(ByBytes);

    /// <summary>Its metadata; null where the source named only what is in it.</summary>
    public TreeEntry? Entry { get; set; }

    /// <summary>True where nothing is in it.</summary>
    public bool IsEmpty => _entries.Count == 0;

    /// <summary>What has this name: a <see cref="SourceDirectory"/>, a <see cref="SourceSlot"/> or nothing.</summary>
    public object? Find(byte[] name) => _entries.GetValueOrDefault(name);

    /// <summary>Sets what has this name.</summary>
    public void Set(byte[] name, object child) => _entries[name] = child;

    /// <summary>Takes a name away; false where there is none.</summary>
    public bool Remove(byte[] name) => _entries.Remove(name);

    /// <summary>All entries in the order of trees.</summary>
    public IEnumerable<(byte[] Name, SourceDirectory? Directory, SourceSlot? Slot)> InOrder() =>
        _entries.Select(pair => (pair.Key, pair.Value as SourceDirectory, pair.Value as SourceSlot));

    /// <summary>Counts the names of all that has several.</summary>
    public void CountNames()
    {
        foreach (object child in _entries.Values)
        {
            if (child is SourceDirectory below)
                below.CountNames();
            else if (child is SourceSlot { LinkNumber: > 0 } slot)
                slot.Names++;
        }
    }

    /// <summary>The newest change below: a directory in which nothing changed stays the same.</summary>
    public EntryTime Newest()
    {
        EntryTime newest = default;
        foreach (object next in _entries.Values)
        {
            EntryTime time = next is SourceDirectory directory ? directory.Newest() : ((SourceSlot)next).Entry.Mtime;
            newest = time.CompareTo(newest) > 0 ? time : newest;
        }

        return newest;
    }
}
