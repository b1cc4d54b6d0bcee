using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>A storage whose machine dies at a call that writes: that call and all later ones fail. With
/// <paramref name="isOnce"/> only that call fails.</summary>
/// <param name="inner">Where objects go; not disposed of.</param>
/// <param name="callsBefore">Calls that still go through.</param>
/// <param name="isOnce">True where the storage recovers.</param>
internal sealed class FailingStorage(IStorage inner, int callsBefore, bool isOnce = false) : IStorage
{
    private int _calls;

    /// <summary>Called before every call that writes, with its number.</summary>
    public Action<int>? OnCall { get; init; }

    /// <summary>True where the first call that fails takes effect all the same: its reply is lost.</summary>
    public bool LosesReply { get; init; }

    /// <summary>True once a call has failed.</summary>
    public bool HasFailed => Volatile.Read(ref _calls) > callsBefore;

    public string Location => inner.Location;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        return Call(content, bytes => inner.PutIfAbsent(key, bytes));
    }

    public IPendingObject BeginObject()
    {
        Count();
        return new Pending(this, inner.BeginObject());
    }

    public void Read(StorageKey key, long offset, Span<byte> destination) => inner.Read(key, offset, destination);

    public long? SizeOf(StorageKey key) => inner.SizeOf(key);

    public IEnumerable<StoredObject> List(string prefix) => inner.List(prefix);

    public void Delete(StorageKey key)
    {
        _ = Call(default, _ =>
        {
            inner.Delete(key);
            return true;
        });
    }

    public void Dispose()
    {
    }

    private delegate bool Effect(ReadOnlySpan<byte> content);

    private bool Call(ReadOnlySpan<byte> content, Effect effect)
    {
        int call = Interlocked.Increment(ref _calls);
        OnCall?.Invoke(call);
        if (isOnce ? call != callsBefore + 1 : call <= callsBefore)
            return effect(content);
        if (LosesReply && call == callsBefore + 1)
            _ = effect(content);
        throw new StorageException($"the storage died at call {call}");
    }

    private void Count() => _ = Call(default, static _ => true);

    private sealed class Pending(FailingStorage storage, IPendingObject inner) : IPendingObject
    {
        public void Append(ReadOnlySpan<byte> bytes)
        {
            storage.Count();
            inner.Append(bytes);
        }

        public bool Publish(StorageKey key)
        {
            return storage.Call(default, _ => inner.Publish(key));
        }

        public void Dispose() => inner.Dispose();
    }
}
