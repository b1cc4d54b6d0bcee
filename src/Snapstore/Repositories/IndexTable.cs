using System.Buffers.Binary;
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

/// <summary>
/// An immutable sorted table from blob id to place: 32 bytes a blob, 16 a segment, outside the garbage-collected heap.
/// </summary>
/// <remarks>
/// Entries hold the first 20 bytes of the id: ids are keyed hashes, so 160 bits collide by chance never and
/// by intent only for who holds the key; whoever reads a blob checks its whole id anyway.
/// Sorted by a counting pass over the first 16 bits, then inside the small buckets; the counts stay as
/// fan-out, so a look-up touches one or two cache lines.
/// </remarks>
internal sealed unsafe class IndexTable : IDisposable
{
    private const int FanOut = 1 << 16;
    private const int KeySize = 20;
    private const int InsertionSortMax = 32;

    private readonly Entry* _entries;
    private readonly uint[] _fanOut;
    private readonly Segment[] _segments;
    private readonly PackReference[] _packs;

    private IndexTable(Entry* entries, uint[] fanOut, Segment[] segments, PackReference[] packs)
    {
        _entries = entries;
        _fanOut = fanOut;
        _segments = segments;
        _packs = packs;
    }

    /// <summary>Blobs in the table; one that stands in two packs counts twice.</summary>
    public long Count => _fanOut[FanOut];

    /// <summary>Bytes of plaintext of these blobs.</summary>
    public long PlainBytes => _segments.Sum(segment => (long)segment.PlainLength);

    /// <summary>The packs whose blobs are in it.</summary>
    public IReadOnlyList<PackReference> Packs => _packs;

    /// <summary>A table of these packs.</summary>
    public static IndexTable Build(IReadOnlyList<IndexedPack> packs)
    {
        uint[] fanOut = CountPrefixes(packs);
        Entry* entries = (Entry*)NativeMemory.Alloc((nuint)Math.Max(1, fanOut[FanOut]), (nuint)sizeof(Entry));
        List<Segment> segments = [];
        PackReference[] references = new PackReference[packs.Count];
        uint[] next = fanOut.AsSpan(0, FanOut).ToArray();
        for (int p = 0; p < packs.Count; p++)
        {
            IndexedPack pack = packs[p];
            references[p] = new PackReference(StorageKey.Pack(pack.Session, pack.Hash), pack.Size, pack.Kind);
            foreach (SegmentRecord segment in pack.Directory.Segments)
            {
                Place(pack.Directory.BlobsOf(segment), (uint)segments.Count, entries, next);
                segments.Add(new Segment(p, (uint)segment.Offset, segment.StoredLength, segment.PlainLength));
            }
        }

        for (int bucket = 0; bucket < FanOut; bucket++)
            SortBucket(entries, fanOut[bucket], fanOut[bucket + 1]);
        return new IndexTable(entries, fanOut, [.. segments], references);
    }

    /// <summary>Finds a blob.</summary>
    public bool TryFind(in BlobId id, out BlobLocation location)
    {
        Key key = new(id);
        uint low = _fanOut[key.Prefix];
        uint high = _fanOut[key.Prefix + 1];
        while (low < high)
        {
            uint middle = low + ((high - low) / 2);
            int order = _entries[middle].Key.CompareTo(key);
            if (order == 0)
            {
                location = LocationOf(_entries[middle]);
                return true;
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        location = default;
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_entries);

    private BlobLocation LocationOf(in Entry entry)
    {
        Segment segment = _segments[entry.Segment];
        return new BlobLocation(
            new SegmentLocation(_packs[segment.Pack], segment.Offset, segment.StoredLength, segment.PlainLength),
            (int)entry.Offset,
            (int)entry.Length);
    }

    private static uint[] CountPrefixes(IReadOnlyList<IndexedPack> packs)
    {
        uint[] fanOut = new uint[FanOut + 1];
        foreach (IndexedPack pack in packs)
        {
            foreach (BlobRecord blob in pack.Directory.Blobs)
                fanOut[new Key(blob.Id).Prefix + 1]++;
        }

        for (int i = 1; i <= FanOut; i++)
            fanOut[i] += fanOut[i - 1];
        return fanOut;
    }

    private static void Place(ReadOnlySpan<BlobRecord> blobs, uint segment, Entry* entries, uint[] next)
    {
        uint offset = 0;
        foreach (BlobRecord blob in blobs)
        {
            Key key = new(blob.Id);
            entries[next[key.Prefix]++] = new Entry(key, segment, offset, (uint)blob.Length);
            offset += (uint)blob.Length;
        }
    }

    private static void SortBucket(Entry* entries, uint first, uint end)
    {
        // Buckets grow with the repository (and a hostile index may put all into one): insertion is for small ones.
        if (end - first > InsertionSortMax)
        {
            new Span<Entry>(entries + first, (int)(end - first)).Sort(static (a, b) => a.Key.CompareTo(b.Key));
            return;
        }

        for (uint i = first + 1; i < end; i++)
        {
            Entry moving = entries[i];
            uint at = i;
            for (; at > first && entries[at - 1].Key.CompareTo(moving.Key) > 0; at--)
                entries[at] = entries[at - 1];
            entries[at] = moving;
        }
    }

    private readonly record struct Segment(int Pack, uint Offset, int StoredLength, int PlainLength);

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly struct Key
    {
        private readonly ulong _first;
        private readonly ulong _second;
        private readonly uint _third;

        public Key(in BlobId id)
        {
            ReadOnlySpan<byte> bytes = id.Span[..KeySize];
            _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
            _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
            _third = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
        }

        public int Prefix => (int)(_first >> 48);

        public int CompareTo(in Key other)
        {
            if (_first != other._first)
                return _first < other._first ? -1 : 1;
            return _second != other._second ? _second.CompareTo(other._second) : _third.CompareTo(other._third);
        }
    }

    [StructLayout(LayoutKind.Sequential, Pack = 4)]
    private readonly struct Entry(in Key key, uint segment, uint offset, uint length)
    {
        public readonly Key Key = key;
        public readonly uint Segment = segment;
        public readonly uint Offset = offset;
        public readonly uint Length = length;
    }
}
