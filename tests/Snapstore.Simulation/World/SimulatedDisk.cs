using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>The bytes of one object, and whether they would survive a loss of power.</summary>
internal sealed class DiskFile(byte[] content)
{
    /// <summary>The bytes.</summary>
    public byte[] Content { get; set; } = content;

    /// <summary>True once the file was synced.</summary>
    public bool IsSynced { get; set; }

    /// <summary>True where a bit of it has flipped.</summary>
    public bool IsFlipped { get; set; }
}

/// <summary>Whoever watches what becomes of names.</summary>
internal interface IDiskWatcher
{
    /// <summary>An object is there.</summary>
    void Linked(StorageKey key, DiskFile file);

    /// <summary>An object is gone.</summary>
    void Unlinked(StorageKey key);

    /// <summary>An object is about to be replaced by another of its name.</summary>
    void Replaced(StorageKey key);
}

/// <summary>The disk of a storage: what programs see, and what of it would survive a loss of power.</summary>
/// <remarks>Names are made and removed in folders; until a folder is synced, a loss of power may undo it. In order, as the journals of
/// ext4 and XFS keep it: what was done later is never kept without what was done before, and a sync keeps all before it.</remarks>
internal sealed class SimulatedDisk(IDiskWatcher watcher)
{
    private readonly Dictionary<StorageKey, DiskFile> _files = [];
    private readonly List<NameChange> _unsynced = [];

    /// <summary>Counts losses of power: calls under way before one do not go on after it.</summary>
    public int Epoch { get; private set; }

    /// <summary>True where each folder's names are kept or lost on their own, whatever came before or after.</summary>
    public bool IsUnordered { get; init; }

    /// <summary>All objects, oldest name first.</summary>
    public IReadOnlyDictionary<StorageKey, DiskFile> Files => _files;

    /// <summary>The object; null where there is none.</summary>
    public DiskFile? Find(StorageKey key) => _files.GetValueOrDefault(key);

    /// <summary>What is listed below a prefix.</summary>
    public List<StoredObject> List(string prefix)
    {
        List<StoredObject> found = [];
        foreach ((StorageKey key, DiskFile file) in _files)
        {
            if (key.Name.StartsWith(prefix, StringComparison.Ordinal))
                found.Add(new StoredObject(key, file.Content.Length));
        }

        return found;
    }

    /// <summary>Gives a file a name; false where the name is taken.</summary>
    public bool TryLink(StorageKey key, DiskFile file)
    {
        if (!_files.TryAdd(key, file))
            return false;
        _unsynced.Add(new NameChange(key, IsLink: true, file));
        watcher.Linked(key, file);
        return true;
    }

    /// <summary>Gives a file a name, whoever has it.</summary>
    public void Overwrite(StorageKey key, DiskFile file)
    {
        if (_files.ContainsKey(key))
            watcher.Replaced(key);
        Unlink(key);
        TryLink(key, file);
    }

    /// <summary>Takes a name away.</summary>
    public void Unlink(StorageKey key)
    {
        if (!_files.Remove(key, out DiskFile? file))
            return;
        _unsynced.Add(new NameChange(key, IsLink: false, file));
        watcher.Unlinked(key);
    }

    /// <summary>Makes the names of the key's folder durable.</summary>
    public void SyncFolder(StorageKey key)
    {
        if (IsUnordered)
            _unsynced.RemoveAll(change => IsSameFolder(change.Key, key));
        else
            _unsynced.RemoveRange(0, _unsynced.FindLastIndex(change => IsSameFolder(change.Key, key)) + 1);
    }

    /// <summary>Power is lost: what was not synced is kept or not.</summary>
    public void LosePower(SeededRandom random)
    {
        Epoch++;
        int kept = random.Below(_unsynced.Count + 1);
        for (int i = _unsynced.Count - 1; i >= 0; i--)
        {
            if (IsUnordered ? random.Chance(0.5) : i >= kept)
                Undo(_unsynced[i]);
        }

        _unsynced.Clear();
        foreach ((StorageKey key, DiskFile file) in _files.Where(found => !found.Value.IsSynced).ToList())
        {
            watcher.Unlinked(key);
            Tear(file, random);
            file.IsSynced = true;
            watcher.Linked(key, file);
        }
    }

    private void Undo(NameChange change)
    {
        if (change.IsLink && _files.Remove(change.Key))
            watcher.Unlinked(change.Key);
        else if (!change.IsLink && _files.TryAdd(change.Key, change.File))
            watcher.Linked(change.Key, change.File);
    }

    // Too short, or as long as it should be and zeros from somewhere on.
    private static void Tear(DiskFile file, SeededRandom random)
    {
        byte[] torn = [.. file.Content];
        int whole = random.Below(torn.Length);
        torn.AsSpan(whole).Clear();
        file.Content = random.Chance(0.5) ? torn : torn[..whole];
    }

    private static bool IsSameFolder(StorageKey a, StorageKey b) => Folder(a).SequenceEqual(Folder(b));

    private static ReadOnlySpan<char> Folder(StorageKey key) => key.Name.AsSpan(0, Math.Max(0, key.Name.IndexOf('/', StringComparison.Ordinal)));

    private sealed record NameChange(StorageKey Key, bool IsLink, DiskFile File);
}
