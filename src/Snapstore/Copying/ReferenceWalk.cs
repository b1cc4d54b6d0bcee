using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>Walks a snapshot and its copy in step and learns which blob of the target is which of the source, and what of it is
/// there whole, without reading data (spec/protocols/copy.md).</summary>
/// <param name="source">Where the snapshot is.</param>
/// <param name="target">Where its copy is, with its index as the session sees it.</param>
/// <param name="known">What is learned.</param>
/// <param name="cancel">Stops it.</param>
/// <param name="cachedBytesMax">Bytes of opened segments to keep, of each side.</param>
internal sealed class ReferenceWalk(
    Repository source, Repository target, KnownCopies known, CancellationToken cancel, int cachedBytesMax = BlobReader.CachedBytesDefault) : IDisposable
{
    private readonly TreeReader _source = new(source, cachedBytesMax);
    private readonly TreeReader _target = new(target, cachedBytesMax);

    /// <summary>Learns from a pair. What is damaged, or not the same, is passed over: it is copied as if nothing were known of it.</summary>
    public void Learn(Snapshot snapshot, Snapshot copy) => _ = IsWhole(snapshot.Manifest.Root, copy.Manifest.Root, depth: 0);

    /// <inheritdoc/>
    public void Dispose()
    {
        _source.Dispose();
        _target.Dispose();
    }

    private bool IsWhole(in BlobId root, in BlobId copy, int depth)
    {
        if (known.FindWhole(root) is { } there)
            return there == copy;
        bool isWhole = depth <= Limits.TreeDepthMax && AreWhole(root, copy, depth);
        if (isWhole)
            known.AddWhole(root, copy);
        return isWhole;
    }

    private bool AreWhole(in BlobId root, in BlobId copy, int depth)
    {
        try
        {
            bool isWhole = true;
            using IEnumerator<TreeEntry> entries = _source.Entries(root, "the source").GetEnumerator();
            using IEnumerator<TreeEntry> copies = _target.Entries(copy, "the target").GetEnumerator();
            while (entries.MoveNext())
            {
                cancel.ThrowIfCancellationRequested();
                if (!copies.MoveNext() || !entries.Current.Name.AsSpan().SequenceEqual(copies.Current.Name))
                    return false;
                isWhole &= IsWhole(entries.Current, copies.Current, depth);
            }

            return isWhole && !copies.MoveNext();
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e) && e is not StorageException)
        {
            return false;
        }
    }

    private bool IsWhole(TreeEntry entry, TreeEntry copy, int depth)
    {
        if (entry.Kind != copy.Kind || entry.Size != copy.Size)
            return false;
        if (entry.Kind == EntryKind.Directory)
            return IsWhole(entry.Tree, copy.Tree, depth + 1);
        if (entry.Kind != EntryKind.File)
            return true;
        if (entry.Content.List is { } list && known.FindWhole(list) is { } there)
            return there == copy.Content.List;
        bool isWhole = AreWhole(entry, copy);
        if (isWhole && entry.Content.List is { } source && copy.Content.List is { } target)
            known.AddWhole(source, target);
        return isWhole;
    }

    private bool AreWhole(TreeEntry entry, TreeEntry copy)
    {
        bool isWhole = true;
        using IEnumerator<ContentItem> items = _source.Items(entry.Content, entry.Size, "the source").GetEnumerator();
        using IEnumerator<ContentItem> copies = _target.Items(copy.Content, copy.Size, "the target").GetEnumerator();
        while (items.MoveNext())
        {
            ContentItem item = items.Current;
            if (!copies.MoveNext() || item.IsHole != copies.Current.IsHole || item.Length != copies.Current.Length)
                return false;
            if (item.IsHole)
                continue;
            known.AddData(item.Id, copies.Current.Id);
            isWhole &= target.Index.TryFind(copies.Current.Id, out BlobLocation place) && place.Length == item.Length;
        }

        return isWhole && !copies.MoveNext();
    }
}
