using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Tells sessions that are at work from those that died, and ends the dead ones. A wrong guess costs a writer a second
/// run, never data: that is why a clock may be asked here.</summary>
/// <param name="repository">Whose sessions.</param>
/// <param name="watches">What earlier runs saw, oldest first.</param>
/// <param name="options">How long silence may last.</param>
internal sealed class SessionWatch(Repository repository, IReadOnlyList<WatchRecord> watches, PruneOptions options)
{
    private Dictionary<SessionId, long>? _objects;

    /// <summary>Packs and index objects that the session has written so far: its signs of life.</summary>
    public long ObjectsOf(SessionId session)
    {
        if (_objects is null)
        {
            _objects = [];
            foreach (StoredObject found in Requests.InOrder(repository.Storage, [StorageKey.PacksPrefix, StorageKey.IndexPrefix], prefix => repository.Storage.List(prefix).ToList()).SelectMany(list => list))
            {
                if (found.Key.TryParsePack(out SessionId owner, out _) || found.Key.TryParseNumbered(StorageKey.IndexPrefix, out owner, out _))
                    _objects[owner] = _objects.GetValueOrDefault(owner) + 1;
            }
        }

        return _objects.GetValueOrDefault(session);
    }

    /// <summary>Fences what is dead among these sessions; those that still have to end.</summary>
    public IReadOnlyList<WaitedFor> EndWhatIsDead(IEnumerable<SessionId> sessions, List<SessionId> fenced)
    {
        _objects = null;
        (HashSet<SessionId> registered, HashSet<SessionId> ended) = SessionRegister.ListSessions(repository.Storage);
        List<WaitedFor> pending = [];
        foreach (SessionId session in sessions.Where(session => !ended.Contains(session)).Order())
        {
            SessionRecord? record = TryRead(session);
            bool isDead = options.IsExclusive || !registered.Contains(session) || (record is not null && options.HasEnded(record)) || IsSilent(session);
            if (!isDead)
                pending.Add(new WaitedFor(session, record));
            else if (SessionRegister.Fence(repository, session, options.OriginNow()))
                fenced.Add(session);
        }

        return pending;
    }

    /// <summary>Removes the records of sessions that have ended: their registers say so.</summary>
    public static void RemoveEnded(Repository repository)
    {
        (HashSet<SessionId> registered, HashSet<SessionId> ended) = SessionRegister.ListSessions(repository.Storage);
        Requests.ForEach(repository.Storage, registered.Where(ended.Contains).Order(), session => repository.Storage.Delete(StorageKey.Session(session)));
    }

    private bool IsSilent(SessionId session)
    {
        if (options.FenceAfter <= TimeSpan.Zero)
            return true;
        if (watches.Count == 0)
            return false;
        long since = UnixTime.ToNanoseconds(options.Time.GetUtcNow() - options.FenceAfter);
        return watches.Any(watch => watch.Origin.TimeNanoseconds <= since
            && watch.Sessions.Any(seen => seen.Session == session && seen.Objects == ObjectsOf(session)));
    }

    private SessionRecord? TryRead(SessionId session)
    {
        try
        {
            return SessionRecord.Decode(repository.Open(StorageKey.Session(session), SealKind.Session, session));
        }
        catch (Exception e) when (e is ObjectMissingException or CorruptDataException or UnsupportedException)
        {
            return null;
        }
    }
}
