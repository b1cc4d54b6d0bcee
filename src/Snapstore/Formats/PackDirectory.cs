using System.Runtime.InteropServices;

namespace Snapstore.Formats;

/// <summary>What a pack holds; the numbers are those of spec/formats/pack.md.</summary>
public enum PackKind : byte
{
    /// <summary>Chunks of file content.</summary>
    Data = 1,

    /// <summary>Tree and chunk-list nodes.</summary>
    Meta = 2,
}

/// <summary>One blob in a segment: its id and the bytes of its plaintext.</summary>
public readonly record struct BlobRecord(BlobId Id, int Length);

/// <summary>One segment of a pack.</summary>
/// <param name="Offset">Bytes before it in the pack.</param>
/// <param name="StoredLength">Bytes it takes in the pack.</param>
/// <param name="FirstBlob">Number of its first blob in the directory's list.</param>
/// <param name="BlobCount">Blobs in it, at least 1.</param>
/// <param name="PlainLength">Bytes of all its blobs.</param>
public readonly record struct SegmentRecord(long Offset, int StoredLength, int FirstBlob, int BlobCount, int PlainLength);

/// <summary>The segments of one pack and their blobs (spec/formats/pack.md, "Directory record").</summary>
public sealed class PackDirectory
{
    private const byte FormPlain = 0;
    private const int SegmentSizeMin = 3 + BlobId.Size, BlobSizeMin = BlobId.Size + 1;

    private readonly List<SegmentRecord> _segments = [];
    private readonly List<BlobRecord> _blobs = [];

    /// <summary>The segments in order of their offsets.</summary>
    public ReadOnlySpan<SegmentRecord> Segments => CollectionsMarshal.AsSpan(_segments);

    /// <summary>The blobs of all segments, in order.</summary>
    public ReadOnlySpan<BlobRecord> Blobs => CollectionsMarshal.AsSpan(_blobs);

    /// <summary>Bytes of header and segments.</summary>
    public long EndOffset => _segments.Count == 0 ? PackFrame.HeaderSize : _segments[^1].Offset + _segments[^1].StoredLength;

    /// <summary>The blobs of one segment.</summary>
    public ReadOnlySpan<BlobRecord> BlobsOf(in SegmentRecord segment) => Blobs.Slice(segment.FirstBlob, segment.BlobCount);

    /// <summary>Adds the segment that follows those there.</summary>
    public void Add(int storedLength, ReadOnlySpan<BlobRecord> blobs)
    {
        int plainLength = 0;
        foreach (BlobRecord blob in blobs)
            plainLength += blob.Length;
        _segments.Add(new SegmentRecord(EndOffset, storedLength, _blobs.Count, blobs.Length, plainLength));
        _blobs.AddRange(blobs);
    }

    /// <summary>Writes the record.</summary>
    public void Encode(ByteWriter output)
    {
        output.Varint((uint)_segments.Count);
        foreach (SegmentRecord segment in _segments)
        {
            output.Varint((uint)segment.StoredLength);
            output.Varint(FormPlain);
            output.Varint((uint)segment.BlobCount);
            foreach (BlobRecord blob in BlobsOf(segment))
            {
                output.Raw(blob.Id.Span);
                output.Varint((uint)blob.Length);
            }
        }
    }

    /// <summary>Reads a record; segments that overflow a pack or a segment's bound are refused.</summary>
    public static PackDirectory Decode(ref ByteReader reader)
    {
        PackDirectory directory = new();
        int segmentCount = reader.Count(SegmentSizeMin);
        for (int i = 0; i < segmentCount; i++)
            directory.DecodeSegment(ref reader);
        return directory;
    }

    /// <summary>True where both list the same segments and blobs.</summary>
    public bool IsSameAs(PackDirectory other) =>
        Segments.SequenceEqual(other.Segments) && Blobs.SequenceEqual(other.Blobs);

    private void DecodeSegment(ref ByteReader reader)
    {
        int storedLength = reader.Varint32(Limits.SegmentSizeMax + (64 << 10));
        ulong form = reader.Varint();
        if (form != FormPlain)
            throw new UnsupportedException($"{reader.What} holds a segment of form {form}, which this program does not know; upgrade Snapstore");
        int blobCount = reader.Count(BlobSizeMin);
        int firstBlob = _blobs.Count;
        long plainLength = 0;
        for (int i = 0; i < blobCount; i++)
        {
            BlobId id = new(reader.Raw(BlobId.Size));
            int length = reader.Varint32(Limits.BlobSizeMax);
            _blobs.Add(new BlobRecord(id, length));
            plainLength += length;
        }

        bool fits = blobCount > 0 && storedLength > 0 && plainLength <= Limits.SegmentSizeMax
            && EndOffset + storedLength <= Limits.PackSizeMax;
        if (!fits)
            throw reader.Bad($"has a segment of {storedLength} bytes with {blobCount} blobs of {plainLength} bytes");
        _segments.Add(new SegmentRecord(EndOffset, storedLength, firstBlob, blobCount, (int)plainLength));
    }
}
