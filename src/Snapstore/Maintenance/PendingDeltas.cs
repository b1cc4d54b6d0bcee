using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Deltas that were read and whose bases lie in packs that will be read whole as well: each waits until its base passes by, so that
/// no base is fetched and opened a second time. Thread safe.</summary>
/// <param name="index">Where readers find bases.</param>
/// <param name="toCome">The packs that will be read.</param>
internal sealed class PendingDeltas(BlobIndex index, IEnumerable<KnownPack> toCome)
{
    /// <summary>Bytes of frames, and of what is kept beside them, that wait at most.</summary>
    public const long BytesMax = 24 << 20;

    // Of a delta that waits, beside its frame.
    private const int Overhead = 256;

    private readonly Lock _lock = new();
    private readonly HashSet<StorageKey> _toCome = [.. toCome.Select(pack => pack.Key)];
    private readonly Dictionary<(StorageKey Pack, long Segment), List<PendingDelta>> _waiting = [];
    private readonly HashSet<KnownPack> _doubtful = [];
    private long _bytes;

    /// <summary>Takes in a delta; false where it must be opened now: its base is in no pack that will be read, or too much waits.</summary>
    public bool TryAdd(KnownPack pack, in BlobRecord blob, in DeltaRecord delta, ReadOnlySpan<byte> frame)
    {
        if (!index.TryFindPlain(delta.Base, out BlobLocation place))
            return false;
        lock (_lock)
        {
            int bytes = frame.Length + Overhead;
            if (!_toCome.Contains(place.Segment.Pack.Key) || _bytes + bytes > BytesMax)
                return false;
            _bytes += bytes;
            (StorageKey, long) key = (place.Segment.Pack.Key, place.Segment.Offset);
            if (!_waiting.TryGetValue(key, out List<PendingDelta>? waiting))
                _waiting[key] = waiting = [];
            waiting.Add(new PendingDelta(pack, blob.Key, delta.Length, frame.ToArray(), place.Offset, place.Length));
            return true;
        }
    }

    /// <summary>A pack is being read: from now on nothing waits for it any more.</summary>
    public void Begin(StorageKey pack)
    {
        lock (_lock)
            _toCome.Remove(pack);
    }

    /// <summary>Those whose bases lie in a segment that has been opened.</summary>
    public IReadOnlyList<PendingDelta> Take(StorageKey pack, long segment)
    {
        lock (_lock)
        {
            if (!_waiting.Remove((pack, segment), out List<PendingDelta>? taken))
                return [];
            _bytes -= taken.Sum(delta => delta.Frame.Length + Overhead);
            return taken;
        }
    }

    /// <summary>One of this pack's deltas is not what it should be.</summary>
    public void Doubt(KnownPack pack)
    {
        lock (_lock)
            _doubtful.Add(pack);
    }

    /// <summary>Packs with a delta that was not what it should be.</summary>
    public HashSet<StorageKey> Doubtful()
    {
        lock (_lock)
            return [.. _doubtful.Select(pack => pack.Key)];
    }

    /// <summary>Packs of which something is still to be said: of a doubtful delta, or of one whose base did not open.</summary>
    public IReadOnlyCollection<KnownPack> Unsettled()
    {
        lock (_lock)
            return [.. _doubtful.Concat(_waiting.Values.SelectMany(waiting => waiting).Select(delta => delta.Pack)).Distinct()];
    }
}

/// <summary>A delta that waits for its base.</summary>
/// <param name="Pack">The pack that it stands in.</param>
/// <param name="Blob">The blob that it opens to.</param>
/// <param name="Length">Bytes of that.</param>
/// <param name="Frame">The frame.</param>
/// <param name="BaseOffset">Bytes before its base in the plaintext of the base's segment.</param>
/// <param name="BaseLength">Bytes of its base.</param>
internal sealed record PendingDelta(KnownPack Pack, BlobKey Blob, int Length, byte[] Frame, int BaseOffset, int BaseLength);
