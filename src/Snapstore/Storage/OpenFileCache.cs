using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>The last few files read, kept open: restores read many ranges of the same packs. Thread safe.</summary>
internal sealed class OpenFileCache(Func<StorageKey, FileHandle> open) : IDisposable
{
    private const int OpenMax = 64;

    private readonly Lock _lock = new();
    private readonly Dictionary<StorageKey, LinkedListNode<Kept>> _byKey = [];
    private readonly LinkedList<Kept> _recent = new();
    private long _forgotten;
    private bool _isDisposed;

    /// <summary>The file, open until the lease is given back.</summary>
    public Lease Take(StorageKey key)
    {
        long forgotten;
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            forgotten = _forgotten;
            if (_byKey.TryGetValue(key, out LinkedListNode<Kept>? node))
            {
                _recent.Remove(node);
                _recent.AddFirst(node);
                node.Value.Users++;
                return new Lease(this, node.Value);
            }
        }

        return Keep(key, open(key), forgotten);
    }

    /// <summary>Closes the file as soon as nobody reads it. To be called when it is removed, not before.</summary>
    public void Forget(StorageKey key)
    {
        lock (_lock)
        {
            _forgotten++;
            if (_byKey.Remove(key, out LinkedListNode<Kept>? node))
                Drop(node);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            while (_recent.First is { } node)
                Drop(node);
            _byKey.Clear();
        }
    }

    private Lease Keep(StorageKey key, FileHandle file, long forgotten)
    {
        lock (_lock)
        {
            // Meanwhile another thread may have opened it too, or removed it: then it is read through and closed.
            bool isForOnce = _isDisposed || forgotten != _forgotten || _byKey.ContainsKey(key);
            Kept kept = new(key, file) { Users = 1, IsDropped = isForOnce };
            if (!kept.IsDropped)
                _byKey[key] = _recent.AddFirst(kept);
            while (_recent.Count > OpenMax)
            {
                LinkedListNode<Kept> oldest = _recent.Last!;
                _byKey.Remove(oldest.Value.Key);
                Drop(oldest);
            }

            return new Lease(this, kept);
        }
    }

    private void Drop(LinkedListNode<Kept> node)
    {
        _recent.Remove(node);
        node.Value.IsDropped = true;
        if (node.Value.Users == 0)
            node.Value.File.Dispose();
    }

    private void Return(Kept kept)
    {
        lock (_lock)
        {
            if (--kept.Users == 0 && kept.IsDropped)
                kept.File.Dispose();
        }
    }

    /// <summary>A file being read.</summary>
    internal readonly ref struct Lease(OpenFileCache owner, Kept kept)
    {
        public FileHandle File => kept.File;

        public void Dispose() => owner.Return(kept);
    }

    internal sealed class Kept(StorageKey key, FileHandle file)
    {
        public StorageKey Key { get; } = key;

        public FileHandle File { get; } = file;

        public int Users { get; set; }

        public bool IsDropped { get; set; }
    }
}
