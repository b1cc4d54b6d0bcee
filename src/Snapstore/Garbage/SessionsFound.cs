using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>The sessions that a listing shows: registered ones and owners of packs, which may be neither registered nor ended.</summary>
/// <param name="Registered">Those with a session record.</param>
/// <param name="Unended">Registered ones and owners of packs without a word in their registers.</param>
internal sealed record SessionsFound(IReadOnlySet<SessionId> Registered, IReadOnlySet<SessionId> Unended)
{
    /// <summary>True where some session is at work, or died.</summary>
    public bool AreThereUnended => Unended.Count > 0;

    /// <summary>True where a session ended and its record is still there.</summary>
    public bool AreThereRecordsOfEnded => Registered.Any(session => !Unended.Contains(session));

    /// <summary>Lists, in whatever order: a session that ends meanwhile is found to have ended when it is looked at again.</summary>
    public static SessionsFound List(IStorage storage)
    {
        HashSet<SessionId> registered = [], ended = [];
        List<StoredObject> packs = [];
        Requests.All(
            storage,
            () => registered = SessionRegister.ListRegistered(storage),
            () => packs = [.. storage.List(StorageKey.PacksPrefix)],
            () => ended = SessionRegister.ListEnded(storage));
        HashSet<SessionId> unended = [.. registered];
        foreach (StoredObject pack in packs)
        {
            if (pack.Key.TryParsePack(out SessionId owner, out _))
                unended.Add(owner);
        }

        unended.ExceptWith(ended);
        return new SessionsFound(registered, unended);
    }
}
