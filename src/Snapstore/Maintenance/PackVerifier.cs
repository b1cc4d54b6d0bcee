using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Reads packs whole, once and front to back: the stored bytes hash to the name, the directory is the one the
/// index knows, every segment of data opens and every blob in it hashes to its id.</summary>
/// <remarks>
/// A piece of about 1 MiB is read, hashed and opened before the next, so that the bytes still lie in the cache. A delta waits for its base to
/// pass by (<see cref="PendingDeltas"/>); where that did not open, or the delta does not, the delta's pack is read again.
/// Segments of meta packs are not opened here: <see cref="TreeSweep"/> opens them all in the same check.
/// </remarks>
internal sealed class PackVerifier(
    Repository repository, PackInventory inventory, BlobPlaces places, FindingList findings, CheckProgress progress, HashSet<StorageKey> sound, CancellationToken cancel)
{
    // Packs at a time where they come from far away: each has several pieces on their way.
    private const int FarPacks = 3;

    private HashSet<StorageKey> _doubtful = [];
    private long _bytesRead;
    private long _packsRead;

    /// <summary>Stored bytes read.</summary>
    public long BytesRead => _bytesRead;

    /// <summary>Packs read whole.</summary>
    public long PacksRead => _packsRead;

    /// <summary>Verifies these packs, several at a time.</summary>
    public void Run(IReadOnlyCollection<KnownPack> packs, int workers)
    {
        PendingDeltas pending = new(places.Index, packs);

        // Those with deltas first, and beside them what holds no bases: all bases but their own are then still to come.
        ILookup<bool, KnownPack> byTurn = packs.ToLookup(pack => pack.HasDeltas || pack.Kind == PackKind.Meta);
        Run(byTurn[true].OrderByDescending(pack => pack.HasDeltas), pending, workers);
        Run(byTurn[false], pending, workers);

        // What is wrong there, and with what, shows where each delta is opened by itself.
        IReadOnlyCollection<KnownPack> unsettled = pending.Unsettled();
        lock (sound)
            sound.ExceptWith(unsettled.Select(pack => pack.Key));
        _doubtful = pending.Doubtful();
        Run(unsettled, pending: null, workers);
    }

    private void Run(IEnumerable<KnownPack> packs, PendingDeltas? pending, int workers)
    {
        int threads = workers > 0 && repository.Storage.RequestsMax > 1 ? Math.Max(workers, FarPacks) : workers;
        using WorkQueue<KnownPack> queue = new("read packs", threads, threads, () => MakeWorker(pending));
        foreach (KnownPack pack in packs)
        {
            cancel.ThrowIfCancellationRequested();
            queue.Add(pack);
        }

        queue.Complete();
    }

    private (Action<KnownPack> Work, IDisposable? Owned) MakeWorker(PendingDeltas? pending)
    {
        PackPass pass = new(repository, places.Index, pending, progress, cancel);
        return (pack =>
        {
            Verify(pack, pass);
            if (pending is not null)
                CountPack();
        }, pass);
    }

    private void Verify(KnownPack pack, PackPass pass)
    {
        List<string> first = [];
        SnapstoreException? failure = null;
        for (int attempt = 1; attempt <= Patient.ReadsMax; attempt++)
        {
            try
            {
                failure = null;
                pass.Run(pack, DirectoryOf(pack, pass));
            }
            catch (SnapstoreException e) when (e is CorruptDataException or StorageException or ObjectMissingException)
            {
                failure = e;
            }

            Interlocked.Add(ref _bytesRead, pass.BytesRead);
            if (failure is null && pass.Problems.Count == 0 && pass.BadBases.Count == 0)
                break;
            if (pass.Problems.Count == 0 && failure is null)
                continue;
            if (first.Count == 0)
                first.AddRange(failure is null ? pass.Problems : [failure.Message]);
        }

        Conclude(pack, pass, failure, first);
    }

    private void CountPack()
    {
        Interlocked.Increment(ref _packsRead);
        progress.Add(1, 0);
    }

    private void Conclude(KnownPack pack, PackPass pass, SnapstoreException? failure, List<string> first)
    {
        string name = pack.Key.Name;
        if (failure is not null)
            findings.AddFailure(name, failure);
        else if (pass.Problems.Count == 0 && pass.BadBases.Count == 0 && _doubtful.Contains(pack.Key))
            findings.Add(FindingKind.Note, name, "held a difference that opened to other bytes, and to the right ones when it was read again: the storage or this machine's memory cannot be trusted");
        else if (pass.Problems.Count == 0 && first.Count > 0)
            findings.Add(FindingKind.Note, name, $"was read wrongly and then right: the storage or this machine's memory cannot be trusted ({first[0]})");
        foreach (string problem in pass.Problems)
            findings.Add(FindingKind.Damage, name, problem);
        if (failure is null && pass.Problems.Count == 0 && pass.BadBases.Count == 0)
        {
            lock (sound)
                sound.Add(pack.Key);
        }

        foreach (long offset in pass.BadSegments)
            places.AddBadSegment(pack.Key, offset);
        foreach (((StorageKey Pack, long Offset) place, string problem) in pass.BadBases)
        {
            findings.Add(FindingKind.Damage, place.Pack.Name, problem);
            places.AddBadSegment(place.Pack, place.Offset);
        }
    }

    // The index's directory is the one that readers go by; it is fetched again only where the pack's own is another.
    private PackDirectory? DirectoryOf(KnownPack pack, PackPass pass)
    {
        pass.Begin();
        PackDirectory? own = null;
        try
        {
            IndexedPack found = PackReader.ReadDirectory(repository, pack.Key, pack.Size);
            own = found.Directory;
            if (found.Kind != pack.Kind)
                pass.Problems.Add($"says it holds {found.Kind}, and the index says {pack.Kind}");
        }
        catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException)
        {
            pass.Problems.Add(e.Message);
        }

        if (own is not null && PackInventory.HashOf(own, pass.Record) == pack.DirectoryHash)
            return own;
        if (own is not null)
            pass.Problems.Add("has a directory other than the one in the index");
        return pack.Nodes ?? inventory.FindDirectory(pack.Key) ?? own;
    }
}
