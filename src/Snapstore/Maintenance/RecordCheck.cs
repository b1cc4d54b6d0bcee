using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Opens everything but packs and the index: config, key slots, manifests, labels, session records; and holds
/// the chain of manifests together.</summary>
internal sealed class RecordCheck(Repository repository, FindingList findings, TimeProvider time)
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromHours(1);

    private readonly List<Snapshot> _snapshots = [];

    /// <summary>The snapshots whose manifests open.</summary>
    public IReadOnlyList<Snapshot> Snapshots => _snapshots;

    /// <summary>Opens the config again and every key slot's frame and label.</summary>
    public void CheckKeys(IEnumerable<StoredObject> listed)
    {
        Attempt(StorageKey.Config, () => RepositoryConfig.Decode(ReadWhole(StorageKey.Config), repository.Keys));
        StorageKey own = StorageKey.KeySlot(repository.Slot.Id);
        Requests.ForEach(repository.Storage, listed.Select(found => found.Key).Append(own).Distinct(), key =>
        {
            if (key.TryParseId(StorageKey.KeysPrefix, out SessionId id))
                Attempt(key, () => CheckSlot(id, key));
        });
    }

    /// <summary>Opens every manifest; those of forgotten snapshots too, but nothing of these has to be there any more.</summary>
    /// <param name="listed">What is listed under `snapshots/`.</param>
    /// <param name="retired">The snapshots that were forgotten.</param>
    public void CheckManifests(IReadOnlyList<StorageKey> listed, IReadOnlySet<SessionId> retired)
    {
        foreach (Snapshot? opened in Requests.InOrder(repository.Storage, listed, key => Open(key, retired)))
        {
            if (opened is not null)
                _snapshots.Add(opened);
        }

        Dictionary<SessionId, Snapshot> byId = _snapshots.ToDictionary(s => s.Id);
        HashSet<SessionId> there = [.. listed.Where(key => key.TryParseId(StorageKey.SnapshotsPrefix, out _)).Select(IdOf)];
        foreach (Snapshot snapshot in _snapshots)
        {
            CheckTime(snapshot);
            CheckChain(snapshot, byId, there);
        }
    }

    /// <summary>Opens labels and session records, and names what belongs to nothing.</summary>
    public void CheckOthers(IEnumerable<StoredObject> listed, IReadOnlySet<SessionId> snapshots)
    {
        List<StoredObject> kept = [.. listed.Where(found => found.Key.Name.StartsWith(StorageKey.QuarantinePrefix, StringComparison.Ordinal))];
        if (kept.Count > 0)
            findings.Add(FindingKind.Note, StorageKey.QuarantinePrefix, $"{kept.Count} damaged packs ({kept.Sum(found => found.Size)} bytes) are kept since a repair; delete them by hand when nobody wants to save more of them");
        Requests.ForEach(repository.Storage, listed, found => CheckOther(found.Key, snapshots));
    }

    private void CheckOther(StorageKey key, IReadOnlySet<SessionId> snapshots)
    {
        if (key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId id, out int number))
            CheckLabel(key, id, number, snapshots);
        else if (key.TryParseId(StorageKey.SessionsPrefix, out id))
            CheckSession(key, id, snapshots);
        else if (key.TryParseId(StorageKey.RetiredPrefix, out id))
            Attempt(key, () => OriginRecord.Decode(repository.Open(key, SealKind.Retired, id), key.Name));
        else if (key.TryParseGarbage(out int generation))
            CheckGarbage(key, generation);
        else if (!IsOurs(key))
            findings.Add(FindingKind.Note, key.Name, "is no object of a Snapstore repository of this version; it was left alone");
    }

    // Null also for what is no manifest. Whether the manifest of a forgotten one opens is nobody's concern.
    private Snapshot? Open(StorageKey key, IReadOnlySet<SessionId> retired) =>
        key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) && !(retired.Contains(id) && IsRetired(id))
            ? Attempt(key, () => SnapshotList.TryRead(repository, id))
            : null;

    private static SessionId IdOf(StorageKey key) => key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) ? id : default;

    private static bool IsOurs(StorageKey key) =>
        key == StorageKey.Config
        || key.TryParsePack(out _, out _)
        || key.Name.StartsWith(StorageKey.QuarantinePrefix, StringComparison.Ordinal)
        || key.Name.StartsWith(StorageKey.GarbagePrefix + "probe-", StringComparison.Ordinal)
        || key.TryParseId(StorageKey.KeysPrefix, out _)
        || key.TryParseId(StorageKey.SnapshotsPrefix, out _)
        || key.TryParseNumbered(StorageKey.IndexPrefix, out _, out _);

    private bool CheckSlot(SessionId id, StorageKey key)
    {
        byte[] stored = ReadWhole(key);
        KeySlot slot = KeySlot.Decode(id, repository.Id, stored);
        if (!slot.IsForKeyFile && !slot.Cost.IsAcceptable)
            throw new CorruptDataException($"{key} asks for {slot.Cost.MemoryKib} KiB and {slot.Cost.Passes} passes, which is out of bounds");
        // What the slot holds can be checked only with its own secret; of the one at hand it is known.
        if (id == repository.Slot.Id && !stored.AsSpan().SequenceEqual(repository.Slot.Stored))
            throw new CorruptDataException($"{key} is no longer what it was when this key opened the repository");
        _ = slot.Label(repository.Keys, repository.Id);
        return true;
    }

    private void CheckTime(Snapshot snapshot)
    {
        if (snapshot.Time > time.GetUtcNow() + ClockTolerance)
            findings.Add(FindingKind.Note, StorageKey.Snapshot(snapshot.Id).Name, "has a time in the future");
    }

    private void CheckChain(Snapshot snapshot, Dictionary<SessionId, Snapshot> byId, HashSet<SessionId> there)
    {
        if (snapshot.Manifest.Parent is not { } parentId)
            return;
        string name = StorageKey.Snapshot(snapshot.Id).Name;
        if (!there.Contains(parentId))
            findings.Add(FindingKind.Note, name, $"continues snapshot {parentId.ToShortString()}, which is not there: it was forgotten, or the storage hides it");
        else if (byId.TryGetValue(parentId, out Snapshot? parent) && snapshot.Manifest.ParentHash is { } hash && hash != parent.Hash)
            findings.Add(FindingKind.Note, name, $"continues another state of snapshot {parentId.ToShortString()} than the one that is there: was the repository rolled back or copied?");
    }

    private void CheckLabel(StorageKey key, SessionId id, int number, IReadOnlySet<SessionId> snapshots)
    {
        Attempt(key, () => SnapshotLabel.Decode(repository.Open(key, SealKind.Label, id, number)));
        if (!snapshots.Contains(id))
            findings.Add(FindingKind.Note, key.Name, "is a label of a snapshot that is not there");
    }

    private void CheckSession(StorageKey key, SessionId id, IReadOnlySet<SessionId> snapshots)
    {
        // It may end while it is looked at: then there is nothing to say.
        SessionRecord? session = Attempt(key, () => SessionRecord.Decode(repository.Open(key, SealKind.Session, id)), mayBeGone: true);
        if (session is null)
            return;
        string state = snapshots.Contains(id)
            ? "its snapshot stands, so it only failed to sign off"
            : "it is at work, or it died";
        findings.Add(FindingKind.Note, key.Name, $"registers a session of {session.User} on {session.Host} (process {session.ProcessId}): {state}");
    }

    private byte[] ReadWhole(StorageKey key) => Repository.ReadWhole(repository.Storage, key);

    // A record that does not open forgets nothing; it is reported where all records are opened.
    private bool IsRetired(SessionId id)
    {
        try
        {
            StorageKey key = StorageKey.Retired(id);
            return Patient.Read(() => OriginRecord.Decode(repository.Open(key, SealKind.Retired, id), key.Name)) is not null;
        }
        catch (SnapstoreException)
        {
            return false;
        }
    }

    private void CheckGarbage(StorageKey key, int generation)
    {
        Attempt<object>(key, () => key switch
        {
            _ when key == StorageKey.GarbagePlan(generation) => PackListRecord.Decode(Open(SealKind.GarbagePlan), key.Name),
            _ when key == StorageKey.GarbageVerdict(generation) => PackListRecord.Decode(Open(SealKind.GarbageVerdict), key.Name),
            _ when key == StorageKey.GarbageDone(generation) => OriginRecord.Decode(Open(SealKind.GarbageDone), key.Name),
            _ => WatchRecord.Decode(Open(SealKind.GarbageWatch), key.Name),
        });

        byte[] Open(SealKind kind) => repository.Open(key, kind, default, generation);
    }

    private T? Attempt<T>(StorageKey key, Func<T> open, bool mayBeGone = false)
    {
        try
        {
            return Patient.Read(open);
        }
        catch (ObjectMissingException) when (mayBeGone)
        {
            return default;
        }
        catch (SnapstoreException e)
        {
            findings.AddFailure(key.Name, e);
            return default;
        }
    }
}
