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

    /// <summary>Asks of each of its blobs, once, whether it is wanted.</summary>
    public RepackedSegment(IndexedPack pack, in SegmentRecord segment, CopyChoice isWanted)
    {
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

    /// <summary>True where all of it is wanted.</summary>
    public bool IsWantedWhole => !_wanted.Contains(false);

    /// <summary>True where it need not be joined with others.</summary>
    public bool IsFull => Place.PlainLength >= Limits.SegmentSizeTarget / 2 || Deltas.Length >= Limits.DeltasInSegmentMax / 2;

    /// <summary>The blobs that are wanted.</summary>
    public IEnumerable<BlobRecord> WantedBlobs => Blobs.Where((_, number) => _wanted[number]);

    /// <summary>Hands over what is wanted.</summary>
    public void ForEachWanted(ReadOnlySpan<byte> plain, CopyAction take)
    {
        int offset = 0;
        for (int i = 0; i < Blobs.Length; i++)
        {
            if (_wanted[i])
                take(Place.Pack.Kind, Blobs[i], DeltaOf(i), plain.Slice(offset, Blobs[i].Length));
            offset += Blobs[i].Length;
        }
    }

    private DeltaRecord? DeltaOf(int number) => Deltas.Length == 0 ? null : Deltas[number];
}
