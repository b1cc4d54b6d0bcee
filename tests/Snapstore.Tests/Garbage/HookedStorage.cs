using Snapstore.Storage;

namespace Snapstore.Tests.Garbage;

/// <summary>A storage that lets a test step in between.</summary>
internal sealed class HookedStorage(IStorage inner) : IStorage
{
    /// <summary>Called before an object is put.</summary>
    public Action<StorageKey> BeforePut { get; init; } = _ => { };

    /// <summary>Called before an object is read.</summary>
    public Action<StorageKey> BeforeRead { get; init; } = _ => { };

    /// <summary>True overwrites what is there and says it was not.</summary>
    public bool IsCareless { get; init; }

    public string Location => inner.Location;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        BeforePut(key);
        if (IsCareless)
            inner.Delete(key);
        return inner.PutIfAbsent(key, content);
    }

    public IPendingObject BeginObject() => inner.BeginObject();

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        BeforeRead(key);
        inner.Read(key, offset, destination);
    }

    // Whole objects are asked for their size before they are read.
    public long? SizeOf(StorageKey key)
    {
        BeforeRead(key);
        return inner.SizeOf(key);
    }

    public IEnumerable<StoredObject> List(string prefix) => inner.List(prefix);

    public void Delete(StorageKey key) => inner.Delete(key);

    public void Dispose()
    {
    }
}
