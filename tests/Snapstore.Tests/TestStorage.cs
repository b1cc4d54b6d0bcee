using System.Collections.Concurrent;
using Snapstore.Storage;

namespace Snapstore.Tests;

/// <summary>Objects in memory that a test may change behind the program's back, copy whole, and read wrongly.
/// Dispose leaves it usable.</summary>
internal sealed class TestStorage : IStorage
{
    private readonly ConcurrentDictionary<string, byte[]> _objects = [];

    /// <summary>Called with what was read, before the reader sees it: may change it, or throw.</summary>
    public Action<StorageKey, long, byte[]>? OnRead { get; set; }

    public string Location => "memory";

    public IReadOnlyList<string> Names => [.. _objects.Keys.Order(StringComparer.Ordinal)];

    /// <summary>An object's bytes; setting them makes or overwrites it.</summary>
    public byte[] this[string name]
    {
        get => _objects[name];
        set => _objects[name] = value;
    }

    /// <summary>Another storage with the same objects.</summary>
    public TestStorage Copy()
    {
        TestStorage copy = new();
        foreach ((string name, byte[] content) in _objects)
            copy._objects[name] = content;
        return copy;
    }

    public void Remove(string name) => _objects.TryRemove(name, out _);

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => _objects.TryAdd(key.Name, content.ToArray());

    public IPendingObject BeginObject() => new Pending(this);

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        if (!_objects.TryGetValue(key.Name, out byte[]? content))
            throw new ObjectMissingException(key, Location);
        if (offset < 0 || content.Length - offset < destination.Length)
            throw new CorruptDataException($"{key} is truncated");
        content.AsSpan((int)offset, destination.Length).CopyTo(destination);
        if (OnRead is null)
            return;
        byte[] read = destination.ToArray();
        OnRead(key, offset, read);
        read.CopyTo(destination);
    }

    public long? SizeOf(StorageKey key) => _objects.TryGetValue(key.Name, out byte[]? content) ? content.Length : null;

    public IEnumerable<StoredObject> List(string prefix)
    {
        foreach ((string name, byte[] content) in _objects)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && StorageKey.TryParse(name) is { } key)
                yield return new StoredObject(key, content.Length);
        }
    }

    public void Delete(StorageKey key) => Remove(key.Name);

    public void Dispose()
    {
    }

    private sealed class Pending(TestStorage storage) : IPendingObject
    {
        private readonly MemoryStream _bytes = new();

        public void Append(ReadOnlySpan<byte> bytes) => _bytes.Write(bytes);

        public bool Publish(StorageKey key) => storage.PutIfAbsent(key, _bytes.ToArray());

        public void Dispose() => _bytes.Dispose();
    }
}
