using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Garbage;

/// <summary>Which blobs stay, and in which form: one copy of each that is needed, plain where there is a choice.</summary>
/// <remarks>A plain copy that is met after a delta of the same blob stays beside it.</remarks>
internal sealed class KeptCopies(LiveBlobs live) : IDisposable
{
    private readonly BlobIdSet _plain = new(RecordTableLimits.Small);
    private readonly BlobIdSet _deltas = new(RecordTableLimits.Small);

    /// <summary>True where this copy is needed and no other was kept before.</summary>
    public bool Keep(in BlobRecord blob, DeltaRecord? delta)
    {
        if (!live.Needs(blob, delta))
            return false;
        return delta is null ? _plain.Add(blob.Id) : !_plain.Contains(blob.Id) && _deltas.Add(blob.Id);
    }

    /// <summary>Counts a pack that stays.</summary>
    public void KeepAllOf(IndexedPack pack)
    {
        foreach (SegmentRecord segment in pack.Directory.Segments)
        {
            ReadOnlySpan<BlobRecord> blobs = pack.Directory.BlobsOf(segment);
            ReadOnlySpan<DeltaRecord> deltas = pack.Directory.DeltasOf(segment);
            for (int i = 0; i < blobs.Length; i++)
                _ = Keep(blobs[i], segment.HasDeltas ? deltas[i] : null);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _plain.Dispose();
        _deltas.Dispose();
    }
}
