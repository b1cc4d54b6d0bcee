using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Browse;

/// <summary>How much content a second tree has that the first does not hold anywhere: the blobs that keeping it costs.
/// Content that was only moved or copied costs nothing. Memory: 20 to 40 bytes a blob of what differs.</summary>
public sealed class AddedContent : IDisposable
{
    private readonly TreeReader _trees;
    private readonly BlobIdSet _candidates = new();
    private readonly BlobIdSet _known = new();
    private readonly BlobIndex _index;
    private AddedTotals _totals;

    /// <summary>An empty sum.</summary>
    public AddedContent(Repository repository)
    {
        _trees = new TreeReader(repository);
        _index = repository.Index;
    }

    /// <summary>Takes in a difference.</summary>
    public void Add(DiffEntry difference)
    {
        if (difference is not { Kind: not DiffKind.MetadataChanged, After: { Kind: EntryKind.File } file })
            return;
        foreach (ContentItem item in _trees.Items(file.Content, file.Size, PrintablePath.Of(difference.Path)))
        {
            if (!item.IsHole && _candidates.Add(item.Id))
                _totals = _totals.Plus(1, item.Length, StoredLength(item));
        }
    }

    /// <summary>What is left once all that the first tree holds is taken off.</summary>
    public AddedTotals Without(TreeEntry first, CancellationToken cancel)
    {
        if (_candidates.Count == 0)
            return default;
        if (first.Kind == EntryKind.File)
            TakeOff(first, "the first");
        if (first.Kind != EntryKind.Directory)
            return _totals;
        using TreeListing listing = new(_trees, first, []);
        while (listing.MoveNext())
        {
            cancel.ThrowIfCancellationRequested();
            if (listing.Entry.Kind == EntryKind.File)
                TakeOff(listing.Entry, listing.Entry.Content.List is null ? "" : PrintablePath.Of(listing.Path));
        }

        return _totals;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _candidates.Dispose();
        _known.Dispose();
        _trees.Dispose();
    }

    // Of a segment, each blob has the share of its plaintext, or of its difference from another.
    private long StoredLength(in ContentItem item) => _index.TryFind(item.Id, out BlobLocation place) && place.Segment.PlainLength > 0
        ? (long)place.LengthInSegment * place.Segment.StoredLength / place.Segment.PlainLength
        : 0;

    private void TakeOff(TreeEntry file, string what)
    {
        foreach (ContentItem item in _trees.Items(file.Content, file.Size, what))
        {
            if (!item.IsHole && _candidates.Contains(item.Id) && _known.Add(item.Id))
                _totals = _totals.Plus(-1, -item.Length, -StoredLength(item));
        }
    }
}

/// <summary>Content that one tree has and another has not.</summary>
/// <param name="Blobs">Data blobs.</param>
/// <param name="Bytes">Bytes of their plaintext.</param>
/// <param name="StoredBytes">Bytes they take in the repository, about.</param>
public readonly record struct AddedTotals(long Blobs, long Bytes, long StoredBytes)
{
    internal AddedTotals Plus(long blobs, long bytes, long storedBytes) => new(Blobs + blobs, Bytes + bytes, StoredBytes + storedBytes);
}
