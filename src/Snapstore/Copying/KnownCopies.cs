using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>Which blobs of the target are copies of which of the source, and which trees and chunk lists are there whole.</summary>
/// <remarks>Memory: 52 bytes a blob up to a quarter of a million of each kind, the rest in scratch files.</remarks>
internal sealed class KnownCopies(bool sharesIds) : IDisposable
{
    private readonly GrowingTable<Pair> _data = new(RecordTableLimits.Small);
    private GrowingTable<Pair> _whole = new(RecordTableLimits.Small);

    /// <summary>True where the same content has the same ids in both repositories, and trees the same nodes.</summary>
    public bool SharesIds { get; } = sharesIds;

    /// <summary>True while a tree is only made to see what it would be: nothing of it is noted as whole.</summary>
    public bool IsTrial { get; set; }

    /// <summary>The target's id of a data blob; null where only its plaintext tells. Whether it is there is another question.</summary>
    public BlobId? FindData(in BlobId source)
    {
        if (SharesIds)
            return source;
        return _data.TryFind(new BlobKey(source), out Pair pair) ? pair.Target : null;
    }

    /// <summary>The target's key of a data blob of which only the key is known; null where only its plaintext tells.</summary>
    public BlobKey? FindBase(in BlobKey source)
    {
        if (SharesIds)
            return source;
        return _data.TryFind(source, out Pair pair) ? new BlobKey(pair.Target) : null;
    }

    /// <summary>Notes what the target's id of a data blob is.</summary>
    public void AddData(in BlobId source, in BlobId target)
    {
        if (!SharesIds)
            _data.Add(new Pair(new BlobKey(source), target));
    }

    /// <summary>The target's node for a tree or chunk list of the source of which all is there, in packs that may be relied on; null where that is not known.</summary>
    public BlobId? FindWhole(in BlobId source) => _whole.TryFind(new BlobKey(source), out Pair pair) ? pair.Target : null;

    /// <summary>Notes that this tree or chunk list is there whole.</summary>
    public void AddWhole(in BlobId source, in BlobId target)
    {
        if (!IsTrial)
            _whole.Add(new Pair(new BlobKey(source), target));
    }

    /// <summary>Forgets what is whole: packs may be condemned since.</summary>
    public void ForgetWhole()
    {
        _whole.Dispose();
        _whole = new GrowingTable<Pair>(RecordTableLimits.Small);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _data.Dispose();
        _whole.Dispose();
    }

    private readonly record struct Pair(BlobKey Key, BlobId Target) : IKeyed;
}
