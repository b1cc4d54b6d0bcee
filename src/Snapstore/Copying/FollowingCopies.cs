using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>What became of a snapshot in another repository that it was to be written to as well.</summary>
/// <param name="Copied">Its copy; null where there is none.</param>
/// <param name="Problem">Why there is none; "" else.</param>
public sealed record FollowedCopy(CopiedSnapshot? Copied, string Problem);

/// <summary>Copies of one snapshot into several repositories, made while it is taken: its source is read once, each new blob is put
/// everywhere while it is at hand, and each copy fails alone (spec/protocols/copy.md, "While a snapshot is taken").</summary>
/// <remarks>Hooked into the run that takes the snapshot by <c>BackupOptions.OnBegin</c> and <c>OnNewData</c>. For one thread.</remarks>
public sealed class FollowingCopies : IDisposable
{
    private readonly Repository _source;
    private readonly FollowingCopy[] _copies;

    /// <summary>Copies into these repositories, of which it owns none.</summary>
    /// <param name="source">Where the snapshot is taken.</param>
    /// <param name="targets">The others.</param>
    /// <param name="options">How copies are made.</param>
    /// <param name="waits">True holds the snapshot up where a target cannot keep up, for reading from the source again is worse; false
    /// leaves blobs out, which are then read from the source.</param>
    /// <param name="progress">Where the copies stand.</param>
    /// <param name="cancel">Stops them.</param>
    /// <exception cref="UsageException">Two of all are the same repository.</exception>
    public FollowingCopies(
        Repository source, IReadOnlyList<Repository> targets, CopyOptions options, bool waits, RunProgress progress, CancellationToken cancel)
    {
        _source = source;
        for (int i = 0; i < targets.Count; i++)
        {
            if (targets[i].Id == source.Id || targets.Take(i).Any(other => other.Id == targets[i].Id))
                throw new UsageException($"{targets[i].Storage.Location} is the same repository as another one that is named, or a mirror of it: a snapshot is written to each once");
        }

        _copies = [.. targets.Select(target => new FollowingCopy(source, target, options, waits, progress, cancel))];
    }

    /// <summary>A session begins that will take the snapshot; its view of the index stays until the snapshot is there.</summary>
    /// <param name="parent">What it is compared with; null for nothing.</param>
    public void Begin(Snapshot? parent)
    {
        foreach (FollowingCopy copy in _copies)
            copy.Begin(parent);
        foreach (FollowingCopy copy in _copies)
            copy.WaitUntilIdle();
    }

    /// <summary>A blob that the snapshot stores.</summary>
    public void Put(in BlobId id, ReadOnlySpan<byte> plain, DeltaFrame? delta)
    {
        foreach (FollowingCopy copy in _copies)
            copy.Put(id, plain, delta);
    }

    /// <summary>Copies the snapshot, which is there, into all that have not failed; what became of each, in the order they were given.</summary>
    public IReadOnlyList<FollowedCopy> Finish(SessionId id)
    {
        if (_copies.All(copy => copy.Problem.Length > 0))
            return Outcomes();

        // The index that is replaced is the one that a target may be learning from.
        foreach (FollowingCopy copy in _copies)
            copy.WaitUntilIdle();
        try
        {
            _source.Reload();
            Snapshot snapshot = SnapshotList.Read(_source, id);
            foreach (FollowingCopy copy in _copies)
                copy.Finish(snapshot);
            foreach (FollowingCopy copy in _copies)
                copy.WaitUntilIdle();
            return Outcomes();
        }
        catch (SnapstoreException e)
        {
            return [.. _copies.Select(copy => new FollowedCopy(null, copy.Problem.Length > 0 ? copy.Problem : e.Message))];
        }
    }

    /// <summary>Ends what has not ended; what was stored without a snapshot stays for the next copy.</summary>
    public void Dispose()
    {
        foreach (FollowingCopy copy in _copies)
            copy.Dispose();
    }

    private FollowedCopy[] Outcomes() => [.. _copies.Select(copy => new FollowedCopy(copy.Problem.Length > 0 ? null : copy.Copied, copy.Problem))];
}
