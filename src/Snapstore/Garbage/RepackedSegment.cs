using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Takes one copy of a blob: the bytes that it takes in its segment.</summary>
internal delegate void CopyAction(PackKind kind, in BlobRecord blob, DeltaRecord? delta, ReadOnlySpan<byte> bytes);

/// <summary>A segment of a pack that is written anew, and what of it is wanted.</summary>
internal sealed class RepackedSegment
{
    private readonly bool[] _wanted;
    private readonly double _tolerance;

    /// <summary>Asks of each of its blobs, once, whether it is wanted.</summary>
    public RepackedSegment(IndexedPack pack, in SegmentRecord segment, CopyChoice isWanted, double tolerance = 0)
    {
        _tolerance = tolerance;
        PackReference reference = new(StorageKey.Pack(pack.Session, pack.Hash), pack.Size, pack.Kind);
        Place = new SegmentLocation(reference, segment.Offset, segment.StoredLength, segment.PlainLength);
        Blobs = pack.Directory.BlobsOf(segment).ToArray();
        Deltas = pack.Directory.DeltasOf(segment).ToArray();
        _wanted = new bool[Blobs.Length];
        for (int i = 0; i < Blobs.Length; i++)
            _wanted[i] = isWanted(Blobs[i], DeltaOf(i));
    }

    /// <summary>Where it lies.</summary>
    public SegmentLocation Place { get; }

    /// <summary>Its blobs.</summary>
    public BlobRecord[] Blobs { get; }

    /// <summary>Where they are deltas, one for each; else empty.</summary>
    public DeltaRecord[] Deltas { get; }

    /// <summary>True where any of it is wanted.</summary>
    public bool IsWanted => _wanted.Contains(true);

    /// <summary>True where it keeps its stored bytes: it need not be joined with others, and little of it is waste.</summary>
    public bool IsMoved
    {
        get
        {
            long wanted = WantedBlobs.Sum(blob => (long)blob.Length);
            return 1 - ((double)wanted / Place.PlainLength) <= Math.Min(_tolerance, LargestWaste(Place.PlainLength, Deltas.Length));
        }
    }

    /// <summary>The blobs that are wanted.</summary>
    public IEnumerable<BlobRecord> WantedBlobs => Blobs.Where((_, number) => _wanted[number]);

    /// <summary>The share of waste with which such a segment may be moved at most; negative where it is taken apart in any case.</summary>
    /// <param name="plainLength">Its plaintext, in bytes.</param>
    /// <param name="deltas">Deltas in it. An unneeded one would outlive its base.</param>
    public static double LargestWaste(int plainLength, int deltas)
    {
        bool isFull = plainLength >= Limits.SegmentSizeTarget / 2 || deltas >= Limits.DeltasInSegmentMax / 2;
        return !isFull ? -1 : deltas > 0 ? 0 : 1;
    }

    /// <summary>Hands over what is wanted.</summary>
    public void ForEachWanted(ReadOnlySpan<byte> plain, CopyAction take) => ForEach(isWanted: true, plain, take);

    /// <summary>Hands over the rest.</summary>
    public void ForEachUnwanted(ReadOnlySpan<byte> plain, CopyAction take) => ForEach(isWanted: false, plain, take);

    private void ForEach(bool isWanted, ReadOnlySpan<byte> plain, CopyAction take)
    {
        int offset = 0;
        for (int i = 0; i < Blobs.Length; i++)
        {
            if (_wanted[i] == isWanted)
                take(Place.Pack.Kind, Blobs[i], DeltaOf(i), plain.Slice(offset, Blobs[i].Length));
            offset += Blobs[i].Length;
        }
    }

    private DeltaRecord? DeltaOf(int number) => Deltas.Length == 0 ? null : Deltas[number];
}
