using System.Runtime.InteropServices;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>A pack as the index knows it.</summary>
public sealed record PackReference(StorageKey Key, long Size, PackKind Kind);

/// <summary>Where a segment lies.</summary>
/// <param name="Pack">Its pack.</param>
/// <param name="Offset">Bytes before it in the pack.</param>
/// <param name="StoredLength">Bytes it takes there.</param>
/// <param name="PlainLength">Bytes of its blobs.</param>
public readonly record struct SegmentLocation(PackReference Pack, long Offset, int StoredLength, int PlainLength);

/// <summary>Where a blob lies: its segment, and the bytes before it among the segment's blobs.</summary>
public readonly record struct BlobLocation(SegmentLocation Segment, int Offset, int Length);

/// <summary>Blob id -> place, over all packs that are known to exist (spec/formats/index.md). May be asked by many threads.</summary>
/// <remarks>44 bytes a blob, of which no more than 46 MB are in memory (<see cref="RecordTableLimits"/>).</remarks>
public sealed class BlobIndex : IDisposable
{
    private readonly RecordTable<Entry> _entries;
    private readonly List<PackReference> _packs;

    private BlobIndex(RecordTable<Entry> entries, List<PackReference> packs, long plainBytes)
    {
        _entries = entries;
        _packs = packs;
        PlainBytes = plainBytes;
    }

    /// <summary>Blobs known; one that stands in two packs counts twice.</summary>
    public long Count => _entries.Count;

    /// <summary>Bytes of plaintext of these blobs.</summary>
    public long PlainBytes { get; }

    /// <summary>The packs known.</summary>
    public IReadOnlyList<PackReference> Packs => _packs;

    /// <summary>An index of these packs; they are taken one by one and none is kept.</summary>
    public static BlobIndex Build(IEnumerable<IndexedPack> packs) => Build(packs, RecordTableLimits.Default);

    /// <inheritdoc cref="Build(IEnumerable{IndexedPack})"/>
    internal static BlobIndex Build(IEnumerable<IndexedPack> packs, RecordTableLimits limits)
    {
        using RecordTable<Entry>.Builder entries = new(limits);
        List<PackReference> references = [];
        long plainBytes = 0;
        foreach (IndexedPack pack in packs)
        {
            foreach (SegmentRecord segment in pack.Directory.Segments)
            {
                AddBlobs(entries, (uint)references.Count, segment, pack.Directory.BlobsOf(segment));
                plainBytes += segment.PlainLength;
            }

            references.Add(new PackReference(StorageKey.Pack(pack.Session, pack.Hash), pack.Size, pack.Kind));
        }

        return new BlobIndex(entries.Build(), references, plainBytes);
    }

    /// <summary>True where the blob is known.</summary>
    public bool Contains(in BlobId id) => _entries.TryFind(new RecordKey(id), out _);

    /// <summary>Where the blob lies; false where it is not known.</summary>
    public bool TryFind(in BlobId id, out BlobLocation location)
    {
        bool isKnown = _entries.TryFind(new RecordKey(id), out Entry entry);
        location = isKnown
            ? new BlobLocation(
                new SegmentLocation(_packs[(int)entry.Pack], entry.SegmentOffset, entry.StoredLength, entry.PlainLength), entry.Offset, entry.Length)
            : default;
        return isKnown;
    }

    /// <summary>Where the blob lies.</summary>
    /// <exception cref="CorruptDataException">It is not known: lost, or its pack is.</exception>
    public BlobLocation Find(in BlobId id, string what) => TryFind(id, out BlobLocation location)
        ? location
        : throw new CorruptDataException($"blob {id} is missing from the repository ({what}); run: snapstore check");

    /// <inheritdoc/>
    public void Dispose() => _entries.Dispose();

    private static void AddBlobs(RecordTable<Entry>.Builder entries, uint pack, in SegmentRecord segment, ReadOnlySpan<BlobRecord> blobs)
    {
        int offset = 0;
        foreach (BlobRecord blob in blobs)
        {
            entries.Add(new Entry(new RecordKey(blob.Id), pack, (uint)segment.Offset, segment.StoredLength, segment.PlainLength, offset, blob.Length));
            offset += blob.Length;
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct Entry(
        RecordKey Key, uint Pack, uint SegmentOffset, int StoredLength, int PlainLength, int Offset, int Length) : IKeyed;
}
