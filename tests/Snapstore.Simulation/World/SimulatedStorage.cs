using Snapstore.Simulation.Faults;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>A storage as one program has it: the steps of spec/storage.md, each a point where others run and things go wrong.</summary>
/// <param name="world">Where it is.</param>
/// <param name="actor">Whose program; null for one that nothing disturbs.</param>
internal sealed class SimulatedStorage(SimulatedWorld world, Actor? actor) : IStorage
{
    // Deletions without effect are made good by a later prune: they show only where all are so.
    private readonly StorageFlaw _flaw = world.Bug is { } bug && (actor is not null || bug.Flaw == StorageFlaw.DeleteDoesNothing) ? bug.Flaw : StorageFlaw.None;
    private readonly Dictionary<string, List<StoredObject>> _staleListings = [];
    private bool _hasFailedSync;

    public string Location => "simulation";

    private SimulatedDisk Disk => world.Disk;

    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        using IPendingObject pending = BeginObject();
        pending.Append(content);
        return pending.Publish(key);
    }

    public IPendingObject BeginObject()
    {
        Step("create a temporary", "");
        FailWhereDue(isChange: true);
        return new Pending(this);
    }

    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        Step("read", key);
        FailWhereDue(isChange: false);
        byte[] content = Disk.Find(key)?.Content ?? throw new ObjectMissingException(key, Location);
        if (destination.IsEmpty)
            return;
        if (offset < 0 || content.Length - destination.Length < offset)
            throw new CorruptDataException($"{key} is truncated: it has {content.Length} bytes");
        content.AsSpan((int)offset, destination.Length).CopyTo(destination);
    }

    public long? SizeOf(StorageKey key)
    {
        Step("size of", key);
        FailWhereDue(isChange: false);
        return Disk.Find(key)?.Content.Length;
    }

    // Not one step: what comes or goes while it is listed is shown or not.
    public IEnumerable<StoredObject> List(string prefix)
    {
        Step("list", prefix);
        if (_flaw == StorageFlaw.ListErrorIsEmpty && world.Strikes(Fault.Error))
            return [];
        FailWhereDue(isChange: false);
        List<StoredObject> before = Disk.List(prefix);
        Step("list the rest of", prefix);
        List<StoredObject> after = Disk.List(prefix);
        List<StoredObject> shown = [.. before.Where(found => after.Contains(found) || IsShown()), .. after.Where(found => !before.Contains(found) && IsShown())];
        return Flawed(prefix, shown);
    }

    public void Delete(StorageKey key)
    {
        Step("unlink", key);
        FailWhereDue(isChange: true);
        world.Model.CheckDelete(actor, key);
        int epoch = Disk.Epoch;
        if (_flaw != StorageFlaw.DeleteDoesNothing || !key.Name.StartsWith(StorageKey.PacksPrefix, StringComparison.Ordinal))
            Disk.Unlink(key);
        Step("sync the folder of removed", key);
        FailAfterPowerLoss(epoch);
        if (_flaw != StorageFlaw.DeleteWithoutSync)
            SyncFolder(key);
        world.Model.Deleted(key);
        LoseReplyWhereDue();
    }

    public void Dispose()
    {
    }

    private bool IsShown() => actor is not null && actor.Random.Chance(0.5);

    private void Step(string what, StorageKey key) => world.Step(actor, what, key.Name);

    private void Step(string what, string prefix) => world.Step(actor, what, prefix);

    private List<StoredObject> Flawed(string prefix, List<StoredObject> shown)
    {
        if (_flaw == StorageFlaw.StaleListing)
            return _staleListings.TryGetValue(prefix, out List<StoredObject>? first) ? first : _staleListings[prefix] = shown;
        if (_flaw == StorageFlaw.ListStopsEarly && shown.Count > 4)
            shown.RemoveRange(shown.Count - 1, 1);
        return shown;
    }

    private void FailWhereDue(bool isChange)
    {
        if (isChange && _hasFailedSync)
            throw new StorageException("a sync failed before: nothing is written until the storage is opened again");
        if (actor is not null && world.Strikes(Fault.Error))
            throw new StorageException("input/output error");
    }

    private void LoseReplyWhereDue()
    {
        if (actor is not null && world.Strikes(Fault.LostReply))
            throw new StorageException("the answer was lost");
    }

    private void SyncFolder(StorageKey key)
    {
        if (actor is not null && world.Strikes(Fault.Error))
        {
            _hasFailedSync = true;
            throw new StorageException("input/output error while syncing a folder");
        }

        Disk.SyncFolder(key);
    }

    private bool Publish(StorageKey key, byte[] content, int epoch)
    {
        Step("write", key);
        FailWhereDue(isChange: true);
        content = WrittenOf(content);
        DiskFile file = new(content);
        Step("sync the temporary of", key);
        FailWhereDue(isChange: true);
        file.IsSynced = _flaw != StorageFlaw.NoFileSync;
        Step("link", key);
        FailWhereDue(isChange: true);
        FailAfterPowerLoss(epoch);
        bool isOurs = TryLink(key, file);
        Step(isOurs ? "sync the folder of" : "taken; sync the folder of", key);
        FailAfterPowerLoss(epoch);
        if (_flaw != StorageFlaw.NoFolderSync)
            SyncFolder(key);
        world.Model.Stored(key);
        LoseReplyWhereDue();
        return isOurs || _flaw == StorageFlaw.TakenNameIsSuccess;
    }

    private bool TryLink(StorageKey key, DiskFile file)
    {
        if (_flaw != StorageFlaw.PublishOverwrites)
            return Disk.TryLink(key, file);
        Disk.Overwrite(key, file);
        return true;
    }

    private byte[] WrittenOf(byte[] content)
    {
        if (actor is null || !world.Strikes(Fault.NoSpace))
            return content;
        return _flaw == StorageFlaw.NoSpaceIsSwallowed ? content[..(content.Length / 2)] : throw new StorageException("no space left on the device");
    }

    // A server that comes up again knows nothing of files that were open.
    private void FailAfterPowerLoss(int epoch)
    {
        if (epoch != Disk.Epoch)
            throw new StorageException("the storage was started again");
    }

    private sealed class Pending(SimulatedStorage storage) : IPendingObject
    {
        private readonly MemoryStream _bytes = new();
        private readonly int _epoch = storage.Disk.Epoch;
        private bool _isEnded;

        public void Append(ReadOnlySpan<byte> bytes)
        {
            ObjectDisposedException.ThrowIf(_isEnded, this);
            _bytes.Write(bytes);
        }

        public bool Publish(StorageKey key)
        {
            ObjectDisposedException.ThrowIf(_isEnded, this);
            _isEnded = true;
            return storage.Publish(key, _bytes.ToArray(), _epoch);
        }

        public void Dispose() => _isEnded = true;
    }
}
