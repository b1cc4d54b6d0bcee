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

/// <summary>One blob in a segment.</summary>
/// <param name="Id">Its id; of a delta only the first 20 bytes are kept, and the rest is zeros.</param>
/// <param name="Length">Bytes it takes in the segment's plaintext: its own, or where it is a delta those of its frame.</param>
public readonly record struct BlobRecord(BlobId Id, int Length)
{
    /// <summary>What it is found by.</summary>
    public BlobKey Key => new(Id);
}

/// <summary>What more there is to say of a blob that is stored as a delta.</summary>
/// <param name="Base">The blob whose plaintext is its frame's prefix; itself never a delta.</param>
/// <param name="Length">Bytes of its own plaintext.</param>
public readonly record struct DeltaRecord(BlobKey Base, int Length);

/// <summary>One segment of a pack.</summary>
/// <param name="Offset">Bytes before it in the pack.</param>
/// <param name="StoredLength">Bytes it takes in the pack.</param>
/// <param name="FirstBlob">Number of its first blob in the directory's list.</param>
/// <param name="BlobCount">Blobs in it, at least 1.</param>
/// <param name="PlainLength">Bytes of its plaintext: of all its blobs, or of all their frames where they are deltas.</param>
/// <param name="FirstDelta">Number of its first delta in the directory's list; negative where its blobs are no deltas.</param>
public readonly record struct SegmentRecord(
    long Offset, int StoredLength, int FirstBlob, int BlobCount, int PlainLength, int FirstDelta = SegmentRecord.NoDelta)
{
    /// <summary>The <see cref="FirstDelta"/> of a segment of plain blobs.</summary>
    public const int NoDelta = -1;

    /// <summary>True where its blobs are deltas.</summary>
    public bool HasDeltas => FirstDelta >= 0;
}

/// <summary>The segments of one pack and their blobs (spec/formats/pack.md, "Directory record").</summary>
public sealed class PackDirectory
{
    private const byte FormPlain = 0, FormDeltas = 1;
    private const int SegmentSizeMin = 3 + BlobId.Size, BlobSizeMin = BlobId.Size + 1, DeltaSizeMin = 2 * BlobKey.Size + 2;

    private readonly List<SegmentRecord> _segments = [];
    private readonly List<BlobRecord> _blobs = [];
    private readonly List<DeltaRecord> _deltas = [];

    /// <summary>The segments in order of their offsets.</summary>
    public ReadOnlySpan<SegmentRecord> Segments => CollectionsMarshal.AsSpan(_segments);

    /// <summary>The blobs of all segments, in order.</summary>
    public ReadOnlySpan<BlobRecord> Blobs => CollectionsMarshal.AsSpan(_blobs);

    /// <summary>True where some of its blobs are deltas.</summary>
    public bool HasDeltas => _deltas.Count > 0;

    /// <summary>Bytes of header and segments.</summary>
    public long EndOffset => _segments.Count == 0 ? PackFrame.HeaderSize : _segments[^1].Offset + _segments[^1].StoredLength;

    /// <summary>The blobs of one segment.</summary>
    public ReadOnlySpan<BlobRecord> BlobsOf(in SegmentRecord segment) => Blobs.Slice(segment.FirstBlob, segment.BlobCount);

    /// <summary>What more there is to say of the blobs of a segment of deltas, one for one; empty for any other segment.</summary>
    public ReadOnlySpan<DeltaRecord> DeltasOf(in SegmentRecord segment) =>
        segment.HasDeltas ? CollectionsMarshal.AsSpan(_deltas).Slice(segment.FirstDelta, segment.BlobCount) : [];

    /// <summary>Adds the segment that follows those there.</summary>
    /// <param name="storedLength">Bytes it takes in the pack.</param>
    /// <param name="blobs">Its blobs.</param>
    /// <param name="deltas">Where they are deltas, one for each of them; else none.</param>
    public void Add(int storedLength, ReadOnlySpan<BlobRecord> blobs, ReadOnlySpan<DeltaRecord> deltas = default)
    {
        if (!deltas.IsEmpty && deltas.Length != blobs.Length)
            throw new ArgumentException($"{deltas.Length} deltas for {blobs.Length} blobs", nameof(deltas));
        int plainLength = 0;
        foreach (BlobRecord blob in blobs)
            plainLength += blob.Length;
        int firstDelta = deltas.IsEmpty ? SegmentRecord.NoDelta : _deltas.Count;
        _segments.Add(new SegmentRecord(EndOffset, storedLength, _blobs.Count, blobs.Length, plainLength, firstDelta));
        foreach (BlobRecord blob in blobs)
            _blobs.Add(deltas.IsEmpty ? blob : blob with { Id = blob.Key.Padded() });
        _deltas.AddRange(deltas);
    }

    /// <summary>Writes the record.</summary>
    public void Encode(ByteWriter output)
    {
        output.Varint((uint)_segments.Count);
        foreach (SegmentRecord segment in _segments)
        {
            output.Varint((uint)segment.StoredLength);
            output.Varint(segment.HasDeltas ? FormDeltas : FormPlain);
            output.Varint((uint)segment.BlobCount);
            ReadOnlySpan<BlobRecord> blobs = BlobsOf(segment);
            ReadOnlySpan<DeltaRecord> deltas = DeltasOf(segment);
            for (int i = 0; i < blobs.Length; i++)
            {
                output.Raw(blobs[i].Id.Span[..(segment.HasDeltas ? BlobKey.Size : BlobId.Size)]);
                output.Varint((uint)blobs[i].Length);
                if (segment.HasDeltas)
                    EncodeDelta(output, deltas[i]);
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
        Segments.SequenceEqual(other.Segments) && Blobs.SequenceEqual(other.Blobs) && _deltas.SequenceEqual(other._deltas);

    private static void EncodeDelta(ByteWriter output, in DeltaRecord delta)
    {
        output.Varint((uint)delta.Length);
        delta.Base.CopyTo(output.Reserve(BlobKey.Size));
    }

    private void DecodeSegment(ref ByteReader reader)
    {
        int storedLength = reader.Varint32(Limits.SegmentSizeMax + (64 << 10));
        ulong form = reader.Varint();
        if (form > FormDeltas)
            throw new UnsupportedException($"{reader.What} holds a segment of form {form}, which this program does not know; upgrade Snapstore");
        bool hasDeltas = form == FormDeltas;
        int blobCount = reader.Count(hasDeltas ? DeltaSizeMin : BlobSizeMin);
        SegmentRecord segment = new(EndOffset, storedLength, _blobs.Count, blobCount, 0, hasDeltas ? _deltas.Count : SegmentRecord.NoDelta);
        long plainLength = 0;
        for (int i = 0; i < blobCount; i++)
            plainLength += hasDeltas ? DecodeDelta(ref reader) : DecodeBlob(ref reader);

        bool fits = blobCount > 0 && storedLength > 0 && plainLength <= Limits.SegmentSizeMax
            && EndOffset + storedLength <= Limits.PackSizeMax;
        if (!fits)
            throw reader.Bad($"has a segment of {storedLength} bytes with {blobCount} blobs of {plainLength} bytes");
        _segments.Add(segment with { PlainLength = (int)plainLength });
    }

    private int DecodeBlob(ref ByteReader reader)
    {
        BlobId id = new(reader.Raw(BlobId.Size));
        int length = reader.Varint32(Limits.BlobSizeMax);
        _blobs.Add(new BlobRecord(id, length));
        return length;
    }

    private int DecodeDelta(ref ByteReader reader)
    {
        BlobKey key = new(reader.Raw(BlobKey.Size));
        int frameLength = reader.Varint32(Limits.BlobSizeMax);
        DeltaRecord delta = new(Length: reader.Varint32(Limits.BlobSizeMax), Base: new BlobKey(reader.Raw(BlobKey.Size)));
        if (frameLength == 0 || delta.Base == key)
            throw reader.Bad($"has a delta of {frameLength} bytes against {delta.Base}, which no delta is");
        _blobs.Add(new BlobRecord(key.Padded(), frameLength));
        _deltas.Add(delta);
        return frameLength;
    }
}
