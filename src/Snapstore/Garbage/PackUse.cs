using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Says of one copy of a blob whether it is wanted.</summary>
/// <param name="blob">The blob as its pack's directory names it.</param>
/// <param name="delta">Where this copy is a delta: of what.</param>
internal delegate bool CopyChoice(in BlobRecord blob, DeltaRecord? delta);

/// <summary>How much of a pack snapshots need.</summary>
/// <param name="Name">Its session and hash.</param>
/// <param name="Size">Its bytes.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="IsTouchable">False while the session that wrote it has not ended.</param>
/// <param name="LiveBlobs">Blobs of it that snapshots need, be it as bases; those that stand elsewhere too are counted.</param>
/// <param name="LiveBytes">Bytes that these take: of each segment the share by plaintext, and as much of the pack's frame and padding.</param>
internal sealed record PackUse(PackName Name, long Size, PackKind Kind, bool IsTouchable, int LiveBlobs, long LiveBytes)
{
    /// <summary>Where it lies.</summary>
    public StorageKey Key => StorageKey.Pack(Name.Session, Name.Hash);

    /// <summary>Until when the storage keeps it locked; null where it can go.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>What rewriting it would cost.</summary>
    public RepackCost Cost { get; init; } = RepackCost.None;

    /// <summary>Bytes that nobody needs.</summary>
    public long UnusedBytes => Math.Max(0, Size - LiveBytes);

    /// <summary>The use of a pack.</summary>
    public static PackUse Of(IndexedPack pack, bool isTouchable, CopyChoice isLive)
    {
        int blobs = 0;
        double stored = 0, needed = 0;
        RepackCost cost = new();
        foreach (SegmentRecord segment in pack.Directory.Segments)
        {
            long live = 0;
            ReadOnlySpan<BlobRecord> there = pack.Directory.BlobsOf(segment);
            ReadOnlySpan<DeltaRecord> deltas = pack.Directory.DeltasOf(segment);
            for (int i = 0; i < there.Length; i++)
            {
                if (isLive(there[i], segment.HasDeltas ? deltas[i] : null))
                    (blobs, live) = (blobs + 1, live + there[i].Length);
            }

            double used = segment.PlainLength == 0 ? 0 : (double)live / segment.PlainLength;
            (stored, needed) = (stored + segment.StoredLength, needed + (segment.StoredLength * used));
            cost.Add(segment.StoredLength, used, RepackedSegment.LargestWaste(segment.PlainLength, deltas.Length));
        }

        // Its frame and padding go with what they are around.
        long bytes = blobs == pack.Directory.Blobs.Length ? pack.Size : (long)(pack.Size * needed / stored);
        return new PackUse(new PackName(pack.Session, pack.Hash), pack.Size, pack.Kind, isTouchable, blobs, bytes) { Cost = cost };
    }
}
