using Snapstore.Compression;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>How a session writes.</summary>
/// <param name="Compression">How hard to compress.</param>
/// <param name="Workers">Threads that compress and seal; 0 does all at once where it is put.</param>
/// <param name="DryRun">True counts what would be stored and stores nothing.</param>
/// <param name="OnNewData">Told of every data blob that is stored; null where nobody wants to know.</param>
public sealed record BlobWriterOptions(CompressionLevel Compression, int Workers, bool DryRun, NewDataBlob? OnNewData = null)
{
    /// <summary>How many ids of what was put are in memory; less where another writer works beside.</summary>
    internal RecordTableLimits Taken { get; init; } = RecordTableLimits.Default;
}

/// <summary>Is told of a data blob that is being stored, while its plaintext is at hand; keeps no reference to it.</summary>
/// <param name="id">Its id.</param>
/// <param name="plain">Its plaintext.</param>
/// <param name="delta">The same as a difference, where that is how it is stored.</param>
public delegate void NewDataBlob(in BlobId id, ReadOnlySpan<byte> plain, DeltaFrame? delta);

/// <summary>What a session has stored.</summary>
/// <param name="DataBlobs">New data blobs.</param>
/// <param name="DataBytes">Bytes of plaintext in them.</param>
/// <param name="MetaBlobs">New meta blobs.</param>
/// <param name="MetaBytes">Bytes of plaintext in them.</param>
/// <param name="StoredBytes">Bytes added to the storage: packs and index objects.</param>
/// <param name="DeltaBlobs">How many of the new data blobs are stored as deltas.</param>
/// <param name="DeltaBytes">Bytes of plaintext in these.</param>
public readonly record struct StoredCounts(
    long DataBlobs, long DataBytes, long MetaBlobs, long MetaBytes, long StoredBytes, long DeltaBlobs = 0, long DeltaBytes = 0);

/// <summary>A chunk as a difference from another blob.</summary>
/// <param name="Base">That blob; it is there plain in a pack that this session may rely on.</param>
/// <param name="Frame">A zstd frame that has its plaintext as prefix.</param>
public sealed record DeltaFrame(BlobKey Base, byte[] Frame);

/// <summary>
/// Stores the blobs of one session: skips the known, fills segments, compresses and seals them on worker threads,
/// appends them to packs, publishes packs, writes index objects.
/// </summary>
/// <remarks>
/// Order of writes (spec/protocols/backup.md): a pack is durable before an index object names it, all are durable when
/// <see cref="Finish"/> returns. Blobs are put by one thread. Memory: that of
/// <see cref="SegmentSealing"/>; two packs being written, whose bytes are with the storage.
/// </remarks>
public sealed class BlobWriter : IDisposable
{
    private readonly Repository _repository;
    private readonly BlobWriterOptions _options;
    private readonly BlobIdSet _taken;
    private readonly SegmentSealing _sealing;
    private readonly PackSink _packs;
    private long _dataBlobs, _dataBytes, _metaBlobs, _metaBytes, _deltaBlobs, _deltaBytes;

    /// <summary>A writer for this session.</summary>
    public BlobWriter(Repository repository, SessionId session, BlobWriterOptions options, TimeProvider time)
    {
        _repository = repository;
        _options = options;
        _taken = new BlobIdSet(options.Taken);
        _packs = new PackSink(repository, session, options.Workers > 0 ? repository.Storage.WritersMax : 0, time);
        _sealing = new SegmentSealing(repository, _packs, options.Compression, options.Workers);
    }

    /// <summary>What was put and stored so far.</summary>
    public StoredCounts Counts => new(
        Volatile.Read(ref _dataBlobs), Volatile.Read(ref _dataBytes), Volatile.Read(ref _metaBlobs), Volatile.Read(ref _metaBytes), _packs.StoredBytes,
        Volatile.Read(ref _deltaBlobs), Volatile.Read(ref _deltaBytes));

    /// <summary>Takes in a data blob; false where the repository or this session has it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="plain">Its plaintext.</param>
    /// <param name="delta">The same as a difference, where that is how it is to be stored.</param>
    public bool PutData(in BlobId id, ReadOnlySpan<byte> plain, DeltaFrame? delta = null)
    {
        bool isNew = delta is null ? PutPlain(id, plain) : PutDelta(id, plain.Length, delta);
        if (isNew)
            _options.OnNewData?.Invoke(id, plain, delta);
        return isNew;
    }

    /// <summary>Takes in a data blob as a difference, without its plaintext: nobody is told of it. False where the repository or this session has it.</summary>
    /// <param name="id">Its id.</param>
    /// <param name="length">Bytes of its plaintext.</param>
    /// <param name="delta">The difference.</param>
    public bool PutDelta(in BlobId id, int length, DeltaFrame delta)
    {
        if (!Take(id, length))
            return false;
        if (!_options.DryRun)
            _sealing.AddDelta(new BlobRecord(id, delta.Frame.Length), new DeltaRecord(delta.Base, length), delta.Frame);
        (_deltaBlobs, _deltaBytes) = (_deltaBlobs + 1, _deltaBytes + length);
        (_dataBlobs, _dataBytes) = (_dataBlobs + 1, _dataBytes + length);
        return true;
    }

    /// <summary>Takes in a tree or chunk-list node and returns its id.</summary>
    public BlobId PutMeta(ReadOnlySpan<byte> plain)
    {
        BlobId id = _repository.Keys.MetaId(plain);
        if (!Take(id, plain.Length))
            return id;
        if (!_options.DryRun)
            _sealing.Add(PackKind.Meta, id, plain);
        _metaBlobs++;
        _metaBytes += plain.Length;
        return id;
    }

    /// <summary>True where the repository, as the session sees it, or this session has the blob: it need not be put.</summary>
    public bool Has(in BlobId id) => _repository.Index.Contains(id) || _taken.Contains(id);

    /// <summary>Makes all that was put durable and indexed.</summary>
    public void Finish()
    {
        _sealing.Complete();
        _packs.Finish();
    }

    /// <summary>Makes packs known that no index object names; the next index object will.</summary>
    public void Adopt(IReadOnlyList<IndexedPack> packs) => _packs.Adopt(packs);

    /// <inheritdoc/>
    public void Dispose()
    {
        _sealing.Dispose();
        _packs.Dispose();
        _taken.Dispose();
    }

    private bool PutPlain(in BlobId id, ReadOnlySpan<byte> plain)
    {
        if (!Take(id, plain.Length))
            return false;
        if (!_options.DryRun)
            _sealing.Add(PackKind.Data, id, plain);
        (_dataBlobs, _dataBytes) = (_dataBlobs + 1, _dataBytes + plain.Length);
        return true;
    }

    private bool Take(in BlobId id, int length)
    {
        if (length > Limits.BlobSizeMax)
            throw new InvalidOperationException($"a blob of {length} bytes is beyond the bound of {Limits.BlobSizeMax}");
        return !_repository.Index.Contains(id) && _taken.Add(id);
    }
}
