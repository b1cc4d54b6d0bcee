using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>The entries of a directory in the parent snapshot, asked for in name order as the walk meets names.</summary>
internal sealed class ParentEntries : IDisposable
{
    private readonly PathBuffer _path;
    private readonly BackupNotes _notes;
    private IEnumerator<TreeEntry>? _entries;
    private bool _hasCurrent;

    public ParentEntries(TreeReader? trees, TreeEntry? directory, PathBuffer path, BackupNotes notes)
    {
        _path = path;
        _notes = notes;
        if (trees is null || directory is null)
            return;
        _entries = trees.Entries(directory.Tree, "the parent snapshot").GetEnumerator();
        MoveNext();
    }

    /// <summary>True where the parent has entries that the walk did not meet: names that are gone.</summary>
    public bool HasSkipped { get; private set; }

    /// <summary>True where no entry is left.</summary>
    public bool IsAtEnd => !_hasCurrent;

    /// <summary>The parent's entry of this name; null where it has none. Names come in ascending order.</summary>
    public TreeEntry? Match(ReadOnlySpan<byte> name)
    {
        while (_hasCurrent)
        {
            TreeEntry current = _entries!.Current;
            int order = current.Name.AsSpan().SequenceCompareTo(name);
            if (order > 0)
                return null;
            MoveNext();
            if (order == 0)
                return current;
            HasSkipped = true;
        }

        return null;
    }

    public void Dispose() => _entries?.Dispose();

    // A parent whose tree is damaged is no parent from there on: the files are read, and the snapshot is whole.
    private void MoveNext()
    {
        try
        {
            _hasCurrent = _entries!.MoveNext();
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            _hasCurrent = false;
            HasSkipped = true;
            _entries = null;
            _notes.Note(_path.Bytes, $"the parent snapshot is damaged here, so all is read again: {e.Message}");
        }
    }
}
