using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

/// <summary>A repository disposes its storage; a test may want to look at it afterwards, or at the same objects under another name.</summary>
internal sealed class UndisposedStorage(IStorage storage, string? location = null) : IStorage
{
    public string Location => location ?? storage.Location;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => storage.PutIfAbsent(key, content);

    public IPendingObject BeginObject() => storage.BeginObject();

    public void Read(StorageKey key, long offset, Span<byte> destination) => storage.Read(key, offset, destination);

    public long? SizeOf(StorageKey key) => storage.SizeOf(key);

    public IEnumerable<StoredObject> List(string prefix) => storage.List(prefix);

    public void Delete(StorageKey key) => storage.Delete(key);

    public void Dispose()
    {
    }
}
