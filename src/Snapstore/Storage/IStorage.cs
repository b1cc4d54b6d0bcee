namespace Snapstore.Storage;

/// <summary>Named byte strings, written once and never changed. Knows nothing of blobs or keys.</summary>
/// <remarks>
/// The contract (spec/storage.md; tests/Snapstore.Tests/Storage/StorageContract.cs holds every implementation to it):
/// an object is whole or absent, whenever the writer dies; it is durable when the call that made it returns;
/// an existing name is never overwritten; a listing shows every object that was there before it began, or fails.
/// Calls are synchronous and may come from several threads. Failures are <see cref="StorageException"/>; after one,
/// an object that was being made is there or not.
/// </remarks>
public interface IStorage : IDisposable
{
    /// <summary>Where this is, for people to read; never holds a secret.</summary>
    string Location { get; }

    /// <summary>How many large objects may be on their way at a time to some use: 1 where they go to one disk. So many are, only
    /// as long as they come faster than the storage takes them.</summary>
    int WritersMax => 1;

    /// <summary>How many other requests pay to be under way at a time: 1 where each takes the same disk's time, more where each
    /// waits for an answer from far away. It changes while that is learnt.</summary>
    int RequestsMax => 1;

    /// <summary>Why two machines that race for a name may both be told that they got it, as "lets ..." (then garbage may be collected only
    /// while nobody writes); null for a storage that keeps the contract whoever asks.</summary>
    string? RaceHazard => null;

    /// <summary>Makes an object of these bytes; false, and nothing changed, where the name exists. Either way an object
    /// of that name is durable on return.</summary>
    bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content);

    /// <summary>Starts an object whose bytes come piece by piece and whose name is known at the end.</summary>
    IPendingObject BeginObject();

    /// <summary>Fills <paramref name="destination"/> with the object's bytes from <paramref name="offset"/> on.</summary>
    /// <exception cref="ObjectMissingException">There is no such object.</exception>
    /// <exception cref="CorruptDataException">The object ends before the destination is full, or the offset is negative.</exception>
    void Read(StorageKey key, long offset, Span<byte> destination);

    /// <summary>All bytes of an object; null where there is none.</summary>
    /// <param name="key">The object.</param>
    /// <param name="sizeMax">Bytes that it may have.</param>
    /// <exception cref="CorruptDataException">It has more, or ended while it was read.</exception>
    byte[]? TryReadWhole(StorageKey key, long sizeMax)
    {
        if (SizeOf(key) is not { } size)
            return null;
        if (size > sizeMax)
            throw TooLarge(key, size);
        byte[] content = new byte[size];
        Read(key, 0, content);
        return content;
    }

    /// <summary>The object's size in bytes; null where there is none.</summary>
    long? SizeOf(StorageKey key);

    /// <summary>Every object whose name begins with the prefix (a folder with its '/', or ""), in any order.
    /// Names that no repository could hold, and what is no object (links, devices), are passed over.</summary>
    /// <exception cref="ArgumentException">The prefix is neither a folder with its '/' nor "".</exception>
    IEnumerable<StoredObject> List(string prefix);

    /// <summary>Removes an object, durably; one that is not there is no error.</summary>
    void Delete(StorageKey key);

    /// <summary>Refuses a range that no object can have. Offsets come out of stored bytes: that is damage, and no failure of the storage.</summary>
    /// <exception cref="CorruptDataException">It begins before the object, or ends beyond any.</exception>
    static void RequirePossible(StorageKey key, long offset, int length)
    {
        if (offset < 0 || offset > long.MaxValue - length)
            throw new CorruptDataException($"{key}: {length} bytes from {offset} on are wanted, which no object has");
    }

    /// <summary>What is said of an object with more bytes than it may have.</summary>
    static CorruptDataException TooLarge(StorageKey key, long size) => new($"{key} is {size} bytes long, more than any such object");
}

/// <summary>An object being written; gone without trace unless it is published. For one thread at a time.</summary>
/// <remarks>Published, whatever came of it, or failed, it takes nothing more: <see cref="InvalidOperationException"/>.</remarks>
public interface IPendingObject : IDisposable
{
    /// <summary>Adds bytes at the end.</summary>
    void Append(ReadOnlySpan<byte> bytes);

    /// <summary>Makes the object durable under this name; false, and it is dropped, where the name exists. Either way an
    /// object of that name is durable on return.</summary>
    bool Publish(StorageKey key);
}

/// <summary>One line of a listing.</summary>
/// <param name="Key">The object's name.</param>
/// <param name="Size">Its size in bytes.</param>
public readonly record struct StoredObject(StorageKey Key, long Size);

/// <summary>An object that should be in the repository is not there.</summary>
public sealed class ObjectMissingException(StorageKey key, string location)
    : SnapstoreException($"{key} is missing from {location}")
{
    /// <summary>The object's name.</summary>
    public StorageKey Key { get; } = key;

    /// <inheritdoc/>
    public override int ExitCode => 4;
}
