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
/// <param name="LiveBytes">Stored bytes that these take: each segment's share by plaintext.</param>
internal sealed record PackUse(PackName Name, long Size, PackKind Kind, bool IsTouchable, int LiveBlobs, long LiveBytes)
{
    /// <summary>Where it lies.</summary>
    public StorageKey Key => StorageKey.Pack(Name.Session, Name.Hash);

    /// <summary>Until when the storage keeps it locked; null where it can go.</summary>
    public DateTimeOffset? LockedUntil { get; init; }

    /// <summary>Bytes that nobody needs.</summary>
    public long UnusedBytes => Math.Max(0, Size - LiveBytes);

    /// <summary>The use of a pack.</summary>
    public static PackUse Of(IndexedPack pack, bool isTouchable, CopyChoice isLive)
    {
        int blobs = 0;
        double stored = 0;
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

            stored += segment.PlainLength == 0 ? 0 : (double)segment.StoredLength * live / segment.PlainLength;
        }

        // A pack that is needed whole has no waste but its frame and padding.
        bool isWhole = blobs == pack.Directory.Blobs.Length;
        return new PackUse(new PackName(pack.Session, pack.Hash), pack.Size, pack.Kind, isTouchable, blobs, isWhole ? pack.Size : (long)stored);
    }
}
