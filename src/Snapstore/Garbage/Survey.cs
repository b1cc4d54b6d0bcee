using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>What there is and what of it snapshots need, looked at in one go (spec/protocols/garbage.md, P1).</summary>
/// <remarks>Order: sessions, then snapshots, then packs: a pack of a session that has ended is there only if its snapshot was
/// listed before. Only the plan's economy rests on it: the verdict looks again.</remarks>
internal sealed class Survey : IDisposable
{
    private readonly Repository _repository;

    private readonly HashSet<SessionId> _walked = [];
    private PackCatalog? _catalog;

    private Survey(Repository repository)
    {
        _repository = repository;
        Live = new LiveBlobs(repository);
    }

    /// <summary>The packs as they were listed last.</summary>
    public PackCatalog Catalog => _catalog ?? throw new InvalidOperationException("nothing was listed yet");

    /// <summary>The blobs that snapshots need.</summary>
    public LiveBlobs Live { get; }

    /// <summary>How much of each pack is in use.</summary>
    public List<PackUse> Packs { get; } = [];

    /// <summary>Snapshots that count, and those forgotten.</summary>
    public SnapshotList Snapshots { get; private set; } = new([], [], []);

    /// <summary>Looks.</summary>
    /// <exception cref="CorruptDataException">A manifest, a node or a blob that a snapshot needs is missing or damaged.</exception>
    public static Survey Take(Repository repository, CancellationToken cancel)
    {
        (HashSet<SessionId> registered, HashSet<SessionId> ended) = SessionRegister.ListSessions(repository.Storage);
        Survey survey = new(repository);
        try
        {
            survey.Update(repository.LoadForSession, cancel);
            survey.MeasurePacks(session => ended.Contains(session) && !registered.Contains(session), cancel);
            survey.FindLocks();
            return survey;
        }
        catch
        {
            survey.Dispose();
            throw;
        }
    }

    /// <summary>Nothing seen yet.</summary>
    public static Survey Empty(Repository repository) => new(repository);

    /// <summary>Lists snapshots, then packs, and walks the snapshots that were not walked yet.</summary>
    /// <exception cref="CorruptDataException">One cannot be read: then nobody can tell what it needs.</exception>
    public void Update(Func<LoadedIndex> load, CancellationToken cancel)
    {
        Snapshots = SnapshotList.Load(_repository);
        if (Snapshots.Problems.Count > 0)
            throw new CorruptDataException($"{Snapshots.Problems[0]}; what that snapshot needs is not known, so nothing was removed. Run: snapstore check");
        LoadedIndex loaded = load();
        _catalog = loaded.Catalog;
        foreach (Snapshot snapshot in Snapshots.Snapshots.Where(snapshot => !_walked.Contains(snapshot.Id)))
        {
            Live.Add(snapshot, cancel);
            _walked.Add(snapshot.Id);
        }

        Live.Rest();
        Live.FindBases(loaded.Index);
    }

    /// <inheritdoc/>
    public void Dispose() => Live.Dispose();

    private void FindLocks()
    {
        IReadOnlyDictionary<StorageKey, DateTimeOffset> locked = _repository.FindLocked(Packs.Where(PrunePlan.IsCandidate).Select(pack => pack.Key));
        for (int i = 0; i < Packs.Count; i++)
        {
            if (locked.TryGetValue(Packs[i].Key, out DateTimeOffset until))
                Packs[i] = Packs[i] with { LockedUntil = until };
        }
    }

    private void MeasurePacks(Predicate<SessionId> hasEnded, CancellationToken cancel)
    {
        using BlobIdSet found = new(RecordTableLimits.Small);
        foreach (IndexedPack pack in Catalog.Read())
        {
            cancel.ThrowIfCancellationRequested();
            Packs.Add(PackUse.Of(pack, hasEnded(pack.Session), (in BlobRecord blob, DeltaRecord? delta) =>
            {
                bool isNeeded = Live.Needs(blob, delta);
                if (isNeeded && Live.Contains(blob.Id))
                    found.Add(blob.Id);
                return isNeeded;
            }));
        }

        if (found.Count != Live.Count)
            throw new CorruptDataException($"{Live.Count - found.Count} blobs that snapshots need are missing, so nothing was removed. Run: snapstore check");
    }
}
