namespace Snapstore.Storage;

/// <summary>A storage that can keep objects from being deleted or replaced until a date, and what was deleted or replaced before
/// it as older versions (spec/object-lock.md).</summary>
public interface ILockingStorage : IStorage
{
    /// <summary>From now on what is put is locked by these terms, as far as they cover it; and what is deleted is removed with all
    /// its versions: a locked one is refused, <see cref="StorageException.LockedUntil"/>.</summary>
    void Use(ObjectLockTerms terms, TimeProvider time);

    /// <summary>Until when an object is locked, be it in the past; null where it never was.</summary>
    /// <exception cref="ObjectMissingException">There is no such object, or it is hidden.</exception>
    DateTimeOffset? LockedUntil(StorageKey key);

    /// <summary>Locks an object until a date. A lock can become longer, never shorter.</summary>
    /// <exception cref="ObjectMissingException">There is no such object, or it is hidden.</exception>
    void LockUntil(StorageKey key, DateTimeOffset until);

    /// <summary>Makes an object absent for whoever does not ask for versions; its bytes stay.</summary>
    void Hide(StorageKey key);

    /// <summary>Every version of every object whose name begins with the prefix: those of one object stand together, the newest first.</summary>
    IEnumerable<StoredVersion> ListVersions(string prefix);

    /// <summary>Fills the destination with a version's bytes from an offset on.</summary>
    void ReadVersion(StoredVersion version, long offset, Span<byte> destination);

    /// <summary>Removes one version, or a marker that hides those below it.</summary>
    /// <exception cref="StorageException">It is locked (<see cref="StorageException.LockedUntil"/>), or the permission is missing.</exception>
    void DeleteVersion(StoredVersion version);

    /// <summary>Makes an older version the newest again, by a copy of it, locked as it is.</summary>
    void CopyToTop(StoredVersion version);
}

/// <summary>A version of an object.</summary>
/// <param name="Key">The object's name.</param>
/// <param name="Version">Which of its versions.</param>
/// <param name="Size">Its size in bytes; 0 for a marker.</param>
/// <param name="IsMarker">True where it is none but hides those below it.</param>
/// <param name="Time">When it was put, by the storage's clock.</param>
/// <param name="Tag">The same for the same bytes put in the same way; "" for a marker.</param>
public sealed record StoredVersion(StorageKey Key, string Version, long Size, bool IsMarker, DateTimeOffset Time, string Tag);
