using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Backup;

/// <summary>Takes a snapshot of files and directories.</summary>
public static class FileBackup
{
    /// <summary>Runs to the end; the snapshot lands even if single files could not be read (they are warnings).</summary>
    /// <exception cref="SourceException">None of the paths exists.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: what was stored is durable and indexed, no snapshot is made.</exception>
    public static BackupReport Run(
        Repository repository, FileSelection selection, BackupOptions options, BackupProgress progress, TimeProvider time, CancellationToken cancel)
    {
        IReadOnlyList<byte[]> paths = SelectedPaths.Normalize(selection.Paths);
        Snapshot? parent = selection.Force ? null : selection.Parent ?? ParentFinder.Find(repository, options.Host, paths);
        if (parent is not null)
            progress.Expect(parent.Manifest.Counts.Files, parent.Manifest.Counts.Bytes);

        using BackupSession session = new(repository, options, progress, time, cancel);
        using FileWalker walker = new(repository, selection, session.Pipeline, parent, progress, cancel);
        BlobId? root = session.Capture(() => walker.Walk(paths), () => walker.UnchangedRoot);
        return session.Commit(walker.Counts, root, parent, manifest => manifest with
        {
            Source = SourceKind.Files,
            Paths = paths,
            Excludes = selection.Excludes.Patterns,
        });
    }
}
