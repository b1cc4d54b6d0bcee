using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Garbage;

/// <summary>Of the blobs that a plan puts at risk, those that stand in a pack which stays (spec/protocols/garbage.md, P5). A delta counts
/// as a copy only where its base stands plain in such a pack; what is needed as a base must stand there plain itself.</summary>
internal sealed class SafeCopies(LiveBlobs live, BlobIdSet atRisk) : IDisposable
{
    private readonly BlobIdSet _plain = new(RecordTableLimits.Small);
    private readonly BlobIdSet _deltas = new(RecordTableLimits.Small);

    /// <summary>Looks through the packs that stay: once for plain copies, and where there are deltas once more for these, whose bases
    /// are known by then.</summary>
    public void Find(Func<IEnumerable<IndexedPack>> staying, bool hasDeltas, CancellationToken cancel)
    {
        if (atRisk.Count == 0)
            return;
        foreach (IndexedPack pack in staying())
        {
            cancel.ThrowIfCancellationRequested();
            AddPlain(pack);
        }

        foreach (IndexedPack pack in hasDeltas ? staying() : [])
        {
            cancel.ThrowIfCancellationRequested();
            AddDeltas(pack);
        }
    }

    /// <summary>Counts a pack that has to stay.</summary>
    public void Add(IndexedPack pack)
    {
        AddPlain(pack);
        AddDeltas(pack);
    }

    /// <summary>True where nothing that is needed is lost with this pack.</summary>
    public bool CoverAllOf(IndexedPack pack)
    {
        foreach (SegmentRecord segment in pack.Directory.Segments)
        {
            foreach (BlobRecord blob in pack.Directory.BlobsOf(segment))
            {
                bool isBase = !segment.HasDeltas && live.IsBase(blob.Id);
                bool isNeeded = isBase || live.Contains(blob.Id);
                if (isNeeded && !_plain.Contains(blob.Id) && (isBase || !_deltas.Contains(blob.Id)))
                    return false;
            }
        }

        return true;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _deltas.Dispose();
    }

    private void AddPlain(IndexedPack pack)
    {
        foreach (SegmentRecord segment in pack.Directory.Segments)
        {
            foreach (BlobRecord blob in segment.HasDeltas ? [] : pack.Directory.BlobsOf(segment))
            {
                if (atRisk.Contains(blob.Id) || live.IsBase(blob.Id))
                    _plain.Add(blob.Id);
            }
        }
    }

    private void AddDeltas(IndexedPack pack)
    {
        foreach (SegmentRecord segment in pack.Directory.Segments)
        {
            ReadOnlySpan<BlobRecord> blobs = pack.Directory.BlobsOf(segment);
            ReadOnlySpan<DeltaRecord> deltas = pack.Directory.DeltasOf(segment);
            for (int i = 0; i < deltas.Length; i++)
            {
                if (atRisk.Contains(blobs[i].Id) && _plain.Contains(deltas[i].Base))
                    _deltas.Add(blobs[i].Id);
            }
        }
    }
}
