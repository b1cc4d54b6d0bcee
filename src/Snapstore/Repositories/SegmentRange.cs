using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Segments that follow one another in a pack, fetched by one request: from far away each request costs a turn.</summary>
internal static class SegmentRange
{
    /// <summary>Joins neighbours in the order they come; each by itself where the storage is near.</summary>
    /// <param name="storage">Where they are.</param>
    /// <param name="items">What is to be joined.</param>
    /// <param name="placeOf">Where each lies.</param>
    /// <param name="lengthMax">Bytes of one range at most.</param>
    public static IEnumerable<List<T>> Join<T>(IStorage storage, IEnumerable<T> items, Func<T, SegmentLocation> placeOf, int lengthMax)
    {
        if (storage.RequestsMax <= 1)
            lengthMax = 0;
        List<T> joined = [];
        foreach (T item in items)
        {
            if (joined.Count > 0 && !Continues(lengthMax, placeOf(joined[0]), placeOf(joined[^1]), placeOf(item)))
            {
                yield return joined;
                joined = [];
            }

            joined.Add(item);
        }

        if (joined.Count > 0)
            yield return joined;
    }

    /// <summary>The stored bytes from the first to the last of joined segments; null where nothing is to be gained (the storage is near,
    /// or the cache may have them), or where they cannot be read: then each is read for itself, and says why.</summary>
    /// <param name="repository">Where they are.</param>
    /// <param name="first">The first.</param>
    /// <param name="last">The last.</param>
    /// <param name="rooms">Where the array comes from, and where the caller gives it back.</param>
    public static byte[]? TryFetch(Repository repository, SegmentLocation first, SegmentLocation last, RangeRooms rooms)
    {
        if (repository.Storage.RequestsMax <= 1 || (first.Pack.Kind == PackKind.Meta && repository.Cache is not null))
            return null;
        int length = (int)(last.Offset + last.StoredLength - first.Offset);
        byte[] room = rooms.Take(length);
        bool isFetched = false;
        try
        {
            repository.Storage.Read(first.Pack.Key, first.Offset, room.AsSpan(0, length));
            isFetched = true;
            return room;
        }
        catch (SnapstoreException e) when (OtherCopies.IsLoss(e))
        {
            return null;
        }
        finally
        {
            if (!isFetched)
                rooms.Give(room);
        }
    }

    /// <summary>The part of what was fetched that is this segment; empty where nothing was.</summary>
    public static ReadOnlySpan<byte> Of(byte[]? fetched, in SegmentLocation first, in SegmentLocation segment) =>
        fetched is null ? default : fetched.AsSpan((int)(segment.Offset - first.Offset), segment.StoredLength);

    private static bool Continues(int lengthMax, in SegmentLocation first, in SegmentLocation last, in SegmentLocation next) =>
        next.Pack.Key == last.Pack.Key
        && next.Offset == last.Offset + last.StoredLength
        && next.Offset + next.StoredLength - first.Offset <= lengthMax;
}
