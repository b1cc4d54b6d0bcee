using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Garbage;

/// <summary>Makes snapshots not count any more, and count again (spec/protocols/garbage.md, "Forget").</summary>
public static class Forgetter
{
    // Times that a session of `undelete` is begun again because a prune fenced it.
    private const int AttemptsMax = 3;

    /// <summary>Forgets a snapshot: from now on no list shows it, and the next prune may take its space. Its manifest stays till then.</summary>
    public static void Forget(Repository repository, SessionId snapshot, RecordOrigin origin)
    {
        repository.CheckWritable();

        // There already: somebody forgot it before, which is as good.
        _ = repository.Put(StorageKey.Retired(snapshot), SealKind.Retired, OriginRecord.Encode(origin), snapshot);
    }

    /// <summary>Brings a forgotten snapshot back under a new id, if all that it needs is still there: as a session of its own that
    /// looks every blob up, for what was condemned meanwhile cannot be relied on.</summary>
    /// <exception cref="CorruptDataException">Something of it was swept.</exception>
    public static Snapshot Undelete(Repository repository, Snapshot forgotten, RecordOrigin origin, CancellationToken cancel)
    {
        repository.CheckWritable();
        for (int attempt = 1; ; attempt++)
        {
            try
            {
                return TryUndelete(repository, forgotten, origin, cancel);
            }
            catch (SessionFencedException) when (attempt < AttemptsMax)
            {
            }
        }
    }

    private static Snapshot TryUndelete(Repository repository, Snapshot forgotten, RecordOrigin origin, CancellationToken cancel)
    {
        using OwnSession session = new(repository, origin);
        repository.LoadForSession();
        Require(repository, forgotten, cancel);
        session.Commit(forgotten.Manifest with { Tags = forgotten.Tags });
        return SnapshotList.Read(repository, session.Id);
    }

    private static void Require(Repository repository, Snapshot forgotten, CancellationToken cancel)
    {
        try
        {
            using LiveBlobs needed = new(repository) { RequiresAll = true };
            needed.Add(forgotten, cancel);
        }
        catch (Exception e) when (e is CorruptDataException or ObjectMissingException)
        {
            throw new CorruptDataException($"snapshot {forgotten.Id.ToShortString()} cannot be brought back: a prune has swept some of it, or is about to ({e.Message})", e);
        }
    }
}
