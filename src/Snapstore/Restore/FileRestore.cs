using System.Text;
using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Repositories;
using Snapstore.Text;

namespace Snapstore.Restore;

/// <summary>Restores files of a snapshot into a directory.</summary>
/// <remarks>
/// 1. The tree is walked: directories, links and devices are made, each file's parts are planned.
/// 2. Parts are gathered by segment; every segment is fetched and opened once a batch, on worker threads, each blob verified.
/// 3. A file is finished (owner, attributes, mode, time) when its last part is written, a directory when all in it is.
/// </remarks>
public static class FileRestore
{
    private const int QueuedSegmentsMax = 32;

    /// <summary>Runs to the end; what cannot be restored as it was is a warning or damage in the report, and the rest goes on.</summary>
    /// <exception cref="UsageException">The path is not in the snapshot.</exception>
    /// <exception cref="SourceException">The target cannot be used: it is a file, or its disk is full.</exception>
    public static RestoreReport Run(
        Repository repository, SnapshotPath what, RestoreOptions options, RestoreProgress progress, CancellationToken cancel)
    {
        TreeEntry? start = Find(repository, what);
        BlobId tree = start?.Tree ?? what.Snapshot.Manifest.Root;
        SnapshotCounts counts = what.Snapshot.Manifest.Counts;
        progress.Expect(start is null ? counts.Files + counts.Others : 0, start?.Below.Bytes ?? counts.Bytes);
        using DirectoryHandle target = OpenTarget(options);
        RestoreRun run = new(repository, options, target, progress, cancel);
        using (WorkQueue<SegmentTask> writers = new("restore", options.Workers, QueuedSegmentsMax, () => MakeWriter(run)))
        using (RestoreWalk walk = new(run, new RestorePlan(repository, writers.Add)))
        {
            if (start is null || start.Kind == EntryKind.Directory)
                walk.Walk(tree, options.DryRun ? null : start);
            else
                walk.WalkSingle(start);
            writers.Complete();
        }

        if (options.Verify && !options.DryRun)
            new RestoreVerification(run).Verify(tree, start);
        return run.Tally.Report();
    }

    private static (Action<SegmentTask> Work, IDisposable? Owned) MakeWriter(RestoreRun run)
    {
        SegmentWriter writer = new(run);
        return (writer.Process, writer);
    }

    private static TreeEntry? Find(Repository repository, SnapshotPath what)
    {
        using TreeReader trees = new(repository);
        TreeEntry? entry = null;
        BlobId tree = what.Snapshot.Manifest.Root;
        foreach (Range part in what.Path.AsSpan().Split((byte)'/'))
        {
            ReadOnlySpan<byte> name = what.Path.AsSpan(part);
            if (name.IsEmpty)
                continue;
            bool isInside = entry is null || entry.Kind == EntryKind.Directory;
            entry = isInside ? trees.Find(tree, name, PrintablePath.Of(what.Path)) : null;
            if (entry is null)
                throw new UsageException($"{PrintablePath.Of(what.Path)} is not in snapshot {what.Snapshot.Id.ToShortString()}; see: snapstore ls {what.Snapshot.Id.ToShortString()}");
            tree = entry.Tree;
        }

        return entry;
    }

    private static DirectoryHandle OpenTarget(RestoreOptions options)
    {
        string shown = PrintablePath.Of(options.Target);
        try
        {
            return DirectoryHandle.Open(options.Target);
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return options.DryRun ? DirectoryHandle.Open(ExistingAbove(options.Target)) : MakeTarget(options.Target, shown);
        }
        catch (PosixException e) when (e.Error == Errno.NotDirectory)
        {
            throw new SourceException($"the target {shown} is not a directory; name a directory to restore into", e);
        }
        catch (PosixException e)
        {
            throw new SourceException($"the target {shown} cannot be used: {e.Message}", e);
        }
    }

    private static DirectoryHandle MakeTarget(byte[] target, string shown)
    {
        try
        {
            MakeAll(target);
            return DirectoryHandle.Open(target);
        }
        catch (PosixException e)
        {
            throw new SourceException($"the target {shown} cannot be made: {e.Message}", e);
        }
    }

    private static void MakeAll(byte[] target)
    {
        using DirectoryHandle above = DirectoryHandle.Open(ExistingAbove(target));
        ReadOnlySpan<byte> missing = target.AsSpan(ExistingAbove(target).Length);
        DirectoryHandle current = above.AddReference();
        foreach (Range part in missing.Split((byte)'/'))
        {
            if (missing[part].IsEmpty)
                continue;
            using DirectoryHandle outer = current;
            outer.MakeDirectory(missing[part], 0x1c0);
            current = outer.OpenDirectory(missing[part]);
        }

        current.Dispose();
    }

    private static byte[] ExistingAbove(byte[] target)
    {
        byte[] path = target;
        while (path.Length > 1 && !Directory.Exists(Encoding.UTF8.GetString(path)))
        {
            int slash = path.AsSpan().TrimEnd((byte)'/').LastIndexOf((byte)'/');
            path = slash <= 0 ? [slash == 0 ? (byte)'/' : (byte)'.'] : path[..slash];
        }

        return path;
    }
}
