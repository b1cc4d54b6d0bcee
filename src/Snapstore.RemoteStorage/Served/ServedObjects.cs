using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Served;

/// <summary>The objects that a client has begun: so many at most, each known by a number of the client's. For the thread that reads;
/// only what <see cref="Take"/> returns may run elsewhere.</summary>
internal sealed class ServedObjects(IStorage storage, Action<string> log) : IDisposable
{
    private readonly Dictionary<uint, Entry> _begun = [];
    private int _count;

    /// <summary>Begins one; why that is not done, or null.</summary>
    public string? Begin(uint number)
    {
        if (_begun.ContainsKey(number))
            return "an object of that number is begun already";
        if (Volatile.Read(ref _count) >= ServedProtocol.PendingMax)
            return $"more than {ServedProtocol.PendingMax} objects are begun at a time";
        _begun.Add(number, new Entry(storage.BeginObject()));
        Interlocked.Increment(ref _count);
        return null;
    }

    /// <summary>Adds bytes. One that was not begun, or failed, is told so when it is published.</summary>
    public void Append(uint number, ReadOnlySpan<byte> bytes)
    {
        if (!_begun.TryGetValue(number, out Entry? entry) || entry.Failure is not null)
            return;
        try
        {
            entry.Object.Append(bytes);
        }
        catch (SnapstoreException e)
        {
            // The space that it takes is free again at once.
            log(e.Message);
            entry.Failure = e;
            entry.Object.Dispose();
        }
    }

    /// <summary>Gives one up.</summary>
    public void Drop(uint number)
    {
        if (_begun.Remove(number, out Entry? entry))
            End(entry);
    }

    /// <summary>What publishes one, which is in the list no more.</summary>
    public Func<StorageKey, bool> Take(uint number)
    {
        if (!_begun.Remove(number, out Entry? entry))
            return _ => throw new StorageException("there is no such object, or it could not be begun");
        return key =>
        {
            try
            {
                return entry.Failure is null ? entry.Object.Publish(key) : throw entry.Failure;
            }
            finally
            {
                End(entry);
            }
        };
    }

    public void Dispose()
    {
        foreach (Entry entry in _begun.Values)
            End(entry);
        _begun.Clear();
    }

    private void End(Entry entry)
    {
        entry.Object.Dispose();
        Interlocked.Decrement(ref _count);
    }

    private sealed class Entry(IPendingObject pending)
    {
        public IPendingObject Object { get; } = pending;

        public SnapstoreException? Failure { get; set; }
    }
}
