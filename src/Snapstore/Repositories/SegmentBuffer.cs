using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Repositories;

/// <summary>The plaintext of a segment while it fills.</summary>
internal sealed class SegmentBuffer(PackKind kind)
{
    private byte[] _bytes = LargeBuffer.Allocate(Limits.SegmentSizeTarget);

    /// <summary>What its pack will hold.</summary>
    public PackKind Kind { get; private set; } = kind;

    /// <summary>Its blobs in order.</summary>
    public List<BlobRecord> Blobs { get; } = [];

    /// <summary>Where its blobs are deltas, one for each; else empty.</summary>
    public List<DeltaRecord> Deltas { get; } = [];

    /// <summary>Bytes of plaintext so far.</summary>
    public int Length { get; private set; }

    /// <summary>The plaintext so far.</summary>
    public ReadOnlySpan<byte> Plain => _bytes.AsSpan(0, Length);

    /// <summary>Its blobs in order.</summary>
    public ReadOnlySpan<BlobRecord> BlobSpan => CollectionsMarshal.AsSpan(Blobs);

    /// <summary>What more there is to say of its blobs.</summary>
    public ReadOnlySpan<DeltaRecord> DeltaSpan => CollectionsMarshal.AsSpan(Deltas);

    /// <summary>Appends a delta: its frame.</summary>
    public void Add(in BlobId id, in DeltaRecord delta, ReadOnlySpan<byte> frame)
    {
        Add(id, frame);
        Deltas.Add(delta);
    }

    /// <summary>Appends a blob.</summary>
    public void Add(in BlobId id, ReadOnlySpan<byte> plain)
    {
        if (_bytes.Length - Length < plain.Length)
            Array.Resize(ref _bytes, Length + plain.Length);
        plain.CopyTo(_bytes.AsSpan(Length));
        Length += plain.Length;
        Blobs.Add(new BlobRecord(id, plain.Length));
    }

    /// <summary>Empties it for another kind; an overgrown buffer is given back.</summary>
    public void Reset(PackKind kind)
    {
        Kind = kind;
        Length = 0;
        Blobs.Clear();
        Deltas.Clear();
        if (_bytes.Length > Limits.SegmentSizeTarget)
            _bytes = LargeBuffer.Allocate(Limits.SegmentSizeTarget);
    }
}

/// <summary>A fixed number of segment buffers: who fills them faster than they are sealed waits here.</summary>
internal sealed class SegmentBufferPool(int count) : IDisposable
{
    private static readonly TimeSpan LookForFailure = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _free = new(count);
    private readonly System.Collections.Concurrent.ConcurrentBag<SegmentBuffer> _buffers = [];

    /// <summary>An empty buffer, as soon as there is one; while waiting, <paramref name="throwIfFailed"/> is asked
    /// whether it will ever come.</summary>
    public SegmentBuffer Rent(PackKind kind, Action throwIfFailed)
    {
        while (!_free.Wait(LookForFailure))
            throwIfFailed();
        if (!_buffers.TryTake(out SegmentBuffer? buffer))
            return new SegmentBuffer(kind);
        buffer.Reset(kind);
        return buffer;
    }

    /// <summary>Gives a buffer back.</summary>
    public void Return(SegmentBuffer buffer)
    {
        _buffers.Add(buffer);
        _free.Release();
    }

    public void Dispose() => _free.Dispose();
}
