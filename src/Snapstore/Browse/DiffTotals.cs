using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>The sum of a comparison.</summary>
public sealed class DiffTotals
{
    /// <summary>Files that only the second has, and their bytes.</summary>
    public (long Count, long Bytes) FilesAdded { get; private set; }

    /// <summary>Files that only the first has, and their bytes.</summary>
    public (long Count, long Bytes) FilesRemoved { get; private set; }

    /// <summary>Files with other content, and their bytes in the second.</summary>
    public (long Count, long Bytes) FilesChanged { get; private set; }

    /// <summary>Directories that only the second has.</summary>
    public long DirectoriesAdded { get; private set; }

    /// <summary>Directories that only the first has.</summary>
    public long DirectoriesRemoved { get; private set; }

    /// <summary>Links, pipes and devices added, removed or changed.</summary>
    public long Others { get; private set; }

    /// <summary>Paths whose kind changed.</summary>
    public long TypesChanged { get; private set; }

    /// <summary>Paths that differ in metadata alone; counted where the comparison tells of them.</summary>
    public long MetadataChanged { get; private set; }

    /// <summary>Counts one difference.</summary>
    public void Add(DiffEntry difference)
    {
        switch (difference.Kind)
        {
            case DiffKind.Added:
                AddOneSided(difference.After!, isAdded: true);
                break;
            case DiffKind.Removed:
                AddOneSided(difference.Before!, isAdded: false);
                break;
            case DiffKind.ContentChanged when difference.After!.Kind == EntryKind.File:
                FilesChanged = Plus(FilesChanged, difference.After);
                break;
            case DiffKind.ContentChanged:
                Others++;
                break;
            case DiffKind.TypeChanged:
                TypesChanged++;
                break;
            default:
                MetadataChanged++;
                break;
        }
    }

    private void AddOneSided(TreeEntry entry, bool isAdded)
    {
        switch (entry.Kind)
        {
            case EntryKind.File when isAdded:
                FilesAdded = Plus(FilesAdded, entry);
                break;
            case EntryKind.File:
                FilesRemoved = Plus(FilesRemoved, entry);
                break;
            case EntryKind.Directory when isAdded:
                DirectoriesAdded++;
                break;
            case EntryKind.Directory:
                DirectoriesRemoved++;
                break;
            default:
                Others++;
                break;
        }
    }

    private static (long Count, long Bytes) Plus((long Count, long Bytes) sum, TreeEntry entry) => (sum.Count + 1, sum.Bytes + entry.Size);
}
