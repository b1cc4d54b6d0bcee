using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>A snapshot as a list shows it.</summary>
/// <param name="Id">The session that took it.</param>
/// <param name="Manifest">Its root record.</param>
/// <param name="Tags">Its tags now: the manifest's, or those of its newest label.</param>
/// <param name="Hash">Hash of the stored manifest.</param>
public sealed record Snapshot(SessionId Id, Manifest Manifest, IReadOnlyList<string> Tags, ObjectHash Hash)
{
    /// <summary>True where no policy may forget it.</summary>
    public bool IsHeld { get; init; }

    /// <summary>The snapshot's time.</summary>
    public DateTimeOffset Time => UnixTime.FromNanoseconds(Manifest.TimeNanoseconds);
}

/// <summary>All snapshots of a repository, oldest first, and what of them could not be read.</summary>
/// <param name="Snapshots">Those that count: committed, not forgotten, and their manifests open.</param>
/// <param name="Problems">Why others do not.</param>
/// <param name="Forgotten">Those that were forgotten and whose manifests are still there.</param>
public sealed record SnapshotList(
    IReadOnlyList<Snapshot> Snapshots, IReadOnlyList<string> Problems, IReadOnlyList<Snapshot> Forgotten)
{
    /// <summary>Those that were forgotten and whose manifests do not open any more: no loss.</summary>
    public IReadOnlyList<SessionId> UnreadableForgotten { get; init; } = [];

    /// <summary>Sessions that ended with a fence in place of a manifest.</summary>
    public IReadOnlyList<SessionId> Fenced { get; init; } = [];

    /// <summary>Reads every manifest and label.</summary>
    public static SnapshotList Load(Repository repository)
    {
        List<string> problems = [];
        Dictionary<SessionId, SnapshotLabel> labels = [];
        HashSet<SessionId> retired = [], committed = [];

        // In whatever order they are listed: one that is forgotten meanwhile is shown or not, and none that counts is missed.
        Requests.All(
            repository.Storage,
            () => labels = SnapshotLabels.LoadAll(repository, problems),
            () => retired = SessionRegister.ListIds(repository.Storage, StorageKey.RetiredPrefix),
            () => committed = SessionRegister.ListIds(repository.Storage, StorageKey.SnapshotsPrefix));
        List<Snapshot> snapshots = [], forgotten = [];
        List<SessionId> unreadable = [], fenced = [];
        foreach (Found found in Requests.InOrder(repository.Storage, committed.Order(), id => Find(repository, id, retired.Contains(id))))
        {
            problems.AddRange(found.Problems);
            if (found.Snapshot is { } snapshot)
                (found.IsForgotten ? forgotten : snapshots).Add(WithLabel(snapshot, labels));
            else if (found.IsFence)
                fenced.Add(found.Id);
            else if (found.IsForgotten && found.IsUnreadable)
                unreadable.Add(found.Id);
        }

        return new SnapshotList(InOrder(snapshots), problems, InOrder(forgotten)) { UnreadableForgotten = unreadable, Fenced = fenced };
    }

    // What does not open of a forgotten one is no loss.
    private static Found Find(Repository repository, SessionId id, bool hasRetirement)
    {
        List<string> problems = [], ownProblems = [];
        Found found = new(id, hasRetirement && IsRetired(repository, id, problems), problems);
        AttemptUnlessSwept(repository, id, ownProblems, () =>
        {
            Snapshot? snapshot = TryRead(repository, id);
            found = found with { Snapshot = snapshot, IsFence = snapshot is null };
        });
        if (!found.IsForgotten)
            problems.AddRange(ownProblems);
        return found with { IsUnreadable = ownProblems.Count > 0 };
    }

    /// <summary>Reads one manifest.</summary>
    /// <exception cref="CorruptDataException">It does not open, or the session ended without a snapshot.</exception>
    public static Snapshot Read(Repository repository, SessionId id) =>
        TryRead(repository, id) ?? throw new CorruptDataException($"{StorageKey.Snapshot(id)} is no snapshot: its session was ended before it committed");

    /// <summary>Reads one manifest; null where the session was fenced and there is no snapshot.</summary>
    /// <exception cref="CorruptDataException">It does not open.</exception>
    public static Snapshot? TryRead(Repository repository, SessionId id) =>
        repository.Read(StorageKey.Snapshot(id), stored => TryOpen(repository, id, stored));

    private static Snapshot? TryOpen(Repository repository, SessionId id, byte[] stored)
    {
        StorageKey key = StorageKey.Snapshot(id);
        if (SessionRegister.IsFence(stored))
        {
            _ = Envelope.Open(repository.Keys, new SealContext(SealKind.Fence, repository.Id, id), stored, key.Name);
            return null;
        }

        SealContext context = new(SealKind.Manifest, repository.Id, id);
        Manifest manifest = Manifest.Decode(Envelope.Open(repository.Keys, context, stored, key.Name));
        return new Snapshot(id, manifest, manifest.Tags, Repository.HashOf(stored));
    }

    // What was listed may be swept before it is read: a prune removes manifests and labels of forgotten snapshots.
    internal static void AttemptUnlessSwept(Repository repository, SessionId id, List<string> problems, Action read)
    {
        Attempt(problems, () =>
        {
            try
            {
                read();
            }
            catch (ObjectMissingException)
            {
                if (!SessionRegister.HasRetirement(repository.Storage, id))
                    throw;
            }
        });
    }

    internal static void Attempt(List<string> problems, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
        {
            problems.Add(e.Message);
        }
    }

    private static IReadOnlyList<Snapshot> InOrder(List<Snapshot> snapshots) =>
        [.. snapshots.OrderBy(s => s.Manifest.TimeNanoseconds).ThenBy(s => s.Id)];

    private static Snapshot WithLabel(Snapshot snapshot, Dictionary<SessionId, SnapshotLabel> labels) =>
        labels.TryGetValue(snapshot.Id, out SnapshotLabel? label) ? snapshot with { Tags = label.Tags, IsHeld = label.IsHeld } : snapshot;

    // A record that does not open forgets nothing: who can only write to the storage must not make snapshots vanish.
    private static bool IsRetired(Repository repository, SessionId id, List<string> problems)
    {
        bool isRetired = false;
        Attempt(problems, () =>
        {
            _ = OriginRecord.Decode(repository.Open(StorageKey.Retired(id), SealKind.Retired, id), StorageKey.Retired(id).Name);
            isRetired = true;
        });
        return isRetired;
    }

    private sealed record Found(SessionId Id, bool IsForgotten, List<string> Problems)
    {
        public Snapshot? Snapshot { get; init; }

        public bool IsFence { get; init; }

        public bool IsUnreadable { get; init; }
    }
}
