using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>Opens every segment of every meta pack once, in the order it was written, and decides for every node
/// whether all below it can be restored.</summary>
/// <remarks>
/// Children are written before their parents, so nearly every node is decided when it is met, and no blob is looked up
/// at random. Segments are opened by several threads, which jumbles the order a little: the table settles what comes
/// too early at the end. Memory: the table (80 bytes a node), the directories of meta packs, 3 MiB a thread.
/// </remarks>
internal sealed class TreeSweep(Repository repository, BlobPlaces places, FindingList findings, CheckProgress progress)
{
    private readonly Lock _lock = new();
    private readonly NodeExaminer _examiner = new(places);
    private long _bytesRead;

    /// <summary>What is known of every node.</summary>
    public NodeTable Nodes { get; } = new();

    /// <summary>Stored bytes read.</summary>
    public long BytesRead => _bytesRead;

    /// <summary>Sweeps these packs.</summary>
    public void Run(IEnumerable<KnownPack> packs, int workers, CancellationToken cancel)
    {
        int threads = Requests.Threads(repository.Storage, workers);
        using WorkQueue<(KnownPack, SegmentRun)> queue = new("check trees", threads, 2 * threads, MakeWorker);
        foreach (KnownPack pack in packs)
        {
            foreach (SegmentRun run in SegmentRun.AllOf(pack.Nodes!))
            {
                cancel.ThrowIfCancellationRequested();
                queue.Add((pack, run));
            }

            progress.Add(1, pack.Size);
        }

        queue.Complete();
        Nodes.Resolve(cancel);
    }

    private (Action<(KnownPack, SegmentRun)> Work, IDisposable? Owned) MakeWorker()
    {
        SegmentOpener opener = new(repository);
        List<NodeFacts> met = [];
        return (work => Sweep(work.Item1, work.Item2, opener, met), opener);
    }

    private void Sweep(KnownPack pack, SegmentRun run, SegmentOpener opener, List<NodeFacts> met)
    {
        // The whole run at once as a rule; where that fails, each of its segments for itself and patiently.
        if (!TryRead(pack, run, opener, out ReadOnlySpan<byte> stored))
            stored = [];
        for (int number = run.First; number < run.End; number++)
        {
            SegmentRecord segment = pack.Nodes!.Segments[number];
            bool isRead = !stored.IsEmpty
                && TryExamine(pack, segment, stored.Slice((int)(segment.Offset - run.Offset), segment.StoredLength), opener, met);
            if (!isRead)
                ExamineAgain(pack, segment, met);
        }

        Interlocked.Add(ref _bytesRead, run.Length);
        lock (_lock)
        {
            foreach (NodeFacts facts in met)
                Nodes.Add(facts);
        }

        met.Clear();
    }

    private bool TryRead(KnownPack pack, SegmentRun run, SegmentOpener opener, out ReadOnlySpan<byte> stored)
    {
        Span<byte> room = opener.Room(run.Length);
        stored = room;
        try
        {
            repository.Storage.Read(pack.Key, run.Offset, room);
            return true;
        }
        catch (SnapstoreException)
        {
            return false;
        }
    }

    private bool TryExamine(
        KnownPack pack, SegmentRecord segment, ReadOnlySpan<byte> stored, SegmentOpener opener, List<NodeFacts> met)
    {
        int before = met.Count;
        try
        {
            Examine(pack, segment, opener.Open(pack, pack.Nodes!, segment, stored), met);
            return true;
        }
        catch (SnapstoreException)
        {
            met.RemoveRange(before, met.Count - before);
            return false;
        }
    }

    private void ExamineAgain(KnownPack pack, SegmentRecord segment, List<NodeFacts> met)
    {
        using SegmentOpener opener = new(repository);
        byte[] stored = new byte[segment.StoredLength];
        try
        {
            Patient.Read(() =>
            {
                repository.Storage.Read(pack.Key, segment.Offset, stored);
                Examine(pack, segment, opener.Open(pack, pack.Nodes!, segment, stored), met);
                return true;
            });
        }
        catch (SnapstoreException e)
        {
            findings.AddFailure(pack.Key.Name, e);
        }
    }

    private void Examine(KnownPack pack, in SegmentRecord segment, ReadOnlySpan<byte> plain, List<NodeFacts> met)
    {
        int offset = 0;
        foreach (BlobRecord blob in pack.Nodes!.BlobsOf(segment))
        {
            // Another copy that no reader will come upon decides nothing.
            if (places.IsWhereReadersLook(blob.Id, pack.Key, segment.Offset))
                met.Add(_examiner.Examine(blob.Id, plain.Slice(offset, blob.Length), "a node"));
            offset += blob.Length;
        }
    }
}
