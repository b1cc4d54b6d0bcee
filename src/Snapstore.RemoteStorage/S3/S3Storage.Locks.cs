using Snapstore.Storage;

namespace Snapstore.RemoteStorage.S3;

/// <content>Locks and versions.</content>
public sealed partial class S3Storage
{
    /// <inheritdoc/>
    public void Use(ObjectLockTerms terms, TimeProvider time) => _lock.Use(terms, time);

    /// <inheritdoc/>
    public DateTimeOffset? LockedUntil(StorageKey key) => _lock.LockedUntil(key);

    /// <inheritdoc/>
    public void LockUntil(StorageKey key, DateTimeOffset until) => _lock.LockUntil(key, until);

    /// <inheritdoc/>
    public IEnumerable<StoredVersion> ListVersions(string prefix) => _lock.ListVersions(prefix);

    /// <inheritdoc/>
    public void ReadVersion(StoredVersion version, long offset, Span<byte> destination) => _lock.ReadVersion(version, offset, destination);

    /// <inheritdoc/>
    public void DeleteVersion(StoredVersion version) => _lock.DeleteVersion(version);

    /// <inheritdoc/>
    public void CopyToTop(StoredVersion version) => _lock.CopyToTop(version);
}
