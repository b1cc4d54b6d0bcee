using Snapstore.Compression;
using Snapstore.Copying;
using Snapstore.Garbage;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>A snapshot of which something was lost, and what another repository gave back of it.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="Copy">The other repository's snapshot that it was looked for in: its copy, or else the nearest of the same host and paths; null for none.</param>
/// <param name="Mended">Paths of which something was fetched; directories end in '/'.</param>
/// <param name="Lost">Paths of which something is lost all the same, and why.</param>
public sealed record MendedSnapshot(Snapshot Snapshot, Snapshot? Copy, MessageList Mended, MessageList Lost)
{
    /// <summary>True where all of it is there again, as far as the index knows.</summary>
    public bool IsWhole => Lost.Total == 0;
}

/// <summary>What was fetched from another repository.</summary>
public sealed record CopyFetchReport
{
    /// <summary>The snapshots that were damaged, oldest first.</summary>
    public required IReadOnlyList<MendedSnapshot> Snapshots { get; init; }

    /// <summary>Blobs that were lost and were, or would be, stored again.</summary>
    public required long Blobs { get; init; }

    /// <summary>Their bytes.</summary>
    public required long Bytes { get; init; }

    /// <summary>Manifests that could not be read, and why.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    /// <summary>Those of the other repository: nothing was looked for in them.</summary>
    public required IReadOnlyList<string> CopyProblems { get; init; }
}

/// <summary>Brings back what snapshots have lost from a repository with other keys that holds copies of them: the plaintext is
/// found there by its path, and stored only where its id is that of what was lost (spec/protocols/repair.md).</summary>
public sealed class CopyFetch
{
    private readonly Repository _repository;
    private readonly Repository _copy;
    private readonly TargetSnapshots _copies;
    private readonly IReadOnlyList<Snapshot> _there;
    private readonly CancellationToken _cancel;

    private CopyFetch(Repository repository, Repository copy, IReadOnlyList<Snapshot> there, CancellationToken cancel)
    {
        _repository = repository;
        _copy = copy;
        _there = there;
        _cancel = cancel;
        _copies = new TargetSnapshots(repository, copy);
    }

    /// <summary>Looks through all snapshots, and fetches what is lost of them.</summary>
    /// <param name="repository">Whose.</param>
    /// <param name="copy">The other repository.</param>
    /// <param name="unusable">Packs that are damaged, beside those that are condemned: what they hold is taken for lost.</param>
    /// <param name="options">Who acts, and whether anything is done at all.</param>
    /// <param name="cancel">Stops it; what was fetched stays.</param>
    /// <exception cref="UsageException">It is the same repository.</exception>
    public static CopyFetchReport Run(Repository repository, Repository copy, IReadOnlySet<StorageKey> unusable, PruneOptions options, CancellationToken cancel)
    {
        if (repository.Id == copy.Id)
            throw new UsageException($"{copy.Storage.Location} is the same repository");
        repository.CheckWritable();
        using OwnSession session = new(repository, options.OriginNow(), options.IsDryRun);
        LoadedIndex loaded = repository.LoadForSession(unusable);
        using BlobWriter blobs = new(repository, session.Id, new BlobWriterOptions(CompressionLevel.Default, options.Workers, options.IsDryRun), options.Time);
        if (!options.IsDryRun)
            blobs.Adopt(loaded.Unindexed);
        SnapshotList here = SnapshotList.Load(repository), there = SnapshotList.Load(copy);
        List<MendedSnapshot> mended = [];
        try
        {
            mended = new CopyFetch(repository, copy, there.Snapshots, cancel).Mend(here.Snapshots, blobs);
        }
        finally
        {
            if (!options.IsDryRun)
                blobs.Finish();
        }

        return new CopyFetchReport
        {
            Snapshots = [.. mended.OrderBy(one => one.Snapshot.Manifest.TimeNanoseconds)],
            Blobs = blobs.Counts.DataBlobs + blobs.Counts.MetaBlobs,
            Bytes = blobs.Counts.DataBytes + blobs.Counts.MetaBytes,
            Problems = here.Problems,
            CopyProblems = there.Problems,
        };
    }

    // Those that have a copy go first: what they get back is that of others too.
    private List<MendedSnapshot> Mend(IReadOnlyList<Snapshot> snapshots, BlobWriter blobs)
    {
        using CopyContents contents = new(_repository, _copy, blobs, LearnAll, _cancel);
        using TreeMender mender = new(_repository, _copy, blobs, contents, _cancel);
        Snapshot[] damaged = [.. snapshots.Where(snapshot => !mender.IsWhole(snapshot.Manifest.Root))];
        List<MendedSnapshot> mended = [];
        foreach (Snapshot snapshot in damaged.OrderBy(snapshot => _copies.FindCopy(snapshot) is null))
        {
            MendedSnapshot outcome = new(snapshot, _copies.FindCopy(snapshot) ?? FindNearest(snapshot), new MessageList(), new MessageList());
            mender.Mend(outcome);
            mended.Add(outcome);
        }

        return mended;
    }

    private Snapshot? FindNearest(Snapshot snapshot) => _there
        .Where(other => TargetSnapshots.IsOfSameSource(other, snapshot))
        .MinBy(other => Math.Abs(other.Manifest.TimeNanoseconds - snapshot.Manifest.TimeNanoseconds));

    private void LearnAll(KnownCopies known)
    {
        using ReferenceWalk walk = new(_copy, _repository, known, _cancel);
        foreach (Snapshot snapshot in SnapshotList.Load(_repository).Snapshots)
        {
            if (_copies.FindCopy(snapshot) is { } copy)
                walk.Learn(copy, snapshot);
        }
    }
}
