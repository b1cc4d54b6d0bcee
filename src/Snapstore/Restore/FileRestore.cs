using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Restore;

/// <summary>Restores files of a snapshot into a directory.</summary>
/// <remarks>
/// 1. The tree is walked: directories, links and devices are made, each file's parts are planned.
/// 2. Parts are gathered by segment; every segment is fetched and opened once a batch, on worker threads, each blob verified.
/// 3. A file is finished (owner, attributes, mode, time) when its last part is written, a directory when all in it is.
/// </remarks>
public static class FileRestore
{
    private const int QueuedSegmentsMax = 16;

    /// <summary>Runs to the end; what cannot be restored as it was is a warning or damage in the report, and the rest goes on.</summary>
    /// <exception cref="UsageException">The path is not in the snapshot.</exception>
    /// <exception cref="SourceException">The target cannot be used: it is a file, or its disk is full.</exception>
    public static RestoreReport Run(
        Repository repository, SnapshotPath what, RestoreOptions options, RunProgress progress, CancellationToken cancel)
    {
        Users.RaiseOpenFileLimit();
        TreeEntry? start = Find(repository, what);
        BlobId tree = start?.Tree ?? what.Snapshot.Manifest.Root;
        SnapshotCounts counts = what.Snapshot.Manifest.Counts;
        progress.Expect(start is null ? counts.Files + counts.Others : 0, start?.Below.Bytes ?? counts.Bytes);
        (DirectoryHandle target, bool isNew) = RestoreTarget.Open(options);
        using DirectoryHandle owned = target;
        RestoreRun run = new(repository, options, target, PathOfTarget(what, start), progress, cancel);
        try
        {
            Write(run, tree, start, isNew);
        }
        finally
        {
            run.GiveUp();
        }

        if (options.Verify && !options.DryRun)
            new RestoreVerification(run).Verify(tree, start);
        run.Tally.WarnOfOwners(options.Target);
        return run.Tally.Report();
    }

    private static void Write(RestoreRun run, BlobId tree, TreeEntry? start, bool isNew)
    {
        int threads = Requests.Threads(run.Repository.Storage, run.Options.Workers);
        using WorkQueue<SegmentTask> writers = new("restore", threads, QueuedSegmentsMax, () => MakeWriter(run));
        using RestoreWalk walk = new(run, new RestorePlan(run.Repository, writers.Add));
        if (start is null || start.Kind == EntryKind.Directory)
            walk.Walk(tree, run.Options.DryRun ? null : start, isNew);
        else
            walk.WalkSingle(start, isNew);
        writers.Complete();
    }

    private static (Action<SegmentTask> Work, IDisposable? Owned) MakeWriter(RestoreRun run)
    {
        SegmentWriter writer = new(run);
        return (writer.Process, writer);
    }

    // A directory is restored as the target itself, anything else into it.
    private static byte[] PathOfTarget(SnapshotPath what, TreeEntry? start)
    {
        ReadOnlySpan<byte> path = what.Path.AsSpan().Trim((byte)'/');
        if (start is not null && start.Kind != EntryKind.Directory)
            path = path[..Math.Max(0, path.LastIndexOf((byte)'/'))];
        return path.IsEmpty ? [] : [(byte)'/', .. path];
    }

    // Null for the root of a snapshot: it has no entry, so the target keeps its own metadata.
    private static TreeEntry? Find(Repository repository, SnapshotPath what)
    {
        using TreeReader trees = new(repository);
        TreeEntry entry = PathFinder.Find(trees, what);
        return entry.Name.Length == 0 ? null : entry;
    }
}
