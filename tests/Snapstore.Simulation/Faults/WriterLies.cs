using Snapstore.Simulation.World;
using Snapstore.Storage;

namespace Snapstore.Simulation.Faults;

/// <summary>Rules that a writer, a forgetter or whoever changes a key leaves out.</summary>
internal static class WriterLies
{
    /// <summary>The defects.</summary>
    public static IEnumerable<SeededBug> All =>
    [
        new("writer-ignores-plans", "a session relies on packs that a plan condemns") { Lie = To(IsWriter, HidePlans) },
        new("undelete-ignores-plans", "an undelete relies on packs that a plan condemns") { Lie = To(kind => kind == OperationKind.Undelete, HidePlans) },
        new("writer-registers-late", "a session is registered after it chose its packs") { Lie = To(IsWriter, RegisterLate) },
        new("writer-never-registers", "a session is not registered at all") { Lie = To(IsWriter, lie => OnPut(lie, StorageKey.SessionsPrefix, (_, _, _) => true)) },
        new("session-removed-early", "the record of a session goes before it commits") { Lie = To(IsWriter, RemoveSessionEarly) },
        new("stale-pack-cache", "a later run trusts the listing of an earlier one") { Lie = (world, actor, inner) => IsWriter(actor.Operation!.Kind) ? KeptBetweenRuns(world, actor, inner) : inner },
        new("commit-over-fence", "a commit replaces a fence") { Lie = CommitOverFence },
        new("refusal-ignored", "a commit that is refused counts as success") { Lie = To(IsWriter, IgnoreRefusal) },
        new("failed-commit-acknowledged", "a commit whose put failed counts as success") { Lie = To(IsWriter, AcknowledgeFailure) },
        new("commit-before-packs", "the snapshot is there before its packs are") { Lie = To(IsWriter, CommitFirst) },
        new("pack-dropped", "the first pack of a session is never written") { Lie = To(IsWriter, DropPack) },
        new("forget-deletes", "a snapshot is deleted without a record that it is retired") { Lie = To(kind => kind == OperationKind.Forget, lie => lie.OnPut = DeleteInstead(lie)) },
        new("old-key-first", "the old key goes before the new one is there") { Lie = To(kind => kind == OperationKind.Key, OldKeyFirst) },
    ];

    /// <summary>True for operations that take snapshots.</summary>
    public static bool IsWriter(OperationKind kind) => kind is OperationKind.Stream or OperationKind.Tree or OperationKind.Undelete;

    /// <summary>A lie to the programs of some kinds.</summary>
    public static Func<SimulatedWorld, Actor, IStorage, IStorage> To(Predicate<OperationKind> isLiedTo, Action<LyingStorage> lie) => (_, actor, inner) =>
    {
        if (!isLiedTo(actor.Operation!.Kind))
            return inner;
        LyingStorage storage = new(inner);
        lie(storage);
        return storage;
    };

    /// <summary>Changes what becomes of objects whose names begin so.</summary>
    public static void OnPut(LyingStorage lie, string prefix, Func<StorageKey, byte[], Func<StorageKey, byte[], bool>, bool> then) =>
        lie.OnPut = (key, content, put) => Is(key, prefix) ? then(key, content, put) : put(key, content);

    /// <summary>True where the name begins so.</summary>
    public static bool Is(StorageKey key, string prefix) => key.Name.StartsWith(prefix, StringComparison.Ordinal);

    private static void HidePlans(LyingStorage lie) =>
        lie.OnList = (prefix, found) => prefix == StorageKey.GarbagePrefix ? [] : found;

    private static void RegisterLate(LyingStorage lie)
    {
        (StorageKey Key, byte[] Content)? held = null;
        lie.OnPut = (key, content, put) =>
        {
            if (Is(key, StorageKey.SessionsPrefix))
            {
                held = (key, content);
                return true;
            }

            if (held is { } session)
                put(session.Key, session.Content);
            held = null;
            return put(key, content);
        };
    }

    private static void RemoveSessionEarly(LyingStorage lie)
    {
        StorageKey? session = null;
        lie.OnPut = (key, content, put) =>
        {
            if (session is { } registered)
                lie.Delete(registered);
            session = Is(key, StorageKey.SessionsPrefix) ? key : null;
            return put(key, content);
        };
    }

    private static void KeepListings(LyingStorage lie, Dictionary<string, List<StoredObject>> kept) => lie.OnList = (prefix, found) =>
    {
        if (prefix is not (StorageKey.PacksPrefix or StorageKey.IndexPrefix or StorageKey.GarbagePrefix))
            return found;
        return kept.TryGetValue(prefix, out List<StoredObject>? first) ? first : kept[prefix] = found;
    };

    private static LyingStorage KeptBetweenRuns(SimulatedWorld world, Actor actor, IStorage inner)
    {
        LyingStorage lie = new(inner);
        KeepListings(lie, world.KeptListings.TryGetValue(actor, out Dictionary<string, List<StoredObject>>? kept) ? kept : world.KeptListings[actor] = []);
        return lie;
    }

    private static IStorage CommitOverFence(SimulatedWorld world, Actor actor, IStorage inner) => To(IsWriter, lie => OnPut(lie, StorageKey.SnapshotsPrefix, (key, content, put) =>
    {
        if (!put(key, content))
            world.Disk.Overwrite(key, new DiskFile(content) { IsSynced = true });
        return true;
    }))(world, actor, inner);

    private static void IgnoreRefusal(LyingStorage lie) => OnPut(lie, StorageKey.SnapshotsPrefix, (key, content, put) =>
    {
        put(key, content);
        lie.Shown[key] = content;
        return true;
    });

    private static void AcknowledgeFailure(LyingStorage lie) => OnPut(lie, StorageKey.SnapshotsPrefix, (key, content, put) =>
    {
        try
        {
            return put(key, content);
        }
        catch (StorageException)
        {
            return true;
        }
    });

    private static void CommitFirst(LyingStorage lie)
    {
        List<(StorageKey Key, byte[] Content)> held = [];
        lie.OnPut = (key, content, put) =>
        {
            if (Is(key, StorageKey.PacksPrefix) || Is(key, StorageKey.IndexPrefix))
            {
                held.Add((key, content));
                return true;
            }

            bool isNew = put(key, content);
            if (Is(key, StorageKey.SnapshotsPrefix))
                held.ForEach(one => put(one.Key, one.Content));
            return isNew;
        };
    }

    private static void DropPack(LyingStorage lie)
    {
        bool isDropped = false;
        OnPut(lie, StorageKey.PacksPrefix, (key, content, put) => isDropped ? put(key, content) : isDropped = true);
    }

    private static Func<StorageKey, byte[], Func<StorageKey, byte[], bool>, bool> DeleteInstead(LyingStorage lie) => (key, content, put) =>
    {
        if (!key.TryParseId(StorageKey.RetiredPrefix, out SessionId id))
            return put(key, content);
        lie.Delete(StorageKey.Snapshot(id));
        return true;
    };

    private static void OldKeyFirst(LyingStorage lie)
    {
        (StorageKey Key, byte[] Content)? held = null;
        Func<StorageKey, byte[], bool>? putLater = null;
        OnPut(lie, StorageKey.KeysPrefix, (key, content, put) =>
        {
            (held, putLater) = ((key, content), put);
            lie.Shown[key] = content;
            return true;
        });
        lie.OnDelete = (_, delete) =>
        {
            delete();
            if (held is { } slot)
                putLater!(slot.Key, slot.Content);
        };
    }
}
