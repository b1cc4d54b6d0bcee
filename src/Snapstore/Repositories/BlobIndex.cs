using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Blob id -> place, over all packs that are known to exist (spec/formats/index.md). Thread safe.</summary>
/// <remarks>A few immutable tables, newest last; added packs make a new one.</remarks>
public sealed class BlobIndex : IDisposable
{
    private readonly Lock _lock = new();
    private IndexTable[] _tables = [];

    /// <summary>Blobs known; one that stands in two packs counts twice.</summary>
    public long Count => _tables.Sum(t => t.Count);

    /// <summary>Bytes of plaintext of these blobs.</summary>
    public long PlainBytes => _tables.Sum(t => t.PlainBytes);

    /// <summary>The packs known.</summary>
    public IEnumerable<PackReference> Packs => _tables.SelectMany(t => t.Packs);

    /// <summary>Makes the blobs of these packs known.</summary>
    public void Add(IReadOnlyList<IndexedPack> packs)
    {
        if (packs.Count == 0)
            return;
        IndexTable table = IndexTable.Build(packs);
        lock (_lock)
            _tables = [.. _tables, table];
    }

    /// <summary>True where the blob is known.</summary>
    public bool Contains(in BlobId id) => TryFind(id, out _);

    /// <summary>Where the blob lies; false where it is not known.</summary>
    public bool TryFind(in BlobId id, out BlobLocation location)
    {
        foreach (IndexTable table in _tables)
        {
            if (table.TryFind(id, out location))
                return true;
        }

        location = default;
        return false;
    }

    /// <summary>Where the blob lies.</summary>
    /// <exception cref="CorruptDataException">It is not known: lost, or its pack is.</exception>
    public BlobLocation Find(in BlobId id, string what) => TryFind(id, out BlobLocation location)
        ? location
        : throw new CorruptDataException($"blob {id} is missing from the repository ({what}); run: snapstore check");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (IndexTable table in _tables)
            table.Dispose();
        _tables = [];
    }
}
