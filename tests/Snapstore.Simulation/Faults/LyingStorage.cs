using Snapstore.Storage;

namespace Snapstore.Simulation.Faults;

/// <summary>A storage that lies to one program: then that program works as if one of its rules were left out.</summary>
internal sealed class LyingStorage(IStorage inner) : IStorage
{
    /// <summary>What becomes of an object that is put: its name, its bytes, and the way to put it.</summary>
    public Func<StorageKey, byte[], Func<StorageKey, byte[], bool>, bool> OnPut { get; set; } = static (key, content, put) => put(key, content);

    /// <summary>What is shown of a listing.</summary>
    public Func<string, List<StoredObject>, List<StoredObject>> OnList { get; set; } = static (_, found) => found;

    /// <summary>What becomes of a deletion.</summary>
    public Action<StorageKey, Action> OnDelete { get; set; } = static (_, delete) => delete();

    /// <summary>Objects that are shown although they are not there, and those that are not shown.</summary>
    public Dictionary<StorageKey, byte[]?> Shown { get; } = [];

    public string Location => inner.Location;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => OnPut(key, content.ToArray(), Put);

    public IPendingObject BeginObject() => new Pending(this);

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        if (Shown.TryGetValue(key, out byte[]? content) && content is not null)
            content.AsSpan((int)offset, destination.Length).CopyTo(destination);
        else
            inner.Read(key, offset, destination);
    }

    public long? SizeOf(StorageKey key) => Shown.TryGetValue(key, out byte[]? content) ? content?.Length : inner.SizeOf(key);

    public IEnumerable<StoredObject> List(string prefix) => OnList(prefix, [.. inner.List(prefix)]);

    public void Delete(StorageKey key) => OnDelete(key, () => inner.Delete(key));

    public void Dispose()
    {
    }

    private bool Put(StorageKey key, byte[] content) => inner.PutIfAbsent(key, content);

    private sealed class Pending(LyingStorage storage) : IPendingObject
    {
        private readonly MemoryStream _bytes = new();

        public void Append(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public bool Publish(StorageKey key) => storage.PutIfAbsent(key, _bytes.ToArray());

        public void Dispose() => _bytes.Dispose();
    }
}
