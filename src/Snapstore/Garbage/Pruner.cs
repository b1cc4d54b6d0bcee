using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Gives back the space of what no snapshot needs, beside any number of writers and other prunes
/// (spec/protocols/garbage.md). Killed anywhere, the next run goes on.</summary>
public sealed class Pruner
{
    // Another prune may be faster with its plan, or have moved what this one was about to move.
    private const int AttemptsMax = 5;

    private readonly Repository _repository;
    private readonly PruneOptions _options;
    private readonly PruneProgress _progress;
    private readonly StorageTrial? _trial;
    private readonly CancellationToken _cancel;
    private readonly List<SessionId> _fenced = [];
    private PruneReport _report = new();

    private Pruner(Repository repository, PruneOptions options, PruneProgress progress, StorageTrial? trial, CancellationToken cancel)
    {
        _trial = trial;
        _repository = repository;
        _options = options;
        _progress = progress;
        _cancel = cancel;
    }

    /// <summary>Prunes, or says what it would do.</summary>
    /// <exception cref="CorruptDataException">What snapshots need cannot be told: nothing was removed.</exception>
    /// <exception cref="UnsupportedException">The storage does not keep what the protocol rests on.</exception>
    public static PruneReport Run(Repository repository, PruneOptions options, PruneProgress progress, CancellationToken cancel)
    {
        repository.CheckWritable();
        if (!options.IsDryRun)
            DeletionRight.Require(repository.Storage, "nothing was removed");
        using StorageTrial? trial = options.IsExclusive || options.IsDryRun ? null : new StorageTrial(repository.Storage);
        PruneReport report = new Pruner(repository, options, progress, trial, cancel).Run();
        trial?.Require();
        return report;
    }

    private PruneReport Run()
    {
        for (int attempt = 1; ; attempt++)
        {
            ListedNames before = ListedNames.Of(_repository.Storage);
            try
            {
                if (TryRun())
                    return _report with { Fenced = _fenced };
            }
            catch (ObjectMissingException) when (attempt < AttemptsMax)
            {
            }
            catch (CorruptDataException) when (attempt < AttemptsMax)
            {
                // What this run was looking at may have been forgotten and swept meanwhile.
                if (!before.HavePrunesChanged())
                    throw;
            }

            if (attempt == AttemptsMax)
                throw new StorageException("other prunes were faster each time; run again when they are done") { IsTransient = true };
        }
    }

    // True where all is done that can be done now.
    private bool TryRun()
    {
        _progress.Phase = "looking";
        int number = _options.IsDryRun ? 0 : FinishOpen();
        if (number == 0 && !_options.IsDryRun)
            return true;
        if (!_options.IsDryRun)
            EndDeadSessions();
        using Survey survey = Survey.Take(_repository, _cancel);
        PrunePlan plan = PrunePlan.Decide(survey.Packs, _options);
        _report = _report with { Snapshots = survey.Snapshots.Snapshots.Count, Plan = plan.Totals, Locked = _report.Locked.With(plan.Totals.Locked) };
        if (_options.IsDryRun)
            return true;
        _trial?.Require();
        if (!plan.IsEmpty)
        {
            Repack(survey, plan);
            if (!Generation.TryPublish(_repository, number, plan.Delete.Concat(plan.Repack).Select(pack => pack.Name), _options))
                return false;
            if (!Finish(number, survey))
                return true;
        }

        Tidy(survey);
        return true;
    }

    // The number of the next generation, 0 where sessions have to end first. It is settled here, before anything is looked at:
    // a plan that another prune publishes meanwhile takes the number, and so is never passed over while it is open.
    private int FinishOpen()
    {
        while (true)
        {
            GarbageLog log = GarbageLog.List(_repository);
            if (log.Open == 0)
                return log.Newest + 1;
            _trial?.Require();
            if (!Finish(log.Open, survey: null))
                return 0;
        }
    }

    // False where sessions at work have to end first.
    private bool Finish(int number, Survey? survey)
    {
        _progress.Phase = "deleting";
        Generation generation = new(_repository, number, _options);
        IReadOnlyList<WaitedFor> waiting = generation.Finish(survey, _cancel);
        _fenced.AddRange(generation.Fenced);
        _report = _report with
        {
            PacksDeleted = _report.PacksDeleted + generation.PacksDeleted,
            BytesDeleted = _report.BytesDeleted + generation.BytesDeleted,
            Locked = _report.Locked.With(generation.Locked),
            Waiting = waiting,
            BytesCondemned = waiting.Count == 0 ? 0 : SizeOfPlan(number),
        };
        return waiting.Count == 0;
    }

    private long SizeOfPlan(int number) => Requests.InOrder(
        _repository.Storage, GarbageLog.List(_repository).ReadPlan(number).Packs, pack => _repository.Storage.SizeOf(StorageKey.Pack(pack.Session, pack.Hash)) ?? 0).Sum();

    // So that what they left behind is garbage in this run already.
    private void EndDeadSessions()
    {
        SessionWatch watch = new(_repository, [], _options);
        SessionsFound found = SessionsFound.List(_repository.Storage);
        if (!found.AreThereUnended && !found.AreThereRecordsOfEnded)
            return;
        _trial?.Require();
        _ = watch.EndWhatIsDead(found.Unended, _fenced);
        SessionWatch.RemoveEnded(_repository);
    }

    private void Repack(Survey survey, PrunePlan plan)
    {
        if (plan.Repack.Count == 0)
            return;
        _progress.Phase = "rewriting";
        _progress.Expect(plan.Totals.RepackBytes);
        using OwnSession session = new(_repository, _options.OriginNow());
        using Repacker repacker = new(_repository, session.Id, _options.Workers, _options.Time) { Tolerance = plan.Tolerance };
        Move(survey, plan, repacker);
        repacker.Finish();
        _report = _report with { BytesWritten = _report.BytesWritten + repacker.StoredBytes };
    }

    private void Move(Survey survey, PrunePlan plan, Repacker repacker)
    {
        HashSet<StorageKey> moved = [.. plan.Repack.Select(pack => pack.Key)];
        HashSet<StorageKey> leaves = [.. moved, .. plan.Delete.Select(pack => pack.Key)];
        using KeptCopies kept = new(survey.Live);
        foreach (IndexedPack pack in survey.Catalog.Read().Where(pack => !leaves.Contains(KeyOf(pack))))
        {
            _cancel.ThrowIfCancellationRequested();
            kept.KeepAllOf(pack);
        }

        repacker.Add(survey.Catalog.Read().Where(pack => moved.Contains(KeyOf(pack))).Select(Counted), kept.Keep, _cancel);
    }

    private IndexedPack Counted(IndexedPack pack)
    {
        _progress.Add(pack.Size);
        return pack;
    }

    private static StorageKey KeyOf(IndexedPack pack) => StorageKey.Pack(pack.Session, pack.Hash);

    private void Tidy(Survey survey)
    {
        _progress.Phase = "tidying";
        int swept = 0;
        IndexCompaction compaction = new(_repository);
        Requests.All(_repository.Storage, DeleteRevenants, () => swept = SweepForgotten(survey.Snapshots), () => compaction.Run(_cancel));
        _report = _report with
        {
            SnapshotsSwept = swept,
            SnapshotsLocked = survey.Snapshots.Forgotten.Count + survey.Snapshots.UnreadableForgotten.Count - swept,
            IndexObjectsReplaced = compaction.Replaced,
            BytesWritten = _report.BytesWritten + compaction.BytesWritten,
        };
    }

    // A pack that a verdict deleted and that is there again (a lost deletion, a late write) is nobody's: no session may use it.
    private void DeleteRevenants()
    {
        HashSet<StorageKey> deleted = [];
        List<StorageKey> listed = [];
        Requests.All(
            _repository.Storage,
            () => deleted = GarbageLog.List(_repository).Deleted(),
            () => listed = [.. _repository.Storage.List(StorageKey.PacksPrefix).Select(pack => pack.Key)]);
        _ = DeleteAll(listed.Where(deleted.Contains));
    }

    // Their garbage is gone: what is left of them could bring nothing back.
    private int SweepForgotten(SnapshotList snapshots)
    {
        HashSet<SessionId> swept = [.. snapshots.Forgotten.Select(snapshot => snapshot.Id), .. snapshots.UnreadableForgotten];

        // While a manifest is locked, so is what it needs, unless it was forgotten late: it may come back.
        IReadOnlyDictionary<StorageKey, DateTimeOffset> locked = _repository.FindLocked(swept.Concat(snapshots.Fenced).Select(StorageKey.Snapshot));
        swept.RemoveWhere(id => locked.ContainsKey(StorageKey.Snapshot(id)));
        _ = DeleteAll([.. _repository.Storage.List(StorageKey.LabelsPrefix).Select(label => label.Key)
            .Where(key => key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId owner, out _) && swept.Contains(owner))]);
        int removed = DeleteAll(swept.Select(StorageKey.Snapshot));
        RetireFences(snapshots.Fenced, locked);
        _repository.Lock?.RemoveHidden(StorageKey.KeysPrefix);
        return removed;
    }

    // But what is locked. How many went.
    private int DeleteAll(IEnumerable<StorageKey> keys)
    {
        List<StorageKey> all = [.. keys];
        IReadOnlyDictionary<StorageKey, DateTimeOffset> locked = _repository.FindLocked(all);
        int deleted = 0;
        Requests.ForEach(_repository.Storage, all.Where(key => !locked.ContainsKey(key)), key =>
        {
            if (_repository.TryDelete(key))
                Interlocked.Increment(ref deleted);
        });
        return deleted;
    }

    // So that lists need not open them each time. The session behind a fence may wake up and commit: it finds itself retired.
    private void RetireFences(IReadOnlyList<SessionId> fenced, IReadOnlyDictionary<StorageKey, DateTimeOffset> locked)
    {
        Requests.ForEach(_repository.Storage, fenced, id =>
        {
            Forgetter.Forget(_repository, id, _options.OriginNow());
            if (!locked.ContainsKey(StorageKey.Snapshot(id)))
                _ = _repository.TryDelete(StorageKey.Snapshot(id));
        });
    }
}
