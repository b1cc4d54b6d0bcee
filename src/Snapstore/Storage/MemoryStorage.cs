using System.Collections.Concurrent;

namespace Snapstore.Storage;

/// <summary>Objects in memory: for tests and simulation. Thread safe.</summary>
public sealed class MemoryStorage : IStorage
{
    private readonly ConcurrentDictionary<StorageKey, byte[]> _objects = [];

    /// <inheritdoc/>
    public string Location => "memory";

    /// <inheritdoc/>
    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => _objects.TryAdd(key, content.ToArray());

    /// <inheritdoc/>
    public IPendingObject BeginObject() => new Pending(this);

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        if (!_objects.TryGetValue(key, out byte[]? content))
            throw new ObjectMissingException(key, Location);
        if (destination.IsEmpty)
            return;
        if (offset < 0 || content.Length - destination.Length < offset)
            throw new CorruptDataException($"{key} is truncated: it has {content.Length} bytes, {destination.Length} are wanted from {offset} on");
        content.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    /// <inheritdoc/>
    public long? SizeOf(StorageKey key) => _objects.TryGetValue(key, out byte[]? content) ? content.Length : null;

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix) =>
        !StorageKey.IsPrefix(prefix) ? throw new ArgumentException("not a folder's name with its '/'", nameof(prefix)) :
        [.. _objects.Where(o => o.Key.Name.StartsWith(prefix, StringComparison.Ordinal)).Select(o => new StoredObject(o.Key, o.Value.Length))];

    /// <inheritdoc/>
    public void Delete(StorageKey key) => _objects.TryRemove(key, out _);

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    private sealed class Pending(MemoryStorage storage) : IPendingObject
    {
        private readonly MemoryStream _bytes = new();

        private bool _isEnded;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            RefuseWhenEnded();
            _bytes.Write(bytes);
        }

        public bool Publish(StorageKey key)
        {
            RefuseWhenEnded();
            _isEnded = true;
            return storage.PutIfAbsent(key, _bytes.GetBuffer().AsSpan(0, (int)_bytes.Length));
        }

        public void Dispose()
        {
            _isEnded = true;
            _bytes.Dispose();
        }

        private void RefuseWhenEnded()
        {
            if (_isEnded)
                throw new InvalidOperationException("this object was published or given up already");
        }
    }
}
