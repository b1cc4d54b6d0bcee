using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

/// <summary>A storage in memory that says it is far away; counts what is read of it.</summary>
internal sealed class FarStorage(int requestsMax) : IStorage
{
    private readonly MemoryStorage _inner = new();
    private readonly Lock _gate = new();
    private int _reads;

    public string Location => _inner.Location;

    public int WritersMax => 4;

    public int RequestsMax => requestsMax;

    /// <summary>Ranges read so far.</summary>
    public int Reads => Volatile.Read(ref _reads);

    /// <summary>Bytes of the longest range read since <see cref="ForgetReads"/>.</summary>
    public int LongestRead { get; private set; }

    /// <summary>Begins anew to look for the longest range.</summary>
    public void ForgetReads() => LongestRead = 0;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => _inner.PutIfAbsent(key, content);

    public IPendingObject BeginObject() => _inner.BeginObject();

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        Interlocked.Increment(ref _reads);
        lock (_gate)
            LongestRead = Math.Max(LongestRead, destination.Length);
        _inner.Read(key, offset, destination);
    }

    public long? SizeOf(StorageKey key) => _inner.SizeOf(key);

    public IEnumerable<StoredObject> List(string prefix) => _inner.List(prefix);

    public void Delete(StorageKey key) => _inner.Delete(key);

    public void Dispose() => _inner.Dispose();
}
