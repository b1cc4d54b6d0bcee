using System.Diagnostics.CodeAnalysis;
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

    // After so many tries in a row that gave nothing, chunks are passed over: 64, then twice as many each time.
    private const int FailuresMax = 16, PassedFirst = 64, PassedMax = 4096;

    private TreeReader? _trees;
    private BlobReader? _bases;
    private DeltaEncoder? _encoder;
    private ParentContent? _parent;
    private int _failures, _passed, _pass;

    /// <summary>Starts a file.</summary>
    /// <param name="parent">Its entry in the parent snapshot; null where it has none.</param>
    /// <param name="isFixed">True where it is cut in fixed blocks.</param>
    public void Begin(TreeEntry? parent, bool isFixed)
    {
        End();
        bool isWorthIt = options.Compression != CompressionLevel.Off && parent?.Kind == EntryKind.File && parent.Size >= options.DeltaFileSizeMin;
        if (!isWorthIt)
            return;
        _trees ??= new TreeReader(repository, NodesBytes);
        _bases ??= new BlobReader(repository, BasesBytes, repository.Index);
        _encoder ??= new DeltaEncoder(options.Compression);
        _encoder.Begin();
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
        if (_parent is not { } parent || parent.TryMatch(chunk.Id, offset) || cut < Limits.DeltaChunkSizeMin || repository.Index.Contains(chunk.Id))
            return chunk;
        bool isPassedOver = IsPassedOver();
        bool isOtherwiseCut = parent.TryFindStart(offset, out ParentItem start) && start.Length != cut
            && start.Length >= persisting.Min && start.Length <= Math.Min(data.Length, persisting.Max);
        if (isOtherwiseCut && FindAsLong(data[..(int)start.Length], start, offset, isPassedOver) is { } asLong)
            return asLong;
        ReadOnlySpan<byte> plain = data[..cut];
        bool isThere = parent.TryFind(offset, cut, out ParentItem there) && !isPassedOver;
        if (isThere && TryMake(there, offset, plain, out DeltaFrame? made))
            return chunk with { Delta = made };
        bool isAsLong = parent.TryFindByLength(cut, out ParentItem other) && other != there;
        if (isAsLong && TryMake(other, offset, plain, out made))
            return chunk with { Delta = made };
        if (isThere)
            CountFailure();
        return chunk;
    }

    // Where what changed is what made the cut, the parent's cut persists: else this chunk and the next would each have half of
    // their content from another base than the other half.
    private FoundChunk? FindAsLong(ReadOnlySpan<byte> plain, in ParentItem start, long offset, bool isPassedOver)
    {
        FoundChunk chunk = new(plain.Length, repository.Keys.DataId(plain));
        if (_parent!.TryMatch(chunk.Id, offset) || repository.Index.Contains(chunk.Id))
            return chunk;
        return !isPassedOver && TryMake(start, offset, plain, out DeltaFrame? made) ? chunk with { Delta = made } : null;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        End();
        _trees?.Dispose();
        _bases?.Dispose();
        _encoder?.Dispose();
    }

    private bool TryMake(in ParentItem item, long offset, ReadOnlySpan<byte> plain, [NotNullWhen(true)] out DeltaFrame? made)
    {
        made = item.Length < Limits.DeltaChunkSizeMin ? null : Make(item.Id, plain);
        if (made is null)
            return false;
        (_failures, _pass, _passed) = (0, PassedFirst, 0);
        _parent!.Follow(item, offset, plain.Length);
        return true;
    }

    private DeltaFrame? Make(in BlobId id, ReadOnlySpan<byte> plain)
    {
        if (!repository.Index.TryFind(id, out BlobLocation place) || place.Segment.Pack.Kind != PackKind.Data)
            return null;

        // A base is never a delta: what stood here is one already, and this one differs from the same base.
        BlobKey prefix = place.Delta?.BaseKey ?? new BlobKey(id);
        try
        {
            return _encoder!.Encode(plain, _bases!.ReadBase(prefix)) is { } frame ? new DeltaFrame(prefix, frame) : null;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            return null;
        }
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
internal readonly record struct FoundChunk(int Length, BlobId Id, DeltaFrame? Delta = null);

/// <summary>Bytes from the least to the most; none where both are 0.</summary>
internal readonly record struct LengthRange(int Min, int Max);
