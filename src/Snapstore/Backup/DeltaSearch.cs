using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Tries to store the new chunks of a file as differences from those that stood there in the parent snapshot
/// (spec/decisions/0005-delta-blobs.md). One per reader thread.</summary>
/// <remarks>
/// A base is a blob of the index that this session loaded, so it lies in a pack that the session may rely on. Whatever goes wrong
/// with a base, the chunk is stored as it is. Memory: half a MiB of the parent's list, 5 MiB of opened segments, 1 MiB of nodes.
/// </remarks>
internal sealed class DeltaSearch(Repository repository, PipelineOptions options) : IDisposable
{
    private const int BasesBytes = 4 << 20, NodesBytes = 1 << 20;

    // From far away the base of a small file costs more than it saves: a whole segment comes down for a chunk that need not go up.
    private const long FarFileSizeMin = 1 << 20;

    // After so many tries in a row that gave nothing, chunks are passed over: 64, then twice as many each time.
    private const int FailuresMax = 16, PassedFirst = 64, PassedMax = 4096;

    private TreeReader? _trees;
    private BlobReader? _bases;
    private DeltaEncoder? _encoder;
    private ParentContent? _parent;
    private bool _isFixed;
    private int _failures, _passed, _pass;

    /// <summary>Starts a file.</summary>
    /// <param name="parent">Its entry in the parent snapshot; null where it has none.</param>
    /// <param name="isFixed">True where it is cut in fixed blocks.</param>
    public void Begin(TreeEntry? parent, bool isFixed)
    {
        End();
        long sizeMin = repository.Storage.RequestsMax > 1 ? Math.Max(options.DeltaFileSizeMin, FarFileSizeMin) : options.DeltaFileSizeMin;
        bool isWorthIt = options.Compression != CompressionLevel.Off && parent?.Kind == EntryKind.File && parent.Size >= sizeMin;
        if (!isWorthIt)
            return;
        _trees ??= new TreeReader(repository, NodesBytes);
        _bases ??= new BlobReader(repository, BasesBytes, repository.Index);
        _encoder ??= new DeltaEncoder(options.Compression);
        _encoder.Begin();
        _isFixed = isFixed;
        (_failures, _passed, _pass) = (0, 0, PassedFirst);
        _parent = new ParentContent(_trees.Items(parent!.Content, parent.Size, "the parent snapshot"), isFixed);
    }

    /// <summary>Ends the file.</summary>
    public void End()
    {
        _parent?.Dispose();
        _parent = null;
    }

    /// <summary>Decides how long the next chunk is, and how it is stored. Asked for all chunks in order.</summary>
    /// <param name="data">Content from the chunk's start on.</param>
    /// <param name="cut">Where the chunker cuts it.</param>
    /// <param name="offset">Where it stands in the file.</param>
    /// <param name="persisting">Bytes that a chunk may have which is cut as the parent's was.</param>
    public FoundChunk Find(ReadOnlySpan<byte> data, int cut, long offset, LengthRange persisting)
    {
        FoundChunk chunk = new(cut, repository.Keys.DataId(data[..cut]));
        if (_parent is not { } parent || IsKnown(chunk.Id, offset) || cut < Limits.DeltaChunkSizeMin)
            return WhetherStored(chunk);
        if (IsAsThere(data, offset, persisting) is { } same)
            return same;
        ReadOnlySpan<byte> reach = data[..Math.Min(data.Length, Math.Max(cut, persisting.Max))];
        bool isThere = parent.TryFind(offset, cut, out ParentItem there) && !IsPassedOver();
        if (isThere && Differ(there, reach, cut, offset, parent.EndOf(there, offset), persisting.Min) is { } found)
            return found;
        if (parent.TryFindByLength(cut, out ParentItem other) && other != there && Differ(other, reach, cut, offset, cut, persisting.Min) is { } asLong)
            return asLong;
        if (isThere)
            CountFailure();
        return chunk;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _trees?.Dispose();
        _bases?.Dispose();
        _encoder?.Dispose();
    }

    // What the parent had may have been lost since.
    private FoundChunk WhetherStored(in FoundChunk chunk) => _parent is null ? chunk : chunk with { IsStored = repository.Index.Contains(chunk.Id) };

    private bool IsKnown(in BlobId id, long offset) => _parent!.TryMatch(id, offset) || repository.Index.Contains(id);

    // What the parent has here, cut where its cut persisted: found by its id, so that it is cut so again although its base is lost
    // or nothing is tried now.
    private FoundChunk? IsAsThere(ReadOnlySpan<byte> data, long offset, LengthRange persisting)
    {
        bool isPossible = _parent!.TryFindStart(offset, out ParentItem start)
            && start.Length >= persisting.Min && start.Length <= Math.Min(data.Length, persisting.Max);
        if (!isPossible)
            return null;
        FoundChunk chunk = new((int)start.Length, repository.Keys.DataId(data[..(int)start.Length]));
        return chunk.Id == start.Id && _parent.TryMatch(chunk.Id, offset) ? WhetherStored(chunk) : null;
    }

    // The chunk as a difference from an item of the parent, which is expected to end `end` bytes behind the chunk's start; null
    // where that does not pay, or the base cannot be read.
    private FoundChunk? Differ(in ParentItem item, ReadOnlySpan<byte> data, int cut, long offset, long end, int lengthMin)
    {
        if (item.Length < Limits.DeltaChunkSizeMin || !TryFindBase(item.Id, out BlobKey key, out int before))
            return null;
        try
        {
            ReadOnlySpan<byte> old = _bases!.ReadBase(key);
            int length = _isFixed ? cut : ContentEnd.Find(data, old, cut, end, lengthMin);
            FoundChunk chunk = new(length, repository.Keys.DataId(data[..length]));
            if (length != cut && IsKnown(chunk.Id, offset))
                return WhetherStored(chunk);
            if (_encoder!.Encode(data[..length], old, before) is not { } frame)
                return null;
            (_failures, _pass, _passed) = (0, PassedFirst, 0);
            _parent!.Follow(item, offset, length, ContentEnd.AreSame(data[..length], old));
            return chunk with { Delta = new DeltaFrame(key, frame) };
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e) || e is StorageException)
        {
            return null;
        }
    }

    // A base is never a delta: where what stood here is one already, the new chunk differs from the same base.
    private bool TryFindBase(in BlobId id, out BlobKey key, out int before)
    {
        bool isThere = repository.Index.TryFind(id, out BlobLocation place) && place.Segment.Pack.Kind == PackKind.Data;
        key = isThere ? place.Delta?.BaseKey ?? new BlobKey(id) : default;
        before = isThere ? place.Delta?.FrameLength ?? 0 : 0;
        return isThere;
    }

    private bool IsPassedOver()
    {
        if (_passed == 0)
            return false;
        _passed--;
        return true;
    }

    private void CountFailure()
    {
        if (++_failures < FailuresMax)
            return;
        _passed = _pass;
        _pass = Math.Min(2 * _pass, PassedMax);
    }
}

/// <summary>A chunk as it is to be stored.</summary>
/// <param name="Length">Bytes of it.</param>
/// <param name="Id">Its blob id.</param>
/// <param name="Delta">The chunk as a difference; null where it is known, or is better stored as it is.</param>
/// <param name="IsStored">True where the repository has it, as this session sees it; not looked at in files that are not compared.</param>
internal readonly record struct FoundChunk(int Length, BlobId Id, DeltaFrame? Delta = null, bool IsStored = false);

/// <summary>Bytes from the least to the most; none where both are 0.</summary>
internal readonly record struct LengthRange(int Min, int Max);
