using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Garbage;

/// <summary>The blobs that snapshots need: found by walking every tree, each node once however many snapshots share it.</summary>
/// <remarks>Memory: 20 bytes a blob up to a quarter of a million, the rest in scratch files (<see cref="BlobIdSet"/>); 16 MiB of opened segments while trees are walked.</remarks>
internal sealed class LiveBlobs(Repository repository) : IDisposable
{
    private const int CachedBytes = 16 << 20;

    private readonly BlobReader _blobs = new(repository, CachedBytes);
    private readonly BlobIdSet _ids = new(RecordTableLimits.Small);
    private BlobIdSet _bases = new(RecordTableLimits.Small);
    private readonly Stack<(BlobId Id, bool IsList)> _pending = new();

    /// <summary>True where every blob must be in the repository's index: a copy that is found elsewhere does not do.</summary>
    public bool RequiresAll { get; init; }

    /// <summary>Blobs found so far.</summary>
    public long Count => _ids.Count;

    /// <summary>True where a snapshot needs the blob.</summary>
    public bool Contains(in BlobId id) => _ids.Contains(id);

    /// <summary>True where a delta of a blob that a snapshot needs has this one as base.</summary>
    public bool IsBase(in BlobId id) => _bases.Contains(id);

    /// <summary>True where this copy of a blob is of use: plain, for a snapshot or as a base; as a delta, where the base is there and
    /// the blob is no base itself (for then it is there plain).</summary>
    public bool Needs(in BlobRecord blob, DeltaRecord? delta) => delta is not { Base: var prefix }
        ? _ids.Contains(blob.Id) || _bases.Contains(blob.Id)
        : _ids.Contains(blob.Id) && !_bases.Contains(blob.Id) && repository.Index.ContainsPlain(prefix);

    /// <summary>Finds the bases of all deltas of blobs that snapshots need: of every delta there is, so that it does not matter which of
    /// several copies stays.</summary>
    public void FindBases(BlobIndex index)
    {
        _bases.Dispose();
        _bases = new BlobIdSet(RecordTableLimits.Small);
        foreach ((BlobKey delta, BlobKey found) in index.Deltas())
        {
            if (_ids.Contains(delta) && index.ContainsPlain(found))
                _bases.Add(found);
        }
    }

    /// <summary>Adds all that this snapshot needs.</summary>
    /// <exception cref="CorruptDataException">A node of its tree is missing or damaged: what lies below it is not known.</exception>
    public void Add(Snapshot snapshot, CancellationToken cancel)
    {
        string what = $"snapshot {snapshot.Id.ToShortString()}";
        Push(snapshot.Manifest.Root, isList: false);
        while (_pending.TryPop(out (BlobId Id, bool IsList) next))
        {
            cancel.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> blob = _blobs.Read(next.Id, what);
            if (next.IsList)
                AddList(ChunkListNode.Decode(blob, what));
            else
                AddTree(TreeNode.Decode(blob, what));
        }
    }

    /// <summary>Gives up what is kept for walking on.</summary>
    public void Rest() => _blobs.Clear();

    /// <inheritdoc/>
    public void Dispose()
    {
        _blobs.Dispose();
        _ids.Dispose();
        _bases.Dispose();
    }

    private void Push(in BlobId id, bool isList)
    {
        if (!_ids.Add(id))
            return;
        if (RequiresAll)
            _ = repository.Index.Find(id, "a tree");
        _pending.Push((id, isList));
    }

    // Pushed last to first, so that nodes are read in the order they were written.
    private void AddTree(TreeNode node)
    {
        for (int i = node.Children.Length - 1; i >= 0; i--)
            Push(node.Children[i].Id, isList: false);
        for (int i = node.Entries.Length - 1; i >= 0; i--)
        {
            TreeEntry entry = node.Entries[i];
            if (entry.Kind == EntryKind.Directory)
                Push(entry.Tree, isList: false);
            else if (entry.Content.List is { } list)
                Push(list, isList: true);
            else
                AddItems(entry.Content.Items ?? []);
        }
    }

    private void AddList(ChunkListNode node)
    {
        for (int i = node.Children.Length - 1; i >= 0; i--)
            Push(node.Children[i].Id, isList: true);
        AddItems(node.Items);
    }

    private void AddItems(IReadOnlyList<ContentItem> items)
    {
        foreach (ContentItem item in items)
        {
            if (!item.IsHole && _ids.Add(item.Id) && RequiresAll)
                _ = repository.Index.Find(item.Id, "file content");
        }
    }
}
