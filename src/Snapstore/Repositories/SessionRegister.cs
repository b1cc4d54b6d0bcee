using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>How a session begins and ends: it registers before it looks at anything, and its register `snapshots/SID`
/// takes one word only: a manifest or a fence (spec/protocols/garbage.md, rules W1 and W5).</summary>
public static class SessionRegister
{
    private const int KindOffset = 5;

    /// <summary>Announces a session: from now on no pack it could come to rely on is deleted before it has ended.</summary>
    public static void Begin(Repository repository, SessionId session, SessionRecord record)
    {
        if (!repository.Put(StorageKey.Session(session), SealKind.Session, record.Encode(), session))
            throw new StorageException($"{StorageKey.Session(session)} exists although its name is new; is the random generator of this machine broken?");
    }

    /// <summary>Makes sure that all that the session relies on stays locked as long as it has to, where the repository locks: before
    /// it commits (spec/object-lock.md).</summary>
    /// <exception cref="StorageException">It cannot be locked: the session must not commit.</exception>
    public static void SecureLocks(Repository repository) => repository.Lock?.Secure(repository);

    /// <summary>Ends a session with a snapshot, when all that the manifest needs is durable and, where the repository locks, locked
    /// (<see cref="SecureLocks"/>).</summary>
    /// <exception cref="SessionFencedException">A prune took the session for dead: what it relied on may be gone.</exception>
    public static void Commit(Repository repository, SessionId session, Manifest manifest)
    {
        bool isCommitted = repository.Put(StorageKey.Snapshot(session), SealKind.Manifest, manifest.Encode(), session);
        if (!isCommitted || IsFenced(repository, session))
            throw new SessionFencedException(session);
    }

    /// <summary>Ends a session that has not committed; false where it has ended before, by a commit or a fence.</summary>
    public static bool Fence(Repository repository, SessionId session, RecordOrigin origin) =>
        repository.Put(StorageKey.Snapshot(session), SealKind.Fence, OriginRecord.Encode(origin), session);

    /// <summary>True where what stands in the register is a fence and no manifest. Its kind stands in clear in the
    /// envelope's header; whoever alters it only makes the object fail to open.</summary>
    public static bool IsFence(ReadOnlySpan<byte> stored) => stored.Length > KindOffset && stored[KindOffset] == (byte)SealKind.Fence;

    /// <summary>True where the session has been fenced, or its snapshot forgotten.</summary>
    public static bool IsFenced(Repository repository, SessionId session)
    {
        bool isRetired = false, isFence = false;
        Requests.All(
            repository.Storage,
            () => isRetired = HasRetirement(repository.Storage, session),
            () => isFence = repository.Storage.TryReadWhole(StorageKey.Snapshot(session), Limits.ObjectSizeMax) is { } stored && IsFence(stored));
        return isRetired || isFence;
    }

    /// <summary>True where the snapshot is said to be forgotten, by a name alone: then what is gone of it was swept.</summary>
    public static bool HasRetirement(IStorage storage, SessionId session) => storage.SizeOf(StorageKey.Retired(session)) is not null;

    /// <summary>Sessions that have ended: those with a manifest, a fence or a retirement. Names only.</summary>
    public static HashSet<SessionId> ListEnded(IStorage storage)
    {
        HashSet<SessionId> ended = [], withManifests = [];
        Requests.All(storage, () => ended = ListIds(storage, StorageKey.RetiredPrefix), () => withManifests = ListIds(storage, StorageKey.SnapshotsPrefix));
        ended.UnionWith(withManifests);
        return ended;
    }

    /// <summary>Sessions that are registered: at work, or dead.</summary>
    public static HashSet<SessionId> ListRegistered(IStorage storage) => ListIds(storage, StorageKey.SessionsPrefix);

    /// <summary>Both, in whatever order. Ended ones stay so; one that signs off meanwhile may be in neither, and its register still says that it ended.</summary>
    public static (HashSet<SessionId> Registered, HashSet<SessionId> Ended) ListSessions(IStorage storage)
    {
        HashSet<SessionId> registered = [], ended = [];
        Requests.All(storage, () => registered = ListRegistered(storage), () => ended = ListEnded(storage));
        return (registered, ended);
    }

    internal static HashSet<SessionId> ListIds(IStorage storage, string prefix) => IdsOf(storage.List(prefix).Select(found => found.Key), prefix);

    /// <summary>The sessions that these names below a prefix are of.</summary>
    internal static HashSet<SessionId> IdsOf(IEnumerable<StorageKey> keys, string prefix)
    {
        HashSet<SessionId> ids = [];
        foreach (StorageKey key in keys)
        {
            if (key.TryParseId(prefix, out SessionId id))
                ids.Add(id);
        }

        return ids;
    }
}
