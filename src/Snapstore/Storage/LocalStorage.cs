using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>Objects as files of a directory (spec/storage.md). Every object is written under a temporary name, made
/// durable, published without overwriting, and its directory made durable: in this order, or not at all.</summary>
/// <remarks>Thread safe. Directories are 0700, files 0600, whatever the umask.</remarks>
public sealed class LocalStorage : IStorage
{
    private readonly LocalFolders _folders;
    private readonly TemporaryFiles _temporaries;
    private readonly OpenFileCache _files;

    private LocalStorage(string path, DirectoryHandle root)
    {
        Location = path;
        _folders = new LocalFolders(root);
        _temporaries = new TemporaryFiles(_folders);
        _files = new OpenFileCache(OpenFile);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <summary>Opens the directory, which must be there.</summary>
    /// <exception cref="RepositoryNotFoundException">It is not.</exception>
    /// <exception cref="StorageException">It cannot be opened.</exception>
    public static LocalStorage Open(string path)
    {
        try
        {
            return new LocalStorage(path, DirectoryHandle.Open(Encoding.UTF8.GetBytes(FullPath(path))));
        }
        catch (PosixException e) when (e.Error is Errno.NoEntry or Errno.NotDirectory)
        {
            throw new RepositoryNotFoundException($"there is no repository at {path}; make one with: snapstore --repo {path} init");
        }
        catch (PosixException e)
        {
            throw StorageFailure.Explain(path, e);
        }
    }

    /// <summary>Opens the directory, making it (and those above it) where it is missing; what is made is durable.</summary>
    /// <exception cref="StorageException">It cannot be made.</exception>
    public static LocalStorage Create(string path)
    {
        try
        {
            return new LocalStorage(path, LocalFolders.MakePath(FullPath(path)));
        }
        catch (PosixException e)
        {
            throw StorageFailure.Explain(path, e);
        }
    }

    /// <inheritdoc/>
    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        using IPendingObject pending = BeginObject();
        pending.Append(content);
        return pending.Publish(key);
    }

    /// <inheritdoc/>
    public IPendingObject BeginObject() => Guard(() =>
    {
        _folders.RefuseAfterFailedSync();
        return new LocalPendingObject(this, _folders, _temporaries);
    });

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        IStorage.RequirePossible(key, offset, destination.Length);
        try
        {
            using OpenFileCache.Lease lease = _files.Take(key);
            int done = 0;
            while (done < destination.Length)
            {
                int count = lease.File.Read(offset + done, destination[done..]);
                if (count == 0)
                    throw new CorruptDataException($"{key} is truncated: it ends {destination.Length - done} bytes early");
                done += count;
            }
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            throw new ObjectMissingException(key, Location);
        }
        catch (PosixException e)
        {
            throw StorageFailure.Explain($"{Location}/{key}", e);
        }
    }

    /// <inheritdoc/>
    public long? SizeOf(StorageKey key) => Guard(() =>
    {
        (string folder, string name) = Split(key);
        using DirectoryHandle? parent = _folders.TryEnter(folder);
        return parent?.StatIfThere(Encoding.UTF8.GetBytes(name)) is { Kind: FileKind.File } stat ? stat.Size : (long?)null;
    });

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix)
    {
        if (!StorageKey.IsPrefix(prefix))
            throw new ArgumentException("not a folder's name with its '/'", nameof(prefix));
        return Guard(() =>
        {
            List<StoredObject> found = [];
            using DirectoryHandle? start = _folders.TryEnter(prefix);
            if (start is not null)
                AddObjects(start, prefix, found);
            return found;
        });
    }

    /// <inheritdoc/>
    public void Delete(StorageKey key) => Guard(() =>
    {
        _folders.RefuseAfterFailedSync();
        (string folder, string name) = Split(key);
        using DirectoryHandle? parent = _folders.TryEnter(folder);
        bool isRemoved = parent is not null && TryRemove(parent, Encoding.UTF8.GetBytes(name));
        _files.Forget(key);
        // Also where nothing was there: whoever removed it may have been killed before it synced.
        if (parent is not null)
            _folders.Sync(parent);
        return isRemoved;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _folders.Dispose();
    }

    internal static (string Folder, string Name) Split(StorageKey key)
    {
        int slash = key.Name.LastIndexOf('/');
        return slash < 0 ? ("", key.Name) : (key.Name[..slash], key.Name[(slash + 1)..]);
    }

    internal T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (PosixException e)
        {
            throw StorageFailure.Explain(Location, e);
        }
    }

    // Without the slash at the end, so that the last part is a name.
    private static string FullPath(string path) =>
        path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)
            ? throw new UsageException("a repository's path is empty or holds a zero byte")
            : Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));

    private static bool TryRemove(DirectoryHandle folder, byte[] name)
    {
        try
        {
            folder.Remove(name, isDirectory: false);
            return true;
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return false;
        }
    }

    // Looked at before it is opened: opening a device or a pipe can do harm.
    private FileHandle OpenFile(StorageKey key)
    {
        (string folder, string name) = Split(key);
        byte[] nameBytes = Encoding.UTF8.GetBytes(name);
        using DirectoryHandle parent = _folders.Enter(folder);
        return parent.StatIfThere(nameBytes) is { Kind: FileKind.File }
            ? parent.OpenForReading(nameBytes)
            : throw new PosixException("open", nameBytes, Errno.NoEntry);
    }

    private static void AddObjects(DirectoryHandle folder, string prefix, List<StoredObject> found)
    {
        using DirectoryNames? names = TryReadNames(folder);
        for (int i = 0; i < (names?.Count ?? 0); i++)
        {
            string name = prefix + Encoding.UTF8.GetString(names![i]);
            // What vanishes while it is listed may be left out; any other failure must not look like an empty folder.
            if (StorageKey.TryParse(name) is not { } key || folder.StatIfThere(names[i]) is not { } stat)
                continue;
            if (stat.Kind == FileKind.File)
                found.Add(new StoredObject(key, stat.Size));
            else if (stat.Kind == FileKind.Directory)
                AddObjectsBelow(folder, names[i], name + "/", found);
        }
    }

    // The kernel's answer where the open folder was removed meanwhile, and nowhere else.
    private static DirectoryNames? TryReadNames(DirectoryHandle folder)
    {
        try
        {
            return folder.ReadNames();
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return null;
        }
    }

    private static void AddObjectsBelow(DirectoryHandle above, ReadOnlySpan<byte> name, string prefix, List<StoredObject> found)
    {
        DirectoryHandle folder;
        try
        {
            folder = above.OpenDirectory(name);
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return;
        }

        using (folder)
            AddObjects(folder, prefix, found);
    }
}
