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

    /// <summary>The blob's plaintext, verified, from a pack that has not failed yet; null where there is none.</summary>
    /// <param name="segments">The thread's reader.</param>
    /// <param name="id">The blob.</param>
    /// <param name="failed">The pack that should have given it.</param>
    public byte[]? TryRead(SegmentReader segments, in BlobId id, StorageKey failed)
    {
        while (TryFind(id, failed, out BlobLocation place))
        {
            try
            {
                byte[] plain = GC.AllocateUninitializedArray<byte>(place.Segment.PlainLength);
                segments.Read(place.Segment, plain);
                byte[] blob = plain.AsSpan(place.Offset, place.Length).ToArray();
                segments.Verify(place.Segment.Pack.Kind, id, blob);
                return blob;
            }
            catch (SnapstoreException e) when (IsLoss(e))
            {
                failed = place.Segment.Pack.Key;
            }
        }

        return null;
    }

    /// <summary>True for failures after which another copy may be there.</summary>
    public static bool IsLoss(SnapstoreException failure) =>
        failure is CorruptDataException or ObjectMissingException or StorageException or UnsupportedException;

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            _index?.Dispose();
            _index = null;
        }
    }

    private bool TryFind(in BlobId id, StorageKey failed, out BlobLocation place)
    {
        lock (_lock)
        {
            _failed.Add(failed);
            while (true)
            {
                BlobIndex index = _index ??= IndexLoader.LoadAll(_repository, _failed).Index;
                if (!index.TryFind(id, out place))
                    return false;
                if (!_failed.Contains(place.Segment.Pack.Key))
                    return true;
                index.Dispose();
                _index = null;
            }
        }
    }
}
