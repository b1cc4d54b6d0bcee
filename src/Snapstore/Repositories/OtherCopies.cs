using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Finds another copy of a blob whose pack is gone (a prune wrote it anew) or damaged: the second chance of every
/// reader. May be asked by many threads.</summary>
/// <remarks>The index is loaded once more when the first pack fails, and again only where it leads to one that failed.</remarks>
public sealed class OtherCopies : IDisposable
{
    private readonly Repository _repository;
    private readonly Lock _lock = new();
    private readonly HashSet<StorageKey> _failed = [];
    private BlobIndex? _index;

    internal OtherCopies(Repository repository) => _repository = repository;

    /// <summary>The blob's plaintext, verified, from packs that have not failed yet; null where there is none.</summary>
    /// <param name="segments">The thread's reader.</param>
    /// <param name="id">The blob.</param>
    /// <param name="failed">The pack that should have given it; of a delta, its own or its base's.</param>
    public byte[]? TryRead(SegmentReader segments, in BlobId id, StorageKey failed)
    {
        BlobId wanted = id;
        return TryRead(segments, failed, index => index.TryFind(wanted, out BlobLocation place) ? place : null, (kind, plain) => segments.Verify(kind, wanted, plain));
    }

    /// <summary>As <see cref="TryRead(SegmentReader, in BlobId, StorageKey)"/>, of a blob that is there plain.</summary>
    public byte[]? TryReadBase(SegmentReader segments, in BlobKey key, StorageKey failed)
    {
        BlobKey wanted = key;
        return TryRead(segments, failed, index => index.TryFindPlain(wanted, out BlobLocation place) ? place : null, (_, plain) => segments.VerifyKey(wanted, plain));
    }

    /// <summary>As <see cref="TryRead(SegmentReader, in BlobId, StorageKey)"/>, of a data blob of which only the key is known.</summary>
    public byte[]? TryReadData(SegmentReader segments, in BlobKey key, StorageKey failed)
    {
        BlobKey wanted = key;
        return TryRead(segments, failed, index => index.TryFind(wanted, out BlobLocation place) ? place : null, (_, plain) => segments.VerifyKey(wanted, plain));
    }

    /// <summary>True for failures after which another copy may be there. One that passes, such as a network that is down, was tried again
    /// for long already, and the next read would be too.</summary>
    public static bool IsLoss(SnapstoreException failure) =>
        failure is CorruptDataException or ObjectMissingException or StorageException { IsTransient: false } or UnsupportedException;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _index?.Dispose();
            _index = null;
        }
    }

    private byte[]? TryRead(SegmentReader segments, StorageKey failed, Func<BlobIndex, BlobLocation?> find, Action<PackKind, byte[]> verify)
    {
        while (TryFind(find, failed) is { } place)
        {
            try
            {
                byte[] blob = ReadBlob(segments, place, ref failed);
                verify(place.Segment.Pack.Kind, blob);
                return blob;
            }
            catch (SnapstoreException e) when (IsLoss(e))
            {
            }
        }

        return null;
    }

    private static byte[] ReadBlob(SegmentReader segments, in BlobLocation place, ref StorageKey suspect)
    {
        byte[] prefix = [];
        if (place.Delta is { Base: var found })
        {
            suspect = found.Segment.Pack.Key;
            prefix = ReadBytes(segments, found);
        }

        suspect = place.Segment.Pack.Key;
        byte[] bytes = ReadBytes(segments, place);
        return place.Delta is null ? bytes : segments.OpenDelta(bytes, prefix, place.Length).ToArray();
    }

    private static byte[] ReadBytes(SegmentReader segments, in BlobLocation place)
    {
        byte[] plain = GC.AllocateUninitializedArray<byte>(place.Segment.PlainLength);
        segments.Read(place.Segment, plain);
        return plain.AsSpan(place.Offset, place.LengthInSegment).ToArray();
    }

    private BlobLocation? TryFind(Func<BlobIndex, BlobLocation?> find, StorageKey failed)
    {
        lock (_lock)
        {
            _failed.Add(failed);
            while (true)
            {
                BlobIndex index = _index ??= IndexLoader.LoadAll(_repository, _failed).Index;
                if (find(index) is not { } place)
                    return null;
                if (!_failed.Contains(place.Segment.Pack.Key) && !(place.Delta is { Base: var found } && _failed.Contains(found.Segment.Pack.Key)))
                    return place;
                index.Dispose();
                _index = null;
            }
        }
    }
}
