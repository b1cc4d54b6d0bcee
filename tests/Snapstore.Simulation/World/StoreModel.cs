using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>What must be true of the disk at every moment: every snapshot that counts has all its blobs in packs that are there; what
/// was acknowledged is there until somebody forgets it; what is deleted may be deleted.</summary>
internal sealed class StoreModel(SimulatedWorld world) : IDiskWatcher, IDisposable
{
    private readonly Dictionary<SessionId, HashSet<BlobKey>> _closures = [];
    private readonly Dictionary<BlobKey, int> _needs = [];
    private readonly HashSet<SessionId> _committed = [], _retired = [], _valid = [], _seenEnded = [];
    private readonly HashSet<StorageKey> _sweepable = [], _durable = [], _deleted = [];
    private readonly Dictionary<SessionId, Actor?> _sessionOwners = [];
    private PackPlaces? _packs;
    private Repository? _reader;
    private bool _isPaused;

    /// <summary>What each snapshot shows.</summary>
    public Dictionary<SessionId, SnapshotContent> Contents { get; } = [];

    /// <summary>Snapshots that their writers were told of.</summary>
    public HashSet<SessionId> Acknowledged { get; } = [];

    /// <summary>Snapshots that somebody set out to forget.</summary>
    public HashSet<SessionId> Forgotten { get; } = [];

    /// <summary>Snapshots that count.</summary>
    public IReadOnlyCollection<SessionId> Valid => _valid;

    /// <summary>True once a bit has flipped: then what is read is right or refused, and no more is promised.</summary>
    public bool HasFlips { get; private set; }

    /// <summary>The packs.</summary>
    public PackPlaces Packs => _packs ?? throw new InvalidOperationException("nothing is watched yet");

    /// <summary>From now on the disk is watched; what is on it is taken in.</summary>
    public void Watch(Repository repository)
    {
        _reader = repository;
        _packs = new PackPlaces(repository);
        foreach ((StorageKey key, DiskFile file) in world.Disk.Files)
            Linked(key, file);
    }

    /// <inheritdoc/>
    public void Linked(StorageKey key, DiskFile file)
    {
        if (_packs is null)
            return;
        if (_isPaused && _deleted.Contains(key))
            world.Fail($"{Trace.Of(key.Name)} is back although its deletion was acknowledged");
        _deleted.Remove(key);
        if (key.TryParsePack(out _, out _))
            _packs.Add(key, file.Content.Length);
        else if (key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id))
            TakeRegister(id, key, file);
        else if (key.TryParseId(StorageKey.RetiredPrefix, out id))
            Retire(id);
        else if (key.TryParseId(StorageKey.SessionsPrefix, out id))
            _sessionOwners[id] = world.Running;
        else if (key.TryParseGarbage(out int generation) && key == StorageKey.GarbageVerdict(generation))
            TakeVerdict(key, generation, file);
    }

    /// <inheritdoc/>
    public void Unlinked(StorageKey key)
    {
        if (_packs is null)
            return;
        if (_isPaused && _durable.Contains(key))
            world.Fail($"{Trace.Of(key.Name)} is lost although it was acknowledged");
        if (key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id))
            Revoke(id, _committed);
        else if (key.TryParseId(StorageKey.RetiredPrefix, out id) && _retired.Remove(id) && _committed.Contains(id))
            MakeValid(id);
        if (!key.TryParsePack(out _, out _))
            return;
        foreach (BlobKey blob in _packs.Remove(key))
        {
            if (!_isPaused && !_packs.Has(blob) && _needs.GetValueOrDefault(blob) > 0)
                world.Fail($"the last pack with blob {blob.ToString()[..8]}, which a snapshot needs, is gone: {Trace.Of(key.Name)}");
        }
    }

    /// <inheritdoc/>
    public void Replaced(StorageKey key) => world.Fail($"{Trace.Of(key.Name)}, written once, is replaced");

    /// <summary>An object was acknowledged as durable.</summary>
    public void Stored(StorageKey key)
    {
        if (world.Disk.Find(key) is not null)
            _durable.Add(key);
    }

    /// <summary>A deletion was acknowledged as durable.</summary>
    public void Deleted(StorageKey key)
    {
        if (world.Disk.Find(key) is null)
            _deleted.Add(key);
    }

    /// <summary>Says that an object may be deleted.</summary>
    public void CheckDelete(Actor? actor, StorageKey key)
    {
        _durable.Remove(key);
        if (world.Disk.Find(key) is null)
            return;
        bool isAllowed = key switch
        {
            _ when key.TryParsePack(out _, out _) => _sweepable.Contains(key),
            _ when key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) => _retired.Contains(id),
            _ when key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId id, out _) => _retired.Contains(id),
            _ when key.TryParseId(StorageKey.SessionsPrefix, out SessionId id) => HasEnded(id) || (actor is not null && _sessionOwners.GetValueOrDefault(id) == actor),
            _ when key.TryParseId(StorageKey.KeysPrefix, out _) => actor?.Operation?.Kind == OperationKind.Key,
            _ => key.Name.StartsWith(StorageKey.IndexPrefix, StringComparison.Ordinal)
                || (key.Name.StartsWith(StorageKey.GarbagePrefix, StringComparison.Ordinal) && !key.TryParseGarbage(out _)),
        };
        if (!isAllowed)
            world.Fail($"{Trace.Of(key.Name)} is deleted although it may not be");
    }

    /// <summary>A writer was told that its snapshot exists.</summary>
    public void Acknowledge(SessionId id)
    {
        Acknowledged.Add(id);
        CheckAcknowledged(id);
    }

    /// <summary>Names come and go out of order for a while.</summary>
    public void Pause() => _isPaused = true;

    /// <summary>Looks at everything again.</summary>
    public void Resume()
    {
        _isPaused = false;
        foreach (SessionId id in _valid)
            CheckClosure(id);
        foreach (SessionId id in Acknowledged)
            CheckAcknowledged(id);
    }

    /// <summary>Flips a bit of some object that is whole: a second flip could undo the first.</summary>
    public void FlipBit(SeededRandom random)
    {
        List<KeyValuePair<StorageKey, DiskFile>> candidates = [.. world.Disk.Files.Where(file => IsFlippable(file.Key) && !file.Value.IsFlipped)];
        if (candidates.Count == 0)
            return;
        (StorageKey key, DiskFile file) = candidates[random.Below(candidates.Count)];
        file.Content = [.. file.Content];
        file.Content[random.Below(file.Content.Length)] ^= (byte)(1 << random.Below(8));
        file.IsFlipped = true;
        HasFlips = true;
        world.Trace(() => $"a bit of {Trace.Of(key.Name)} flips");
    }

    /// <inheritdoc/>
    public void Dispose() => _packs?.Dispose();

    /// <summary>The repository, read without disturbance.</summary>
    public Repository Reader => _reader ?? throw new InvalidOperationException("nothing is watched yet");

    private static bool IsFlippable(StorageKey key) =>
        key.TryParsePack(out _, out _) || key.Name.StartsWith(StorageKey.SnapshotsPrefix, StringComparison.Ordinal)
        || key.Name.StartsWith(StorageKey.IndexPrefix, StringComparison.Ordinal) || key.Name.StartsWith(StorageKey.SessionsPrefix, StringComparison.Ordinal);

    // A prune may have seen a register that was linked, not yet synced, and then lost with the power: its writer's call failed
    // with the power, so that session never commits.
    private bool HasEnded(SessionId id) =>
        _retired.Contains(id) || _seenEnded.Contains(id) || world.Disk.Find(StorageKey.Snapshot(id)) is not null;

    private void TakeRegister(SessionId id, StorageKey key, DiskFile file)
    {
        _seenEnded.Add(id);
        if (SessionRegister.IsFence(file.Content))
            return;
        if (world.Running?.Content is { } content)
            Contents.TryAdd(id, content);

        // A fence that was tidied away leaves its name to a session that wakes up late; retired, it never counts.
        if (_retired.Contains(id) || (!_closures.ContainsKey(id) && !TryFindClosure(id, key)))
            return;
        _committed.Add(id);
        MakeValid(id);
    }

    private bool TryFindClosure(SessionId id, StorageKey key)
    {
        try
        {
            Manifest manifest = Manifest.Decode(Reader.Open(key, SealKind.Manifest, id));
            _closures[id] = Packs.Closure(manifest.Root);
            return true;
        }
        catch (CorruptDataException) when (HasFlips)
        {
            // What it needs is not known, and nothing of it is promised.
            _closures[id] = [];
            return true;
        }
        catch (CorruptDataException e)
        {
            world.Fail($"{Trace.Of(key.Name)} cannot be read in full the moment it is there: {e.Message}");
            return false;
        }
    }

    private void MakeValid(SessionId id)
    {
        if (!_valid.Add(id) || !_closures.TryGetValue(id, out HashSet<BlobKey>? closure))
            return;
        foreach (BlobKey blob in closure)
            _needs[blob] = _needs.GetValueOrDefault(blob) + 1;
        if (!_isPaused)
            CheckClosure(id);
    }

    private void Retire(SessionId id)
    {
        _retired.Add(id);
        Revoke(id, []);
    }

    private void Revoke(SessionId id, HashSet<SessionId> from)
    {
        from.Remove(id);
        if (!_valid.Remove(id))
            return;
        foreach (BlobKey blob in _closures[id])
            _needs[blob]--;
        if (!_isPaused)
            CheckAcknowledged(id);
    }

    private void TakeVerdict(StorageKey key, int generation, DiskFile file)
    {
        try
        {
            byte[] record = Reader.Open(key, SealKind.GarbageVerdict, default, generation);
            foreach (PackName pack in PackListRecord.Decode(record, key.Name).Packs)
                _sweepable.Add(StorageKey.Pack(pack.Session, pack.Hash));
        }
        catch (CorruptDataException) when (file.IsFlipped || world.Bug is not null)
        {
        }
    }

    private void CheckClosure(SessionId id)
    {
        foreach (BlobKey blob in _closures[id])
        {
            if (!Packs.Has(blob))
                world.Fail($"snapshot {id.ToShortString()} counts and lacks blob {blob.ToString()[..8]}");
        }
    }

    private void CheckAcknowledged(SessionId id)
    {
        if (Acknowledged.Contains(id) && !_valid.Contains(id) && !Forgotten.Contains(id))
            world.Fail($"snapshot {id.ToShortString()} was acknowledged, nobody forgot it, and it does not count");
    }
}
