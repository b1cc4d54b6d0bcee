using System.Collections.Concurrent;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Reads packs whole, once and front to back: the stored bytes hash to the name, the directory is the one the
/// index knows, every segment of data opens and every blob in it hashes to its id.</summary>
/// <remarks>
/// A piece of about 1 MiB is read, hashed and opened before the next, so that the bytes still lie in the cache.
/// Segments of meta packs are not opened here: <see cref="TreeSweep"/> opens them all in the same check.
/// </remarks>
internal sealed class PackVerifier(
    Repository repository, PackInventory inventory, BlobPlaces places, FindingList findings, CheckProgress progress, HashSet<StorageKey> sound, CancellationToken cancel)
{
    // Packs at a time where they come from far away: each has several pieces on their way.
    private const int FarPacks = 3;

    private long _bytesRead;
    private long _packsRead;

    /// <summary>Stored bytes read.</summary>
    public long BytesRead => _bytesRead;

    /// <summary>Packs read whole.</summary>
    public long PacksRead => _packsRead;

    /// <summary>Verifies these packs, several at a time.</summary>
    public void Run(IEnumerable<KnownPack> packs, int workers)
    {
        int threads = workers > 0 && repository.Storage.RequestsMax > 1 ? Math.Max(workers, FarPacks) : workers;
        using WorkQueue<KnownPack> queue = new("read packs", threads, threads, MakeWorker);
        foreach (KnownPack pack in packs)
        {
            cancel.ThrowIfCancellationRequested();
            queue.Add(pack);
        }

        queue.Complete();
    }

    private (Action<KnownPack> Work, IDisposable? Owned) MakeWorker()
    {
        PackPass pass = new(repository, places.Index, progress, cancel);
        return (pack => Verify(pack, pass), pass);
    }

    private void Verify(KnownPack pack, PackPass pass)
    {
        List<string> first = [];
        SnapstoreException? failure = null;
        for (int attempt = 1; attempt <= Patient.ReadsMax; attempt++)
        {
            try
            {
                failure = null;
                pass.Run(pack, DirectoryOf(pack, pass));
            }
            catch (SnapstoreException e) when (e is CorruptDataException or StorageException or ObjectMissingException)
            {
                failure = e;
            }

            Interlocked.Add(ref _bytesRead, pass.BytesRead);
            if (failure is null && pass.Problems.Count == 0 && pass.BadBases.Count == 0)
                break;
            if (pass.Problems.Count == 0 && failure is null)
                continue;
            if (first.Count == 0)
                first.AddRange(failure is null ? pass.Problems : [failure.Message]);
        }

        Interlocked.Increment(ref _packsRead);
        Conclude(pack, pass, failure, first);
    }

    private void Conclude(KnownPack pack, PackPass pass, SnapstoreException? failure, List<string> first)
    {
        string name = pack.Key.Name;
        if (failure is not null)
            findings.AddFailure(name, failure);
        else if (pass.Problems.Count == 0 && first.Count > 0)
            findings.Add(FindingKind.Note, name, $"was read wrongly and then right: the storage or this machine's memory cannot be trusted ({first[0]})");
        foreach (string problem in pass.Problems)
            findings.Add(FindingKind.Damage, name, problem);
        if (failure is null && pass.Problems.Count == 0 && pass.BadBases.Count == 0)
        {
            lock (sound)
                sound.Add(pack.Key);
        }

        foreach (long offset in pass.BadSegments)
            places.AddBadSegment(pack.Key, offset);
        foreach (((StorageKey Pack, long Offset) place, string problem) in pass.BadBases)
        {
            findings.Add(FindingKind.Damage, place.Pack.Name, problem);
            places.AddBadSegment(place.Pack, place.Offset);
        }
    }

    // The index's directory is the one that readers go by; it is fetched again only where the pack's own is another.
    private PackDirectory? DirectoryOf(KnownPack pack, PackPass pass)
    {
        pass.Begin();
        PackDirectory? own = null;
        try
        {
            IndexedPack found = PackReader.ReadDirectory(repository, pack.Key, pack.Size);
            own = found.Directory;
            if (found.Kind != pack.Kind)
                pass.Problems.Add($"says it holds {found.Kind}, and the index says {pack.Kind}");
        }
        catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException)
        {
            pass.Problems.Add(e.Message);
        }

        if (own is not null && PackInventory.HashOf(own, pass.Record) == pack.DirectoryHash)
            return own;
        if (own is not null)
            pass.Problems.Add("has a directory other than the one in the index");
        return pack.Nodes ?? inventory.FindDirectory(pack.Key) ?? own;
    }
}

/// <summary>One reading of one pack. One per thread.</summary>
internal sealed class PackPass(Repository repository, BlobIndex index, CheckProgress progress, CancellationToken cancel) : IDisposable
{
    private readonly BlobReader _bases = new(repository, index: index);
    private const int PiecesAhead = 4, SmallPiece = 64 << 10, RoomStep = 1 << 20;

    private readonly SegmentOpener _opener = new(repository);
    private readonly ConcurrentStack<byte[]> _rooms = [];
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
        foreach ((SegmentRun piece, byte[] stored) in Requests.InOrder(repository.Storage, Pieces(pack, directory), piece => (piece, Read(pack, piece)), PiecesAhead))
        {
            cancel.ThrowIfCancellationRequested();
            ReadOnlySpan<byte> bytes = stored.AsSpan(0, piece.Length);
            _hasher.Update(bytes);
            BytesRead += piece.Length;
            progress.Add(0, piece.Length);
            if (pack.Kind == PackKind.Data && piece.End > piece.First)
                OpenAll(pack, directory!, piece, bytes);
            _rooms.Push(stored);
        }

        Span<byte> hash = stackalloc byte[ObjectHash.Size];
        _hasher.Finish(hash);
        if (new ObjectHash(hash) != pack.Hash)
            Problems.Add($"its bytes hash to {new ObjectHash(hash)}, not to its name");
        progress.Add(1, 0);
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
        if (!_rooms.TryPop(out byte[]? room) || room.Length < piece.Length)
            room = piece.Length < SmallPiece ? new byte[piece.Length] : LargeBuffer.Allocate((piece.Length + RoomStep - 1) / RoomStep * RoomStep);
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
            _opener.OpenDeltas(pack, directory, segment, stored, _bases, AddBadBase);
        else
            _ = _opener.Open(pack, directory, segment, stored);
    }

    // Where a base is not there at all, whatever refers to its delta is found to miss it.
    private void AddBadBase(BlobKey prefix, SnapstoreException problem)
    {
        if (index.TryFindPlain(prefix, out BlobLocation place))
            BadBases.TryAdd((place.Segment.Pack.Key, place.Segment.Offset), problem.Message);
    }
}
