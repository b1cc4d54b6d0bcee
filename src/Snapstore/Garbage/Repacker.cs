using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Writes what is needed of some packs anew, under a session of its own: segments that are needed whole are moved
/// as they are stored, of others the needed blobs go into new segments. Everything is opened and held against its id first.</summary>
internal sealed class Repacker : IDisposable
{
    private readonly Repository _repository;
    private readonly PackSink _sink;
    private readonly SegmentReader _segments;
    private readonly SegmentSealing _sealing;
    private byte[] _plain = [];

    public Repacker(Repository repository, SessionId session, int workers, TimeProvider time)
    {
        _repository = repository;
        _sink = new PackSink(repository, session, Math.Min(workers, 1), time);
        _segments = new SegmentReader(repository);
        _sealing = new SegmentSealing(repository, _sink, CompressionLevel.Default, workers);
    }

    /// <summary>True reads and verifies all and writes nothing.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Bytes made durable: packs and index objects.</summary>
    public long StoredBytes => _sink.StoredBytes;

    /// <summary>Writes of one pack the blobs that <paramref name="isWanted"/> takes; it is asked once for each.</summary>
    /// <exception cref="CorruptDataException">A segment that holds a wanted blob does not open.</exception>
    /// <exception cref="ObjectMissingException">The pack is gone: another prune was faster.</exception>
    public void Add(IndexedPack pack, Predicate<BlobId> isWanted, CancellationToken cancel)
    {
        PackReference reference = new(StorageKey.Pack(pack.Session, pack.Hash), pack.Size, pack.Kind);
        for (int number = 0; number < pack.Directory.Segments.Length; number++)
        {
            cancel.ThrowIfCancellationRequested();
            SegmentRecord segment = pack.Directory.Segments[number];
            BlobRecord[] blobs = pack.Directory.BlobsOf(segment).ToArray();
            bool[] wanted = Array.ConvertAll(blobs, blob => isWanted(blob.Id));
            try
            {
                if (wanted.Contains(true))
                    Move(reference, segment, blobs, wanted);
            }
            catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
            {
                if (!TryMoveOtherCopies(reference, blobs, wanted))
                    throw;
            }
        }
    }

    /// <summary>Writes of a damaged pack the wanted blobs that still open; tells which they were.</summary>
    public IReadOnlyList<BlobRecord> Salvage(IndexedPack pack, Predicate<BlobId> isWanted, CancellationToken cancel)
    {
        PackReference reference = new(StorageKey.Pack(pack.Session, pack.Hash), pack.Size, pack.Kind);
        List<BlobRecord> saved = [];
        foreach (SegmentRecord segment in pack.Directory.Segments.ToArray())
        {
            cancel.ThrowIfCancellationRequested();
            BlobRecord[] blobs = pack.Directory.BlobsOf(segment).ToArray();
            bool[] wanted = Array.ConvertAll(blobs, blob => isWanted(blob.Id));
            try
            {
                if (!wanted.Contains(true))
                    continue;
                Move(reference, segment, blobs, wanted);
                saved.AddRange(blobs.Where((_, number) => wanted[number]));
            }
            catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
            {
                // Whoever asked counts what is missing.
            }
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
    }

    private void Move(PackReference pack, SegmentRecord segment, BlobRecord[] blobs, bool[] wanted)
    {
        if (_plain.Length < segment.PlainLength)
            _plain = LargeBuffer.Allocate(Math.Max(segment.PlainLength, Limits.SegmentSizeTarget));
        Span<byte> plain = _plain.AsSpan(0, segment.PlainLength);
        _segments.Read(new SegmentLocation(pack, segment.Offset, segment.StoredLength, segment.PlainLength), plain);
        int offset = 0;
        for (int i = 0; i < blobs.Length; i++)
        {
            if (wanted[i])
                _segments.Verify(pack.Kind, blobs[i].Id, plain.Slice(offset, blobs[i].Length));
            offset += blobs[i].Length;
        }

        if (IsDryRun)
            return;

        // A small segment is joined with others; one that is full and needed whole keeps its stored bytes.
        bool isFull = segment.PlainLength >= Limits.SegmentSizeTarget / 2;
        if (isFull && !wanted.Contains(false))
            _sink.Add(pack.Kind, _segments.LastStored, blobs);
        else
            Gather(pack.Kind, plain, blobs, wanted);
    }

    private void Gather(PackKind kind, ReadOnlySpan<byte> plain, BlobRecord[] blobs, bool[] wanted)
    {
        int offset = 0;
        for (int i = 0; i < blobs.Length; i++)
        {
            if (wanted[i])
                _sealing.Add(kind, blobs[i].Id, plain.Slice(offset, blobs[i].Length));
            offset += blobs[i].Length;
        }
    }

    // True where every wanted blob of a segment that does not open stands in another pack as well.
    private bool TryMoveOtherCopies(PackReference pack, BlobRecord[] blobs, bool[] wanted)
    {
        List<(BlobId Id, byte[] Plain)> found = [];
        foreach (BlobRecord blob in blobs.Where((_, number) => wanted[number]))
        {
            if (_repository.OtherCopies.TryRead(_segments, blob.Id, pack.Key) is not { } plain)
                return false;
            found.Add((blob.Id, plain));
        }

        found.ForEach(blob => _sealing.Add(pack.Kind, blob.Id, blob.Plain));
        return true;
    }
}
