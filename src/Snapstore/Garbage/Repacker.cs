using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Writes what is needed of some packs anew, under a session of its own: segments that are needed whole are moved
/// as they are stored, of others the needed blobs go into new segments. Deltas stay deltas. Everything is opened and held against its
/// id first, deltas with the help of their bases.</summary>
internal sealed class Repacker : IDisposable
{
    // All of them are in memory, as they are stored.
    private const int RunsAhead = 10, RunLengthMax = 2 << 20;

    private readonly Repository _repository;
    private readonly PackSink _sink;
    private readonly SegmentReader _segments;
    private readonly BlobReader _bases;
    private readonly SegmentSealing _sealing;
    private readonly RangeRooms _rooms = new();
    private byte[] _plain = [];

    public Repacker(Repository repository, SessionId session, int workers, TimeProvider time)
    {
        _repository = repository;
        _sink = new PackSink(repository, session, workers > 0 ? repository.Storage.WritersMax : 0, time);
        _segments = new SegmentReader(repository);
        _bases = new BlobReader(repository);
        _sealing = new SegmentSealing(repository, _sink, CompressionLevel.Default, workers);
    }

    /// <summary>True reads and verifies all and writes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Share of a segment that may be waste where it is moved as it is stored, 0 to 1.</summary>
    public double Tolerance { get; init; }

    /// <summary>Bytes made durable: packs and index objects.</summary>
    public long StoredBytes => _sink.StoredBytes;

    /// <summary>Writes of these packs the blobs that <paramref name="isWanted"/> takes; it is asked once for each, in order.</summary>
    /// <exception cref="CorruptDataException">A segment that holds a wanted blob does not open.</exception>
    /// <exception cref="ObjectMissingException">The pack is gone: another prune was faster.</exception>
    public void Add(IEnumerable<IndexedPack> packs, CopyChoice isWanted, CancellationToken cancel)
    {
        IEnumerable<RepackedSegment> wanted = packs.SelectMany(pack => Enumerable.Range(0, pack.Directory.Segments.Length)
            .Select(number => new RepackedSegment(pack, pack.Directory.Segments[number], isWanted, Tolerance)).Where(segment => segment.IsWanted));
        IEnumerable<List<RepackedSegment>> joined = SegmentRange.Join(_repository.Storage, wanted, segment => segment.Place, RunLengthMax);
        foreach ((List<RepackedSegment> run, byte[]? fetched) in Requests.InOrder(_repository.Storage, joined, run => (run, SegmentRange.TryFetch(_repository, run[0].Place, run[^1].Place, _rooms)), RunsAhead))
        {
            foreach (RepackedSegment segment in run)
            {
                cancel.ThrowIfCancellationRequested();
                MoveOrCopy(segment, SegmentRange.Of(fetched, run[0].Place, segment.Place));
            }

            _rooms.Give(fetched);
        }
    }

    private void MoveOrCopy(RepackedSegment segment, ReadOnlySpan<byte> fetched)
    {
        ReadOnlySpan<byte> stored;
        try
        {
            stored = Open(segment, fetched);
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            if (!TryMoveOtherCopies(segment))
                throw;
            return;
        }

        Write(segment, stored);
    }

    /// <summary>Writes of a damaged pack the wanted blobs that still open; tells which they were.</summary>
    /// <param name="pack">The pack.</param>
    /// <param name="deltas">True for its deltas, false for its plain blobs: bases are saved before what needs them.</param>
    /// <param name="isWanted">Which blobs.</param>
    /// <param name="cancel">Stops it.</param>
    public IReadOnlyList<BlobRecord> Salvage(IndexedPack pack, bool deltas, CopyChoice isWanted, CancellationToken cancel)
    {
        List<BlobRecord> saved = [];
        foreach (SegmentRecord record in pack.Directory.Segments.ToArray().Where(record => record.HasDeltas == deltas))
        {
            cancel.ThrowIfCancellationRequested();
            RepackedSegment segment = new(pack, record, isWanted);
            ReadOnlySpan<byte> stored;
            try
            {
                if (!segment.IsWanted)
                    continue;
                stored = Open(segment);
            }
            catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
            {
                // Whoever asked counts what is missing.
                continue;
            }

            Write(segment, stored);
            saved.AddRange(segment.WantedBlobs);
        }

        return saved;
    }

    /// <summary>Makes everything durable and indexed.</summary>
    public void Finish()
    {
        _sealing.Complete();
        _sink.Finish();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sealing.Dispose();
        _sink.Dispose();
        _segments.Dispose();
        _bases.Dispose();
    }

    // Its stored bytes, valid until the next call; its plaintext is in _plain, and all that is wanted of it is verified.
    private ReadOnlySpan<byte> Open(RepackedSegment segment, ReadOnlySpan<byte> fetched = default)
    {
        if (_plain.Length < segment.Place.PlainLength)
            _plain = LargeBuffer.Allocate(Math.Max(segment.Place.PlainLength, Limits.SegmentSizeTarget));
        Span<byte> plain = _plain.AsSpan(0, segment.Place.PlainLength);
        ReadOnlySpan<byte> stored = _segments.Read(segment.Place, plain, fetched);
        segment.ForEachWanted(plain, Verify);
        return stored;
    }

    private void Write(RepackedSegment segment, ReadOnlySpan<byte> stored)
    {
        if (IsDryRun)
            return;
        ReadOnlySpan<byte> plain = _plain.AsSpan(0, segment.Place.PlainLength);

        // Whoever reads the index will take waste for good: it is held against its id as well.
        if (segment.IsMoved && IsWasteIntact(segment, plain))
            _sink.Add(segment.Place.Pack.Kind, stored, segment.Blobs, segment.Deltas);
        else
            segment.ForEachWanted(plain, Gather);
    }

    private bool IsWasteIntact(RepackedSegment segment, ReadOnlySpan<byte> plain)
    {
        try
        {
            segment.ForEachUnwanted(plain, Verify);
            return true;
        }
        catch (CorruptDataException)
        {
            return false;
        }
    }

    private void Verify(PackKind kind, in BlobRecord blob, DeltaRecord? delta, ReadOnlySpan<byte> bytes)
    {
        if (delta is { } record)
            _segments.VerifyKey(blob.Key, _segments.OpenDelta(bytes, _bases.ReadBase(record.Base), record.Length).Span);
        else
            _segments.Verify(kind, blob.Id, bytes);
    }

    private void Gather(PackKind kind, in BlobRecord blob, DeltaRecord? delta, ReadOnlySpan<byte> bytes)
    {
        if (delta is { } record)
            _sealing.AddDelta(blob, record, bytes);
        else
            _sealing.Add(kind, blob.Id, bytes);
    }

    // True where every wanted blob of a segment that does not open stands in another pack as well.
    private bool TryMoveOtherCopies(RepackedSegment segment)
    {
        PackReference pack = segment.Place.Pack;
        List<byte[]> found = [];
        foreach (BlobRecord blob in segment.WantedBlobs)
        {
            byte[]? plain = segment.Deltas.Length > 0
                ? _repository.OtherCopies.TryReadData(_segments, blob.Key, pack.Key)
                : _repository.OtherCopies.TryRead(_segments, blob.Id, pack.Key);
            if (plain is null)
                return false;
            found.Add(plain);
        }

        found.ForEach(plain => _sealing.Add(pack.Kind, pack.Kind == PackKind.Data ? _repository.Keys.DataId(plain) : _repository.Keys.MetaId(plain), plain));
        return true;
    }
}
