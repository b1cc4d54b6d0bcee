using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Takes a snapshot of files and directories.</summary>
public static class FileBackup
{
    // 64 batches of 1024 items are about 11 MiB: as much as is scanned while a password is stretched.
    private const int ScannedBatchesMax = 64;

    // Times that a snapshot is begun again because a prune fenced its session.
    private const int AttemptsMax = 3;

    /// <summary>Runs to the end on an open repository; see the other overload.</summary>
    public static BackupReport Run(
        Repository repository, FileSelection selection, BackupOptions options, RunProgress progress, TimeProvider time, CancellationToken cancel) =>
        Run(() => repository, selection, options, progress, time, cancel);

    /// <summary>Runs to the end; the snapshot lands even if single files could not be read (they are warnings). The scan
    /// begins at once, beside the opening of the repository.</summary>
    /// <exception cref="SourceException">None of the paths exists.</exception>
    /// <exception cref="OperationCanceledException">Cancelled: what was stored is durable and indexed, no snapshot is made.</exception>
    public static BackupReport Run(
        Func<Repository> open, FileSelection selection, BackupOptions options, RunProgress progress, TimeProvider time, CancellationToken cancel)
    {
        Posix.Users.RaiseOpenFileLimit();
        Repository? repository = null;
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return Attempt(() => repository ??= open(), selection, options, progress, time, cancel);
            }
            catch (SessionFencedException) when (attempt < AttemptsMax)
            {
                // All is looked up again, as if nothing were known: what this session had relied on may be gone.
                progress.Restart();
            }
        }
    }

    private static BackupReport Attempt(
        Func<Repository> open, FileSelection selection, BackupOptions options, RunProgress progress, TimeProvider time, CancellationToken cancel)
    {
        IReadOnlyList<byte[]> paths = SelectedPaths.Normalize(selection.Paths);
        BackupNotes notes = new(progress);
        ScanSelection scanned = new(paths, selection.Excludes, selection.OneFileSystem, selection.Databases is not null);
        using ScanAhead scan = new(options.Workers > 0 ? ScannedBatchesMax : 0, (pass, stop) => new FileScanner(scanned, notes, pass, stop).Scan(), cancel);

        Repository repository = open();
        Snapshot? parent = selection.Force ? null : selection.Parent ?? ParentFinder.Find(repository, options.Host, paths);
        if (parent is not null)
            progress.Expect(parent.Manifest.Counts.Files, parent.Manifest.Counts.Bytes);
        using CountAhead? count = parent is null && options.CountsAhead ? new CountAhead(scanned, progress, cancel) : null;
        using BackupSession session = new(repository, options, progress, notes, time, cancel);
        options.OnBegin?.Invoke(parent);
        using FileMerge merge = new(repository, selection, session.Pipeline, parent, notes, progress, cancel);
        BlobId? root = session.Capture(
            () =>
            {
                scan.Run(merge.Consume);
                merge.Finish();
            },
            () => merge.UnchangedRoot);
        return session.Commit(merge.Counts, root, parent, manifest => manifest with
        {
            Source = SourceKind.Files,
            Paths = paths,
            Excludes = selection.Excludes.Patterns,
        });
    }
}
