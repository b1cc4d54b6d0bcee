using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>One reading of one pack. One per thread.</summary>
/// <param name="repository">Where it is.</param>
/// <param name="index">Where bases are found.</param>
/// <param name="pending">Deltas that wait for their bases; null where each is opened at once, with a base that is fetched for it.</param>
/// <param name="progress">Where it stands.</param>
/// <param name="cancel">Stops it.</param>
internal sealed class PackPass(Repository repository, BlobIndex index, PendingDeltas? pending, CheckProgress progress, CancellationToken cancel) : IDisposable
{
    private const int PiecesAhead = 4;

    private readonly BlobReader _bases = new(repository, index: index);
    private readonly SegmentOpener _opener = new(repository);
    private readonly RangeRooms _rooms = new();
    private readonly Blake3Hasher _hasher = new();

    /// <summary>What is wrong with the pack.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>Offsets of segments that do not open.</summary>
    public List<long> BadSegments { get; } = [];

    /// <summary>Segments of other packs that hold bases of its deltas and do not open, and why.</summary>
    public Dictionary<(StorageKey Pack, long Offset), string> BadBases { get; } = [];

    /// <summary>Room for encoding a directory.</summary>
    public ByteWriter Record { get; } = new(64 << 10);

    /// <summary>Stored bytes read in this pass.</summary>
    public long BytesRead { get; private set; }

    /// <summary>Forgets the pass before.</summary>
    public void Begin()
    {
        Problems.Clear();
        BadSegments.Clear();
        BadBases.Clear();
        BytesRead = 0;
        _hasher.Reset();
    }

    /// <summary>Reads the pack; without a directory only its hash can be checked.</summary>
    public void Run(KnownPack pack, PackDirectory? directory)
    {
        pending?.Begin(pack.Key);
        foreach ((SegmentRun piece, byte[] stored) in Requests.InOrder(repository.Storage, Pieces(pack, directory), piece => (piece, Read(pack, piece)), PiecesAhead))
        {
            cancel.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> bytes = stored.AsSpan(0, piece.Length);
            _hasher.Update(bytes);
            BytesRead += piece.Length;
            progress.Add(0, piece.Length);
            if (pack.Kind == PackKind.Data && piece.End > piece.First)
                OpenAll(pack, directory!, piece, bytes);
            _rooms.Give(stored);
        }

        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        _hasher.Finish(hash);
        if (new ObjectHash(hash) != pack.Hash)
            Problems.Add($"its bytes hash to {new ObjectHash(hash)}, not to its name");
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _opener.Dispose();
        _bases.Dispose();
    }

    // The whole pack without a gap: the header, its segments, and what is left, which has none.
    private IEnumerable<SegmentRun> Pieces(KnownPack pack, PackDirectory? directory)
    {
        int target = repository.Storage.RequestsMax > 1 ? SegmentRun.FarLengthTarget : SegmentRun.LengthTarget;
        yield return new SegmentRun(0, 0, 0, PackFrame.HeaderSize);
        long end = PackFrame.HeaderSize;
        foreach (SegmentRun run in directory is null ? [] : SegmentRun.AllOf(directory, target))
        {
            yield return run;
            end = run.Offset + run.Length;
        }

        for (; end < pack.Size; end += target)
            yield return new SegmentRun(0, 0, end, (int)Math.Min(target, pack.Size - end));
    }

    private byte[] Read(KnownPack pack, SegmentRun piece)
    {
        byte[] room = _rooms.Take(piece.Length);
        repository.Storage.Read(pack.Key, piece.Offset, room.AsSpan(0, piece.Length));
        return room;
    }

    private void OpenAll(KnownPack pack, PackDirectory directory, SegmentRun run, ReadOnlySpan<byte> stored)
    {
        foreach (SegmentRecord segment in directory.Segments[run.First..run.End])
        {
            try
            {
                Open(pack, directory, segment, stored.Slice((int)(segment.Offset - run.Offset), segment.StoredLength));
            }
            catch (Exception e) when (e is CorruptDataException or UnsupportedException)
            {
                Problems.Add(e.Message);
                BadSegments.Add(segment.Offset);
            }
        }
    }

    private void Open(KnownPack pack, PackDirectory directory, in SegmentRecord segment, ReadOnlySpan<byte> stored)
    {
        if (segment.HasDeltas)
        {
            _opener.OpenDeltas(pack, directory, segment, stored, pending, _bases, AddBadBase);
            return;
        }

        ReadOnlySpan<byte> plain = _opener.Open(pack, directory, segment, stored);
        foreach (PendingDelta delta in pending?.Take(pack.Key, segment.Offset) ?? [])
        {
            if (!_opener.IsSound(delta, plain))
                pending!.Doubt(delta.Pack);
        }
    }

    // Where a base is not there at all, whatever refers to its delta is found to miss it.
    private void AddBadBase(BlobKey prefix, SnapstoreException problem)
    {
        if (index.TryFindPlain(prefix, out BlobLocation place))
            BadBases.TryAdd((place.Segment.Pack.Key, place.Segment.Offset), problem.Message);
    }
}
