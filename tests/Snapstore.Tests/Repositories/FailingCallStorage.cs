using Snapstore.Storage;

namespace Snapstore.Tests.Repositories;

/// <summary>Fails one call, reads and pieces of pending objects counted too, and every one after it; counts
/// the pending objects that nobody gave back.</summary>
internal sealed class FailingCallStorage(IStorage inner, int failingCall) : IStorage
{
    private int _calls;
    private int _pending;

    /// <summary>What a call that fails throws.</summary>
    public StorageException Failure { get; } = new("the disk is full");

    /// <summary>Calls so far.</summary>
    public int Calls => Volatile.Read(ref _calls);

    /// <summary>Objects begun and not disposed.</summary>
    public int PendingObjects => Volatile.Read(ref _pending);

    public string Location => inner.Location;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        Count();
        return inner.PutIfAbsent(key, content);
    }

    public IPendingObject BeginObject()
    {
        Count();
        Interlocked.Increment(ref _pending);
        return new Pending(this, inner.BeginObject());
    }

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        Count();
        inner.Read(key, offset, destination);
    }

    public long? SizeOf(StorageKey key)
    {
        Count();
        return inner.SizeOf(key);
    }

    public IEnumerable<StoredObject> List(string prefix)
    {
        Count();
        return inner.List(prefix);
    }

    public void Delete(StorageKey key)
    {
        Count();
        inner.Delete(key);
    }

    public void Dispose()
    {
    }

    private void Count()
    {
        if (Interlocked.Increment(ref _calls) >= failingCall)
            throw Failure;
    }

    private sealed class Pending(FailingCallStorage storage, IPendingObject inner) : IPendingObject
    {
        private int _isDisposed;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            storage.Count();
            inner.Append(bytes);
        }

        public bool Publish(StorageKey key)
        {
            storage.Count();
            return inner.Publish(key);
        }

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
                Interlocked.Decrement(ref storage._pending);
            inner.Dispose();
        }
    }
}
