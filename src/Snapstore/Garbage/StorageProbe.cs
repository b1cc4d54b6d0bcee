using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Tries whether a storage keeps what the protocol of garbage rests on: a name is taken once, and a listing shows
/// what was put before it began and not what was deleted.</summary>
public static class StorageProbe
{
    private const int Racers = 8;

    /// <summary>Tries; null where all is as it must be, else what is not.</summary>
    /// <remarks>A storage that fails once in a while may pass: the probe finds those that do not know the condition at all,
    /// invert it, or list from a stale copy.</remarks>
    public static string? FindFault(IStorage storage)
    {
        StorageKey key = StorageKey.Probe(SessionId.NewRandom());
        bool isThere = true;
        try
        {
            return FindFault(storage, key, ref isThere);
        }
        finally
        {
            if (isThere)
                storage.Delete(key);
        }
    }

    private static string? FindFault(IStorage storage, StorageKey key, ref bool isThere)
    {
        if (IsListed(storage, key))
            return "lists an object that was never put";
        List<byte> winners = [];
        foreach ((byte racer, bool hasWon) in Requests.InOrder(storage, Enumerable.Range(1, Racers).Select(number => (byte)number), racer => (racer, storage.PutIfAbsent(key, [racer, racer, racer]))))
        {
            if (hasWon)
                winners.Add(racer);
        }

        if (winners.Count != 1)
            return $"let {winners.Count} of {Racers} writers take the same name";
        byte winner = winners[0];
        byte[] stored = new byte[3];
        bool isListed = false;
        Requests.All(storage, () => storage.Read(key, 0, stored), () => isListed = IsListed(storage, key));
        if (!stored.AsSpan().SequenceEqual((byte[])[winner, winner, winner]))
            return "let a writer that was refused change the object";
        if (!isListed)
            return "does not list an object that was just put";
        storage.Delete(key);
        isThere = false;
        return IsListed(storage, key) ? "lists an object that was just deleted" : null;
    }

    private static bool IsListed(IStorage storage, StorageKey key) =>
        storage.List(StorageKey.GarbagePrefix).Any(found => found.Key == key);
}
