using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>Copies snapshots into another repository, whatever its keys (spec/protocols/copy.md). For one thread.</summary>
public sealed class SnapshotCopier : IDisposable
{
    // Times that a session of the target is begun again because a prune fenced it.
    private const int AttemptsMax = 3;

    private readonly Repository _source;
    private readonly Repository _target;
    private readonly CopyOptions _options;
    private readonly RunProgress _progress;
    private readonly CancellationToken _cancel;
    private readonly KnownCopies _known;
    private readonly TargetSnapshots _present;
    private readonly BlobWriter? _dryRun;
    private CopySession? _begun;
    private int _generation = -1;

    /// <summary>A copier from one repository into another; owns neither.</summary>
    /// <exception cref="UsageException">Both are the same repository.</exception>
    /// <exception cref="UnsupportedException">This program may not write to the target.</exception>
    public SnapshotCopier(Repository source, Repository target, CopyOptions options, RunProgress progress, CancellationToken cancel)
    {
        if (source.Id == target.Id)
            throw new UsageException($"{target.Storage.Location} is the same repository, or a mirror of it: snapshots are copied into another one");
        target.CheckWritable();
        _source = source;
        _target = target;
        _options = options;
        _progress = progress;
        _cancel = cancel;
        _present = new TargetSnapshots(source, target);
        _known = new KnownCopies(source.Keys.SharesIdsWith(target.Keys));
        if (options.IsDryRun)
        {
            target.LoadForSession();
            _dryRun = NewWriter(SessionId.NewRandom());
        }
    }

    /// <summary>True where ids are the same in both repositories, so that what is there is not read.</summary>
    public bool SharesIds => _known.SharesIds;

    /// <summary>Manifests of the target that could not be read: of what they are copies is not known.</summary>
    public IReadOnlyList<string> Problems => _present.Problems;

    /// <summary>Copies a snapshot, unless it is there. Snapshots go in the order of their times, so that parents come first.</summary>
    /// <exception cref="StorageException">One of the storages failed; what was stored is used by the next run.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; likewise.</exception>
    public CopiedSnapshot Copy(Snapshot snapshot)
    {
        if (_present.FindCopy(snapshot) is { } there)
            return new CopiedSnapshot(snapshot, CopyOutcome.Present, there, default);
        if (_dryRun is not null)
            return Plan(snapshot, _dryRun);
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return CopyInSession(snapshot);
            }
            catch (SessionFencedException) when (attempt < AttemptsMax)
            {
                _generation = -1;
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _begun?.Dispose();
        _dryRun?.Dispose();
        _known.Dispose();
    }

    /// <summary>Begins the session of the next copy, so that what a snapshot stores can be put while it is being taken. Does nothing
    /// where it has begun.</summary>
    /// <param name="parent">What the snapshot is compared with; null for nothing.</param>
    internal void Begin(Snapshot? parent)
    {
        _begun ??= BeginSession();
        if (parent is not null && _present.FindReferenceOfChild(parent) is var (reference, copy))
            Learn(reference, copy);
    }

    /// <summary>Puts a data blob of the snapshot that is being taken, where the target lacks it. What is not put is read from the
    /// source when the snapshot is copied.</summary>
    internal void Put(in BlobId id, ReadOnlySpan<byte> plain, DeltaFrame? delta)
    {
        BlobWriter blobs = _begun!.Blobs;
        BlobId there = _target.Keys.DataId(plain);
        if (!blobs.Has(there))
        {
            BlobKey? prefix = delta is null ? null : _known.FindBase(delta.Base);
            if (delta is not null && prefix is null)
                return;
            bool isDelta = prefix is { } found && _target.Index.ContainsPlain(found);
            _ = blobs.PutData(there, plain, isDelta ? new DeltaFrame(prefix!.Value, delta!.Frame) : null);
        }

        _known.AddData(id, there);
    }

    /// <summary>Gives up what has begun; what was put stays for the next copy.</summary>
    internal void GiveUp()
    {
        using CopySession? session = _begun;
        _begun = null;
        session?.Blobs.Finish();
    }

    private CopySession BeginSession()
    {
        CopySession session = new(_target, _options);
        if (session.Generation != _generation)
            ForgetWhole();
        _generation = session.Generation;
        return session;
    }

    private CopiedSnapshot CopyInSession(Snapshot snapshot)
    {
        using CopySession session = _begun ?? BeginSession();
        _begun = null;
        BlobWriter blobs = session.Blobs;
        using BlobIdSet used = new();
        BlobId? root = CopyTree(snapshot, blobs, used, out string problem);
        blobs.Finish();
        _cancel.ThrowIfCancellationRequested();
        if (root is { } copied && _options.Verifies)
            problem = FindDifference(snapshot, copied, used);
        if (root is null || problem.Length > 0)
            return new CopiedSnapshot(snapshot, CopyOutcome.Failed, null, blobs.Counts, problem);
        session.Commit(Describe(snapshot, root.Value, blobs.Counts));
        Snapshot copy = SnapshotList.Read(_target, session.Id);
        _present.Add(snapshot, copy);
        return new CopiedSnapshot(snapshot, CopyOutcome.Copied, copy, blobs.Counts);
    }

    private CopiedSnapshot Plan(Snapshot snapshot, BlobWriter blobs)
    {
        StoredCounts before = blobs.Counts;
        using BlobIdSet used = new();
        BlobId? root = CopyTree(snapshot, blobs, used, out string problem);
        _cancel.ThrowIfCancellationRequested();
        StoredCounts after = blobs.Counts;
        StoredCounts stored = new(
            after.DataBlobs - before.DataBlobs, after.DataBytes - before.DataBytes, after.MetaBlobs - before.MetaBlobs, after.MetaBytes - before.MetaBytes, 0,
            after.DeltaBlobs - before.DeltaBlobs, after.DeltaBytes - before.DeltaBytes);
        return new CopiedSnapshot(snapshot, root is null ? CopyOutcome.Failed : CopyOutcome.Planned, null, stored, problem);
    }

    // Null, and why, where the source lacks something, and where the run was cancelled: what was put till then is worth keeping.
    private BlobId? CopyTree(Snapshot snapshot, BlobWriter blobs, BlobIdSet used, out string problem)
    {
        problem = "";
        using TreeCopier trees = new(_source, _target, _known, blobs, _progress, _cancel, _options.CachedBytesMax)
        {
            OnUsed = _options.Verifies ? id => used.Add(id) : null,
        };
        try
        {
            if (_present.FindReference(snapshot) is var (reference, copy))
                Learn(reference, copy);
            return trees.Copy(snapshot.Manifest.Root);
        }
        catch (OperationCanceledException) when (_cancel.IsCancellationRequested)
        {
            return null;
        }
        catch (SnapstoreException e) when (e is CorruptDataException or ObjectMissingException or UnsupportedException)
        {
            problem = SessionRegister.HasRetirement(_source.Storage, snapshot.Id) ? "it was forgotten meanwhile, and a prune took it" : e.Message;
            return null;
        }
    }

    private void Learn(Snapshot reference, Snapshot copy)
    {
        using ReferenceWalk walk = new(_source, _target, _known, _cancel, _options.CachedBytesMax);
        walk.Learn(reference, copy);
    }

    private string FindDifference(Snapshot snapshot, in BlobId root, BlobIdSet used)
    {
        try
        {
            _target.Reload();
            using CopyVerification verification = new(_source, _target, used, _cancel);
            verification.Require(snapshot.Manifest.Root, root);
            return "";
        }
        catch (SnapstoreException e) when (e is CorruptDataException or ObjectMissingException or UnsupportedException)
        {
            // What was written may be the damage: nothing that refers to it may be taken for whole.
            ForgetWhole();
            return e.Message;
        }
    }

    // All it says of the source is what the original says.
    private Manifest Describe(Snapshot snapshot, in BlobId root, StoredCounts stored)
    {
        Snapshot? parent = _present.FindParent(snapshot);
        return snapshot.Manifest with
        {
            Root = root,
            Tags = snapshot.Tags,
            Origin = TargetSnapshots.OriginOf(_source, snapshot),
            Parent = parent?.Id,
            ParentHash = parent?.Hash,
            Sequence = (parent?.Manifest.Sequence ?? 0) + 1,
            Counts = snapshot.Manifest.Counts with
            {
                DataBlobsNew = stored.DataBlobs,
                DataBytesNew = stored.DataBytes,
                DeltaBlobsNew = stored.DeltaBlobs,
                DeltaBytesNew = stored.DeltaBytes,
                MetaBlobsNew = stored.MetaBlobs,
                MetaBytesNew = stored.MetaBytes,
                BytesStored = stored.StoredBytes,
            },
        };
    }

    private void ForgetWhole()
    {
        _known.ForgetWhole();
        _present.ForgetLearned();
    }

    private BlobWriter NewWriter(SessionId session) =>
        new(_target, session, new BlobWriterOptions(_options.Compression, _options.Workers, _options.IsDryRun), _options.Time);
}
