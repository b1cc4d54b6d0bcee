using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>A set of blobs: 20 bytes a slot, outside the garbage-collected heap; beyond a million, in
/// scratch files. For one thread, or for several that only ask.</summary>
internal sealed class BlobIdSet : IDisposable
{
    private readonly GrowingTable<KeyRecord> _keys;

    /// <summary>An empty set.</summary>
    public BlobIdSet()
        : this(RecordTableLimits.Default)
    {
    }

    /// <summary>An empty set with these limits.</summary>
    public BlobIdSet(RecordTableLimits limits) => _keys = new GrowingTable<KeyRecord>(limits);

    /// <summary>Ids in the set.</summary>
    public long Count => _keys.Count;

    /// <summary>True where the id is in the set.</summary>
    public bool Contains(in BlobId id) => Contains(new BlobKey(id));

    /// <summary>True where an id of this key is in the set.</summary>
    public bool Contains(in BlobKey key) => _keys.TryFind(key, out _);

    /// <summary>Adds an id; false where it is there already.</summary>
    public bool Add(in BlobId id) => Add(new BlobKey(id));

    /// <summary>Adds the id of this key; false where it is there already.</summary>
    public bool Add(in BlobKey key) => _keys.Add(new KeyRecord(key));

    /// <inheritdoc/>
    public void Dispose() => _keys.Dispose();

    private readonly record struct KeyRecord(BlobKey Key) : IKeyed;
}
