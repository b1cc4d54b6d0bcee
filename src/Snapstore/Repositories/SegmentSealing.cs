using Snapstore.Compression;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>Compresses and seals full segments on worker threads and passes them to the packs. Filled by one thread.</summary>
/// <remarks>Memory: three open segments (data, deltas, nodes), one a worker and one queued, each 1 MiB as a rule.</remarks>
internal sealed class SegmentSealing : IDisposable
{
    private readonly Repository _repository;
    private readonly PackSink _packs;
    private readonly CompressionLevel _compression;
    private SegmentBuffer _openData = new(PackKind.Data), _openNodes = new(PackKind.Meta), _openDeltas = new(PackKind.Data);
    private readonly SegmentBufferPool _pool;
    private readonly WorkQueue<SegmentBuffer> _sealing;

    /// <summary>A stage of so many threads; with none, all is done where it is added.</summary>
    public SegmentSealing(Repository repository, PackSink packs, CompressionLevel compression, int workers)
    {
        _repository = repository;
        _packs = packs;
        _compression = compression;
        _pool = new SegmentBufferPool(workers + 1);
        _sealing = new WorkQueue<SegmentBuffer>("seal", workers, capacity: 1, MakeSealer);
    }

    /// <summary>Adds a blob to the open segment of its kind.</summary>
    public void Add(PackKind kind, in BlobId id, ReadOnlySpan<byte> plain)
    {
        ref SegmentBuffer open = ref kind == PackKind.Data ? ref _openData : ref _openNodes;
        // A blob of half a segment or more gets its own, so that small ones stay together.
        bool isLarge = plain.Length >= Limits.SegmentSizeTarget / 2;
        if (open.Blobs.Count > 0 && (isLarge || open.Length + plain.Length > Limits.SegmentSizeTarget))
            Close(ref open, kind);
        open.Add(id, plain);
        if (isLarge || open.Length >= Limits.SegmentSizeTarget)
            Close(ref open, kind);
    }

    /// <summary>Adds a data blob as a delta, whose frame is as long as its record says.</summary>
    public void AddDelta(in BlobRecord blob, in DeltaRecord delta, ReadOnlySpan<byte> frame)
    {
        bool isFull = _openDeltas.Length + frame.Length > Limits.SegmentSizeTarget || _openDeltas.Blobs.Count >= Limits.DeltasInSegmentMax;
        if (_openDeltas.Blobs.Count > 0 && isFull)
            Close(ref _openDeltas, PackKind.Data);
        _openDeltas.Add(blob.Id, delta, frame);
    }

    /// <summary>Seals what is open and waits until all is with the packs.</summary>
    public void Complete()
    {
        foreach (SegmentBuffer buffer in (ReadOnlySpan<SegmentBuffer>)[_openData, _openNodes, _openDeltas])
        {
            if (buffer.Blobs.Count > 0)
                _sealing.Add(buffer);
        }

        _sealing.Complete();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _sealing.Dispose();
        _pool.Dispose();
    }

    private void Close(ref SegmentBuffer open, PackKind kind)
    {
        SegmentBuffer full = open;
        open = _pool.Rent(kind, _sealing.ThrowIfFailed);
        _sealing.Add(full);
    }

    private (Action<SegmentBuffer> Work, IDisposable? Owned) MakeSealer()
    {
        SegmentCodec codec = new(_repository.Keys, _repository.Id, _compression);
        byte[] stored = LargeBuffer.Allocate(SegmentCodec.StoredBound(Limits.SegmentSizeTarget));
        return (Seal, codec);

        void Seal(SegmentBuffer buffer)
        {
            try
            {
                int bound = SegmentCodec.StoredBound(buffer.Length);
                Span<byte> target = bound <= stored.Length ? stored : new byte[bound];
                int length = codec.Encode(buffer.Kind, buffer.Plain, target, isWorthTrying: buffer.Deltas.Count > 0);
                _packs.Add(buffer.Kind, target[..length], buffer.BlobSpan, buffer.DeltaSpan);
            }
            finally
            {
                _pool.Return(buffer);
            }
        }
    }
}
