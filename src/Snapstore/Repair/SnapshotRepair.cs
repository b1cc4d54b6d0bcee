using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Repositories;

namespace Snapstore.Repair;

/// <summary>A snapshot of which something is lost, and what was saved of it.</summary>
/// <param name="Damaged">The snapshot; it stays as it is.</param>
/// <param name="Lost">What is not in the new one: paths, directories with all below them end in '/'.</param>
/// <param name="Repaired">The new one; null where nothing could be saved, or nothing was to be done.</param>
public sealed record RepairedSnapshot(Snapshot Damaged, MessageList Lost, Snapshot? Repaired);

/// <summary>Makes new snapshots without what is lost (spec/protocols/repair.md); the damaged ones stay, for a later snapshot of the
/// same source may bring their data back.</summary>
public sealed class SnapshotRepair
{
    // Times that a session is begun again because a prune fenced it.
    private const int AttemptsMax = 3;

    private readonly Repository _repository;
    private readonly PruneOptions _options;
    private readonly CancellationToken _cancel;

    private SnapshotRepair(Repository repository, PruneOptions options, CancellationToken cancel)
    {
        _repository = repository;
        _options = options;
        _cancel = cancel;
    }

    /// <summary>Repairs one snapshot; null where it is whole.</summary>
    /// <param name="repository">Whose.</param>
    /// <param name="snapshot">The snapshot.</param>
    /// <param name="options">Who acts, and whether anything is done at all.</param>
    /// <param name="cancel">Stops it.</param>
    public static RepairedSnapshot? Run(Repository repository, Snapshot snapshot, PruneOptions options, CancellationToken cancel)
    {
        repository.CheckWritable();
        SnapshotRepair repair = new(repository, options, cancel);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return repair.TryRun(snapshot);
            }
            catch (SessionFencedException) when (attempt < AttemptsMax)
            {
            }
        }
    }

    private RepairedSnapshot? TryRun(Snapshot snapshot)
    {
        using OwnSession session = new(_repository, _options.OriginNow(), _options.IsDryRun);
        _repository.LoadForSession();
        using BlobWriter blobs = new(_repository, session.Id, new BlobWriterOptions(CompressionLevel.Default, 0, _options.IsDryRun), _options.Time);
        using TreeRebuilder trees = new(_repository, blobs, _cancel);
        RebuiltTree? root = trees.Rebuild(snapshot.Manifest.Root);
        if (trees.Lost.Total == 0)
            return null;
        if (root is null || _options.IsDryRun)
            return new RepairedSnapshot(snapshot, trees.Lost, null);
        blobs.Finish();
        session.Commit(Describe(snapshot, root.Root, trees, blobs.Counts));
        return new RepairedSnapshot(snapshot, trees.Lost, SnapshotList.Read(_repository, session.Id));
    }

    // All it says of the source is what the damaged one said; the parent too, for it is the same moment of the same source.
    private static Manifest Describe(Snapshot damaged, BlobId root, TreeRebuilder trees, StoredCounts stored) => damaged.Manifest with
    {
        Root = root,
        Tags = damaged.Tags,
        RepairOf = damaged.Id,

        // It is not what that one is a copy of: a copy made again must not pass over it.
        Origin = null,
        Counts = damaged.Manifest.Counts with
        {
            Files = trees.Files,
            Directories = trees.Directories,
            Others = trees.Others,
            Bytes = trees.Bytes,
            MetaBlobsNew = stored.MetaBlobs,
            MetaBytesNew = stored.MetaBytes,
            BytesStored = stored.StoredBytes,
        },
        WarningCount = damaged.Manifest.WarningCount + trees.Lost.Total,
        Warnings = [.. trees.Lost.Take(Limits.ManifestWarningsMax)],
    };
}
