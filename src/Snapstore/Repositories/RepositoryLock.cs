using System.Collections.Concurrent;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Keeps what snapshots need locked in the storage (spec/object-lock.md). Thread safe.</summary>
public sealed class RepositoryLock
{
    private readonly ILockingStorage _storage;
    private readonly LockMemory _memory = new();
    private readonly ConcurrentDictionary<StorageKey, bool> _needed = [];

    private RepositoryLock(ILockingStorage storage, ObjectLockTerms terms, TimeProvider time) =>
        (_storage, Terms, Time) = (storage, terms, time);

    /// <summary>For how long, and who may lift it.</summary>
    public ObjectLockTerms Terms { get; }

    /// <summary>The clock that dates are told by.</summary>
    public TimeProvider Time { get; }

    /// <summary>The storage, with what it can do about versions.</summary>
    public ILockingStorage Storage => _storage;

    /// <summary>The locks of a repository; null where the storage cannot lock. From here on the storage locks what is put.</summary>
    public static RepositoryLock? Of(IStorage storage, ObjectLockTerms terms, TimeProvider time)
    {
        if (storage is not ILockingStorage locking)
            return null;
        locking.Use(terms, time);
        return new RepositoryLock(locking, terms, time);
    }

    /// <summary>Makes sure that the storage did lock an object that was just put: some say that they do and do not.</summary>
    /// <exception cref="UnsupportedException">It did not.</exception>
    public void Verify(StorageKey key)
    {
        if (!(_storage.LockedUntil(key) > Time.GetUtcNow()))
            throw new UnsupportedException($"{_storage.Location}: the store took {key} and did not lock it, although it was told to: object lock does not work there");
    }

    /// <summary>States that a session made this object, which the storage locked, and began to at this time or later.</summary>
    public void Made(StorageKey key, DateTimeOffset begun)
    {
        _memory.Add(key, Terms.UntilFrom(begun));
        _needed[key] = true;
    }

    /// <summary>States that a session relies on these objects.</summary>
    public void Need(IEnumerable<StorageKey> keys)
    {
        foreach (StorageKey key in keys)
            _needed[key] = true;
    }

    /// <summary>Locks all that was needed so far until <see cref="ObjectLockTerms.Days"/> after now: asks of what is not remembered,
    /// and extends what would end before.</summary>
    /// <exception cref="ObjectMissingException">Something of it is gone.</exception>
    /// <exception cref="StorageException">The storage failed, or these credentials may not lock.</exception>
    internal void Secure(Repository repository)
    {
        Need(repository.Index.PacksMet);
        IReadOnlyDictionary<StorageKey, long> listed = repository.Loaded.Catalog.Listed;
        List<StorageKey> needed =
        [
            StorageKey.Config,
            .. _storage.List(StorageKey.KeysPrefix).Select(found => found.Key).Where(key => key.TryParseId(StorageKey.KeysPrefix, out _)),
            // What an earlier session of this run relied on and is not there any more, this one does not rely on; its own are not listed.
            .. _needed.Keys.Where(key => listed.ContainsKey(key) || _memory.IsLockedUntil(key, DateTimeOffset.MinValue)),
        ];
        DateTimeOffset begun;
        do
        {
            begun = Time.GetUtcNow();
            DateTimeOffset due = Terms.DueAt(begun), until = Terms.UntilFrom(begun);
            _memory.Load(repository.Cache, due);
            Requests.ForEach(_storage, needed.Where(key => !_memory.IsLockedUntil(key, due)).ToList(), key => _memory.Add(key, Extend(key, due, until)));
        }
        while (Time.GetUtcNow() - begun >= ObjectLockTerms.Margin);
        _memory.Keep(repository.Cache);
    }

    /// <summary>Those of these objects that are locked now, and until when.</summary>
    public IReadOnlyDictionary<StorageKey, DateTimeOffset> FindLocked(IEnumerable<StorageKey> keys)
    {
        DateTimeOffset now = Time.GetUtcNow();
        ConcurrentDictionary<StorageKey, DateTimeOffset> locked = [];
        Requests.ForEach(_storage, keys.ToList(), key =>
        {
            try
            {
                if (_storage.LockedUntil(key) is { } until && until > now)
                    locked[key] = until;
            }
            catch (ObjectMissingException)
            {
                // Gone already, or hidden: there is nothing to delete.
            }
        });
        return locked;
    }

    /// <summary>Removes what was hidden below a prefix, where its lock has ended.</summary>
    public void RemoveHidden(string prefix)
    {
        foreach (IGrouping<StorageKey, StoredVersion> hidden in _storage.ListVersions(prefix).GroupBy(version => version.Key).ToList())
        {
            if (hidden.First().IsMarker)
                _ = TryDelete(hidden.Key);
        }
    }

    /// <summary>Removes an object; false, and nothing is changed that can be seen, where it is locked.</summary>
    public bool TryDelete(StorageKey key)
    {
        try
        {
            _storage.Delete(key);
            return true;
        }
        catch (StorageException e) when (e.LockedUntil is not null)
        {
            return false;
        }
    }

    private DateTimeOffset Extend(StorageKey key, DateTimeOffset due, DateTimeOffset until)
    {
        if (_storage.LockedUntil(key) is { } held && held >= due)
            return held;
        try
        {
            _storage.LockUntil(key, until);
            return until;
        }
        catch (StorageException e) when (e.MissingRight is not null)
        {
            // Another host was faster and locked it for longer: a lock cannot become shorter.
            if (_storage.LockedUntil(key) is { } now && now >= due)
                return now;
            throw;
        }
    }
}
