using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Takes a snapshot of a source that gives its own tree: a database, an archive.</summary>
public static class SourceBackup
{
    /// <summary>Runs to the end of the source. Where it fails, nothing is committed.</summary>
    /// <exception cref="SourceException">It could not be captured whole and consistently.</exception>
    public static BackupReport Run(
        Repository repository, ISource source, BackupOptions options, RunProgress progress, TimeProvider time, CancellationToken cancel)
    {
        IReadOnlyList<byte[]> names = [source.Name];
        Snapshot? parent = ParentFinder.Find(repository, options.Host, names);
        if (parent is not null)
            progress.Expect(parent.Manifest.Counts.Files, parent.Manifest.Counts.Bytes);
        BackupNotes notes = new(progress);
        using BackupSession session = new(repository, options, progress, notes, time, cancel);
        options.OnBegin?.Invoke(parent);
        using ParentPaths paths = new(repository, parent);
        SourceTree tree = new(session.Pipeline, paths, notes, time);
        BlobId? root = session.Capture(() => Capture(source, tree, cancel), () => null);
        SourceFacts facts = source.Facts;
        return session.Commit(tree.Counts, root, parent, manifest => manifest with
        {
            Source = source.Kind,
            Paths = names,
            Command = facts.Command,
            Database = facts.Database,
        });
    }

    private static void Capture(ISource source, SourceTree tree, CancellationToken cancel)
    {
        try
        {
            source.Capture(tree, cancel);
            tree.Finish();
        }
        finally
        {
            // Its threads end while the pipeline still takes what they have.
            tree.Dispose();
        }
    }
}
