using Snapstore.Copying;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Repair;

/// <summary>Fetches lost and damaged packs back from a mirror, verified (spec/protocols/mirror.md).</summary>
internal sealed class PackFetch
{
    private readonly Repository _repository;
    private readonly IStorage _mirror;
    private readonly bool _isDryRun;
    private readonly CancellationToken _cancel;
    private readonly PackTransfer _transfer;
    private readonly HashSet<StorageKey> _condemned;

    /// <summary>Makes sure that it is a mirror of this repository.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public PackFetch(Repository repository, IStorage mirror, bool isDryRun, CheckProgress progress, CancellationToken cancel)
    {
        Mirror.RequireMirror(repository.Storage, mirror, mayBeEmpty: false);
        _repository = repository;
        _mirror = mirror;
        _isDryRun = isDryRun;
        _cancel = cancel;
        _transfer = new PackTransfer(mirror, repository.Storage, progress, cancel);
        _condemned = GarbageLog.List(repository).Condemned();
    }

    /// <summary>Fetches packs that the mirror has and the repository has lost: whatever a prune deleted, a verdict names.</summary>
    /// <returns>Those fetched.</returns>
    public IReadOnlyList<StorageKey> FetchLost()
    {
        // The mirror is listed first: what a writer adds to both meanwhile is then not taken for lost.
        List<StoredObject> copies = [.. _mirror.List(StorageKey.PacksPrefix).Where(pack => pack.Key.TryParsePack(out _, out _))];
        HashSet<StorageKey> present = [.. _repository.Storage.List(StorageKey.PacksPrefix).Select(pack => pack.Key)];

        // And verdicts last: what is gone by then is named by one that can be read.
        HashSet<StorageKey> condemned = GarbageLog.List(_repository).Condemned();
        List<StorageKey> fetched = [];
        foreach (StoredObject copy in copies.Where(copy => !present.Contains(copy.Key) && !condemned.Contains(copy.Key)))
        {
            if (TryStage(copy) is not { } pending)
                continue;
            using (pending)
            {
                if (!_isDryRun)
                    _ = pending.Publish(copy.Key);
            }

            fetched.Add(copy.Key);
        }

        return fetched;
    }

    /// <summary>Puts the mirror's bytes in the place of a damaged pack, which is kept in quarantine; false where the mirror has none that hash to its name.</summary>
    public bool TryReplace(StoredObject damaged)
    {
        if (_condemned.Contains(damaged.Key) || _mirror.SizeOf(damaged.Key) is not { } size || TryStage(new StoredObject(damaged.Key, size)) is not { } pending)
            return false;
        using (pending)
        {
            if (_isDryRun)
                return true;
            QuarantineCopy.Make(_repository.Storage, damaged, _cancel);
            return _repository.TryDelete(damaged.Key) && pending.Publish(damaged.Key);
        }
    }

    private IPendingObject? TryStage(StoredObject copy)
    {
        try
        {
            return _transfer.Stage(copy);
        }
        catch (SnapstoreException e) when (e is CorruptDataException or ObjectMissingException)
        {
            return null;
        }
    }
}
