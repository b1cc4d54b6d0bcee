using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Repair;

/// <summary>Walks snapshots, and beside each the one of another repository that should hold the same, path by path; what is lost is
/// fetched from there as far as it is the same.</summary>
/// <remarks>Memory: 24 bytes for each directory and chunk list that is whole, beyond a quarter of a million in scratch files.</remarks>
internal sealed class TreeMender(Repository repository, Repository copy, BlobWriter blobs, CopyContents contents, CancellationToken cancel) : IDisposable
{
    private readonly TreeReader _trees = new(repository);
    private readonly TreeReader _copies = new(copy);
    private readonly BlobIdSet _whole = new(RecordTableLimits.Small);

    // Null while it is only looked whether anything is lost.
    private MendedSnapshot? _outcome;

    /// <summary>True where nothing below this root is lost.</summary>
    public bool IsWhole(BlobId root)
    {
        _outcome = null;
        return Mend(root, there: null, [], depth: 0);
    }

    /// <summary>Mends a snapshot as far as that goes, and notes what was fetched and what stays lost.</summary>
    public void Mend(MendedSnapshot outcome)
    {
        _outcome = outcome;
        _ = Mend(outcome.Snapshot.Manifest.Root, outcome.Copy?.Manifest.Root, [], depth: 0);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _trees.Dispose();
        _copies.Dispose();
        _whole.Dispose();
    }

    private bool Mend(BlobId root, BlobId? there, byte[] path, int depth)
    {
        if (_whole.Contains(root))
            return true;
        cancel.ThrowIfCancellationRequested();
        if (depth > Limits.TreeDepthMax)
            return Note(path, "it is deeper than any tree may be", fetch: null);
        bool isWhole = CanRead(_trees.Entries(root, "a tree")) ? MendEntries(root, there, path, depth) : MendTree(root, there, path);
        if (isWhole)
            _whole.Add(root);
        return isWhole;
    }

    private bool MendEntries(BlobId root, BlobId? there, byte[] path, int depth)
    {
        bool isWhole = true;
        using PairedEntries copies = new(there is { } other ? _copies.Entries(other, "the copy") : []);
        foreach (TreeEntry entry in _trees.Entries(root, "a tree"))
        {
            if (entry.Kind is not (EntryKind.Directory or EntryKind.File))
                continue;
            byte[] below = [.. path, (byte)'/', .. entry.Name];
            TreeEntry? match = copies.Match(entry);
            isWhole &= entry.Kind == EntryKind.Directory ? Mend(entry.Tree, match?.Tree, below, depth + 1) : MendFile(entry, match, below);

            // Who only looks has seen enough.
            if (!isWhole && _outcome is null)
                return false;
        }

        return isWhole;
    }

    private bool MendTree(BlobId root, BlobId? there, byte[] path)
    {
        byte[] name = [.. path, (byte)'/'];
        return Note(name, "the directory is lost, and which files it had", there is { } other ? () => contents.FetchTree(root, other) : null);
    }

    private bool MendFile(TreeEntry file, TreeEntry? there, byte[] path)
    {
        if (file.Content.List is { } known && _whole.Contains(known))
            return true;
        string what = PrintablePath.Of(path);
        bool isWhole;
        if (!CanRead(_trees.Items(file.Content, file.Size, what)))
            isWhole = Note(path, "the list of its content is lost", there is null ? null : () => contents.FetchList(file.Content, there, what));
        else if (!_trees.Items(file.Content, file.Size, what).Any(IsLost))
            isWhole = true;
        else
            isWhole = Note(path, "content is lost", there is null ? null : () => contents.FetchChunks(_trees.Items(file.Content, file.Size, what), IsLost, there, what));
        if (isWhole && file.Content.List is { } list)
            _whole.Add(list);
        return isWhole;
    }

    private bool IsLost(ContentItem item) => !item.IsHole && !blobs.Has(item.Id);

    // True where it came back.
    private bool Note(byte[] path, string lost, Func<string?>? fetch)
    {
        if (_outcome is null)
            return false;
        string name = PrintablePath.Of(path);
        string? problem = fetch is null ? "the copy has no such path" : fetch();
        if (_outcome.Copy is null)
            problem = "no copy of this snapshot, nor another one of the same host and paths, is there";
        if (problem is null)
            _outcome.Mended.Add(name);
        else
            _outcome.Lost.Add($"{name}: {lost}; {problem}");
        return problem is null;
    }

    private static bool CanRead<T>(IEnumerable<T> parts)
    {
        try
        {
            foreach (T _ in parts)
            {
            }

            return true;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e) && e is not StorageException)
        {
            return false;
        }
    }

    /// <summary>The entries of a directory in the other repository, asked for in name order; those that are lost there are none.</summary>
    private sealed class PairedEntries(IEnumerable<TreeEntry> entries) : IDisposable
    {
        private readonly IEnumerator<TreeEntry> _entries = entries.GetEnumerator();
        private TreeEntry? _current;
        private bool _isAtEnd;

        public TreeEntry? Match(TreeEntry wanted)
        {
            while (!_isAtEnd && (_current is null || _current.Name.AsSpan().SequenceCompareTo(wanted.Name) < 0))
                MoveNext();
            return _current is not null && _current.Kind == wanted.Kind && _current.Name.AsSpan().SequenceEqual(wanted.Name) ? _current : null;
        }

        public void Dispose() => _entries.Dispose();

        private void MoveNext()
        {
            try
            {
                _isAtEnd = !_entries.MoveNext();
                _current = _isAtEnd ? null : _entries.Current;
            }
            catch (SnapstoreException e) when (OtherCopies.IsLoss(e) && e is not StorageException)
            {
                (_isAtEnd, _current) = (true, null);
            }
        }
    }
}
