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
/// <param name="PlainLength">Bytes of its blobs, or of their frames where they are deltas.</param>
public readonly record struct SegmentLocation(PackReference Pack, long Offset, int StoredLength, int PlainLength);

/// <summary>Where a blob lies.</summary>
/// <param name="Segment">Its segment.</param>
/// <param name="Offset">Bytes before it in the segment's plaintext.</param>
/// <param name="Length">Bytes of the blob's plaintext.</param>
/// <param name="Delta">Where it is stored as a delta: how it is opened; else null, and its plaintext stands there.</param>
public readonly record struct BlobLocation(SegmentLocation Segment, int Offset, int Length, DeltaLocation? Delta = null)
{
    /// <summary>Bytes it takes in the segment's plaintext.</summary>
    public int LengthInSegment => Delta?.FrameLength ?? Length;
}

/// <summary>How a delta is opened.</summary>
/// <param name="FrameLength">Bytes of its frame, which stands where the blob lies.</param>
/// <param name="BaseKey">The blob that is the frame's prefix.</param>
/// <param name="Base">Where that lies; never itself a delta.</param>
public sealed record DeltaLocation(int FrameLength, BlobKey BaseKey, BlobLocation Base);

/// <summary>Blob id -> place, over all packs that are known to exist (spec/formats/index.md). May be asked by many threads.</summary>
/// <remarks>44 bytes a blob, 68 where it is a delta, of which no more than 46 and 36 MB are in memory
/// (<see cref="RecordTableLimits"/>). A blob that is there plain and as a delta counts as plain; a delta whose base is not there
/// plain counts as not there, so that writers store the blob anew and a check calls it lost.</remarks>
public sealed class BlobIndex : IDisposable
{
    private readonly RecordTable<Entry> _entries;
    private readonly RecordTable<DeltaEntry> _deltas;
    private readonly List<PackReference> _packs;
    private readonly bool[] _met;

    private BlobIndex(RecordTable<Entry> entries, RecordTable<DeltaEntry> deltas, List<PackReference> packs, long plainBytes)
    {
        _entries = entries;
        _deltas = deltas;
        _packs = packs;
        _met = new bool[packs.Count];
        PlainBytes = plainBytes;
    }

    /// <summary>Blobs known; one that stands in two packs counts twice.</summary>
    public long Count => _entries.Count + _deltas.Count;

    /// <summary>How many of these are deltas.</summary>
    public long DeltaCount => _deltas.Count;

    /// <summary>Bytes of plaintext of these blobs.</summary>
    public long PlainBytes { get; }

    /// <summary>The packs known.</summary>
    public IReadOnlyList<PackReference> Packs => _packs;

    /// <summary>Packs in which a blob was found that somebody asked for, or the base of one.</summary>
    public IEnumerable<StorageKey> PacksMet => _packs.Where((_, i) => Volatile.Read(ref _met[i])).Select(pack => pack.Key);

    /// <summary>An index of these packs; they are taken one by one and none is kept.</summary>
    public static BlobIndex Build(IEnumerable<IndexedPack> packs) => Build(packs, RecordTableLimits.Default);

    /// <inheritdoc cref="Build(IEnumerable{IndexedPack})"/>
    internal static BlobIndex Build(IEnumerable<IndexedPack> packs, RecordTableLimits limits)
    {
        using RecordTable<Entry>.Builder entries = new(limits);
        using RecordTable<DeltaEntry>.Builder deltas = new(limits with { RecordsInMemory = Math.Max(limits.RecordsInMemory / 2, 1) });
        List<PackReference> references = [];
        long plainBytes = 0;
        foreach (IndexedPack pack in packs)
        {
            foreach (SegmentRecord segment in pack.Directory.Segments)
            {
                PlaceOfSegment place = new((uint)references.Count, (uint)segment.Offset, segment.StoredLength, segment.PlainLength);
                plainBytes += segment.HasDeltas
                    ? AddDeltas(deltas, place, pack.Directory.BlobsOf(segment), pack.Directory.DeltasOf(segment))
                    : AddBlobs(entries, place, pack.Directory.BlobsOf(segment));
            }

            references.Add(new PackReference(StorageKey.Pack(pack.Session, pack.Hash), pack.Size, pack.Kind));
        }

        return new BlobIndex(entries.Build(), deltas.Build(), references, plainBytes);
    }

    /// <summary>True where the blob is known.</summary>
    public bool Contains(in BlobId id)
    {
        BlobKey key = new(id);
        return TryFindEntry(key, out _) || TryFindDelta(key, out _, out _);
    }

    /// <summary>True where the blob is known and is there plain, so that it may be a base.</summary>
    public bool ContainsPlain(in BlobKey key) => TryFindEntry(key, out _);

    /// <inheritdoc cref="ContainsPlain(in BlobKey)"/>
    public bool ContainsPlain(in BlobId id) => ContainsPlain(new BlobKey(id));

    /// <summary>Where the blob lies; false where it is not known.</summary>
    public bool TryFind(in BlobId id, out BlobLocation location) => TryFind(new BlobKey(id), out location);

    /// <inheritdoc cref="TryFind(in BlobId, out BlobLocation)"/>
    public bool TryFind(in BlobKey key, out BlobLocation location)
    {
        if (TryFindPlain(key, out location))
            return true;
        if (!TryFindDelta(key, out DeltaEntry delta, out Entry found))
            return false;
        location = new BlobLocation(
            Segment(delta.Place), delta.Offset, delta.Length, new DeltaLocation(delta.FrameLength, delta.Base, Location(found)));
        return true;
    }

    /// <summary>Where a blob lies that is there plain; false where it is not.</summary>
    public bool TryFindPlain(in BlobKey key, out BlobLocation location)
    {
        bool isKnown = TryFindEntry(key, out Entry entry);
        location = isKnown ? Location(entry) : default;
        return isKnown;
    }

    /// <summary>Where the blob lies.</summary>
    /// <exception cref="CorruptDataException">It is not known: lost, or its pack is.</exception>
    public BlobLocation Find(in BlobId id, string what) => TryFind(id, out BlobLocation location)
        ? location
        : throw new CorruptDataException($"blob {id} is missing from the repository ({what}); run: snapstore check");

    /// <summary>A pack that the blob is in, plain or as a delta, whatever becomes of the delta's base; null where there is none.</summary>
    public StorageKey? FindPack(in BlobKey key)
    {
        if (_entries.TryFind(key, out Entry entry))
            return _packs[(int)entry.Place.Pack].Key;
        return _deltas.TryFind(key, out DeltaEntry delta) ? _packs[(int)delta.Place.Pack].Key : null;
    }

    /// <summary>The base of the blob's first delta, whether it is there or not; null where the blob has none.</summary>
    public BlobKey? FindBase(in BlobId id) => _deltas.TryFind(new BlobKey(id), out DeltaEntry delta) ? delta.Base : null;

    /// <summary>Every delta and its base, whether that is there or not.</summary>
    public IEnumerable<(BlobKey Delta, BlobKey Base)> Deltas() => _deltas.All().Select(entry => (entry.Key, entry.Base));

    /// <inheritdoc/>
    public void Dispose()
    {
        _entries.Dispose();
        _deltas.Dispose();
    }

    private static long AddBlobs(RecordTable<Entry>.Builder entries, in PlaceOfSegment place, ReadOnlySpan<BlobRecord> blobs)
    {
        int offset = 0;
        foreach (BlobRecord blob in blobs)
        {
            entries.Add(new Entry(new BlobKey(blob.Id), place, offset, blob.Length));
            offset += blob.Length;
        }

        return offset;
    }

    private static long AddDeltas(
        RecordTable<DeltaEntry>.Builder entries, in PlaceOfSegment place, ReadOnlySpan<BlobRecord> blobs, ReadOnlySpan<DeltaRecord> deltas)
    {
        int offset = 0;
        long plainBytes = 0;
        for (int i = 0; i < blobs.Length; i++)
        {
            entries.Add(new DeltaEntry(new BlobKey(blobs[i].Id), place, offset, blobs[i].Length, deltas[i].Length, deltas[i].Base));
            offset += blobs[i].Length;
            plainBytes += deltas[i].Length;
        }

        return plainBytes;
    }

    private bool TryFindDelta(in BlobKey key, out DeltaEntry delta, out Entry found)
    {
        found = default;
        if (!_deltas.TryFind(key, out delta) || !(TryFindEntry(delta.Base, out found) || TryFindAnyDelta(key, out delta, out found)))
            return false;
        Meet(delta.Place);
        return true;
    }

    // Of several deltas any will do whose base is there.
    private bool TryFindAnyDelta(in BlobKey key, out DeltaEntry delta, out Entry found)
    {
        DeltaEntry usable = default;
        Entry usableBase = default;
        bool isFound = false;
        _deltas.ForEach(key, other =>
        {
            isFound = TryFindEntry(other.Base, out usableBase);
            usable = other;
            return !isFound;
        });
        (delta, found) = (usable, usableBase);
        return isFound;
    }

    private bool TryFindEntry(in BlobKey key, out Entry entry)
    {
        bool isKnown = _entries.TryFind(key, out entry);
        if (isKnown)
            Meet(entry.Place);
        return isKnown;
    }

    // Written once: many threads ask.
    private void Meet(in PlaceOfSegment place)
    {
        if (!Volatile.Read(ref _met[place.Pack]))
            Volatile.Write(ref _met[place.Pack], true);
    }

    private BlobLocation Location(in Entry entry) => new(Segment(entry.Place), entry.Offset, entry.Length);

    private SegmentLocation Segment(in PlaceOfSegment place) => new(_packs[(int)place.Pack], place.Offset, place.StoredLength, place.PlainLength);

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct PlaceOfSegment(uint Pack, uint Offset, int StoredLength, int PlainLength);

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct Entry(BlobKey Key, PlaceOfSegment Place, int Offset, int Length) : IKeyed;

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly record struct DeltaEntry(
        BlobKey Key, PlaceOfSegment Place, int Offset, int FrameLength, int Length, BlobKey Base) : IKeyed;
}
