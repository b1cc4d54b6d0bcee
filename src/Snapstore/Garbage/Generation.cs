using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>One generation of garbage from its published plan to its end (spec/protocols/garbage.md, P3 to P6). Any prune may
/// take it up where another stopped; several at once agree on one verdict.</summary>
internal sealed class Generation(Repository repository, int number, PruneOptions options)
{
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WatchInterval = TimeSpan.FromHours(1);

    /// <summary>Sessions fenced by this run.</summary>
    public List<SessionId> Fenced { get; } = [];

    /// <summary>Packs deleted by this run.</summary>
    public int PacksDeleted { get; private set; }

    /// <summary>Bytes of them.</summary>
    public long BytesDeleted { get; private set; }

    /// <summary>Packs of the verdict that were locked since it was planned: condemned, so that nobody relies on them, and there.</summary>
    public LockedWaste Locked { get; private set; } = LockedWaste.None;

    /// <summary>Publishes a plan; false where another prune's plan has this number.</summary>
    public static bool TryPublish(Repository repository, int number, IEnumerable<PackName> packs, PruneOptions options, bool areDamaged = false) => repository.Put(
        StorageKey.GarbagePlan(number), SealKind.GarbagePlan, new PackListRecord(options.OriginNow(), [.. packs.Order()], areDamaged).Encode(), default, number);

    /// <summary>Ends the generation with nothing deleted, unless another prune's verdict stands already: where damage hides what
    /// snapshots need, nobody could decide more.</summary>
    public void Abandon()
    {
        _ = repository.Put(StorageKey.GarbageVerdict(number), SealKind.GarbageVerdict, new PackListRecord(options.OriginNow(), []).Encode(), default, number);
    }

    /// <summary>Goes on as far as it can; the sessions that have to end first, none where all is done.</summary>
    /// <param name="survey">What the plan was made from, to be brought up to date; null where another run made it.</param>
    /// <param name="cancel">Stops it; the next prune goes on.</param>
    public IReadOnlyList<WaitedFor> Finish(Survey? survey, CancellationToken cancel)
    {
        GarbageLog log = GarbageLog.List(repository);
        if (!log.HasVerdict(number))
        {
            IReadOnlyList<WaitedFor> waiting = AwaitSessions(log, cancel);
            if (waiting.Count > 0)
                return waiting;
            PackListRecord plan = log.ReadPlan(number);
            IReadOnlyList<PackName> delete = plan.AreDamaged
                ? new DamageVerdict(repository, cancel).Decide(plan.Packs)
                : new Verdict(repository, cancel).Decide(plan.Packs, survey);
            // Where another prune was faster, its verdict counts: it is read back below.
            _ = repository.Put(StorageKey.GarbageVerdict(number), SealKind.GarbageVerdict, new PackListRecord(options.OriginNow(), delete).Encode(), default, number);
        }

        DeletePacks(log.ReadVerdict(number), survey?.Catalog.Listed, cancel);
        _ = repository.Put(StorageKey.GarbageDone(number), SealKind.GarbageDone, OriginRecord.Encode(options.OriginNow()), default, number);
        return [];
    }

    // Which sessions count was listed after the plan: later ones read the plan before they chose any pack.
    private IReadOnlyList<WaitedFor> AwaitSessions(GarbageLog log, CancellationToken cancel)
    {
        IReadOnlyList<WatchRecord> watches = log.ReadWatches(number);
        IReadOnlySet<SessionId> awaited = watches.Count > 0 ? watches[0].Sessions.Select(watched => watched.Session).ToHashSet() : SessionsFound.List(repository.Storage).Unended;
        if (awaited.Count == 0)
            return [];
        long start = options.Time.GetTimestamp();
        SessionWatch watch = new(repository, watches, options);
        while (true)
        {
            IReadOnlyList<WaitedFor> pending = watch.EndWhatIsDead(awaited, Fenced);
            if (pending.Count == 0)
                return [];
            if (options.Time.GetElapsedTime(start) >= options.Wait)
            {
                Record(watches, watch, pending);
                return pending;
            }

            options.Sleep(Poll, cancel);
            cancel.ThrowIfCancellationRequested();
        }
    }

    private void Record(IReadOnlyList<WatchRecord> before, SessionWatch watch, IReadOnlyList<WaitedFor> pending)
    {
        long recently = UnixTime.ToNanoseconds(options.Time.GetUtcNow() - WatchInterval);
        if (before.Count > 0 && before[^1].Origin.TimeNanoseconds > recently)
            return;
        WatchRecord record = new(options.OriginNow(), [.. pending.Select(p => new WatchedSession(p.Session, watch.ObjectsOf(p.Session))).OrderBy(w => w.Session)]);
        for (int next = before.Count + 1; ; next++)
        {
            if (repository.Put(StorageKey.GarbageWatch(number, next), SealKind.GarbageWatch, record.Encode(), default, number))
                return;
        }
    }

    private void DeletePacks(PackListRecord verdict, IReadOnlyDictionary<StorageKey, long>? listed, CancellationToken cancel)
    {
        IReadOnlyDictionary<StorageKey, DateTimeOffset> locked = repository.FindLocked(verdict.Packs.Select(pack => StorageKey.Pack(pack.Session, pack.Hash)));
        foreach ((StorageKey key, long size, bool isGone) in Requests.InOrder(repository.Storage, verdict.Packs, pack => Delete(pack, listed, locked)))
        {
            cancel.ThrowIfCancellationRequested();
            PacksDeleted += isGone ? 1 : 0;
            BytesDeleted += isGone ? size : 0;
            if (locked.TryGetValue(key, out DateTimeOffset until))
                Locked = Locked.With(size, until);
        }
    }

    private (StorageKey Key, long Size, bool IsGone) Delete(
        PackName pack, IReadOnlyDictionary<StorageKey, long>? listed, IReadOnlyDictionary<StorageKey, DateTimeOffset> locked)
    {
        StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
        long? size = listed is not null && listed.TryGetValue(key, out long known) ? known : repository.Storage.SizeOf(key);
        return (key, size ?? 0, size is not null && !locked.ContainsKey(key) && repository.TryDelete(key));
    }
}
