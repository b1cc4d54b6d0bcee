using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>Objects as files of a directory (spec/storage.md). Every object is written under a temporary name, made
/// durable, published without overwriting, and its directory made durable: in this order, or not at all.</summary>
/// <remarks>Thread safe. Directories are 0700, files 0600.</remarks>
public sealed class LocalStorage : IStorage
{
    internal const string TemporaryDirectory = "tmp";

    private const int DirectoryMode = 0x1c0, FileMode = 0x180; // 0700, 0600

    private readonly DirectoryHandle _root;
    private readonly OpenFileCache _files;

    private LocalStorage(string path, DirectoryHandle root)
    {
        Location = path;
        _root = root;
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
            return new LocalStorage(path, DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetFullPath(path))));
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

    /// <summary>Opens the directory, making it (and those above it) where it is missing.</summary>
    /// <exception cref="StorageException">It cannot be made.</exception>
    public static LocalStorage Create(string path)
    {
        try
        {
            string full = Path.GetFullPath(path);
            if (!Directory.Exists(full))
                Directory.CreateDirectory(full, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            return new LocalStorage(path, DirectoryHandle.Open(Encoding.UTF8.GetBytes(full)));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
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
    public IPendingObject BeginObject() => Guard(() => new LocalPendingObject(this, EnterDirectory(TemporaryDirectory, make: true)));

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
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
        catch (PosixException e) when (e.Error is Errno.NoEntry or Errno.NotDirectory)
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
        (string directory, string name) = Split(key.Name);
        using DirectoryHandle? parent = TryEnter(directory);
        if (parent is null)
            return null;
        if (parent.TryStat(Encoding.UTF8.GetBytes(name), out FileStat stat))
            return stat.Kind == FileKind.File ? stat.Size : (long?)null;
        PosixException failure = PosixException.Last("stat", Encoding.UTF8.GetBytes(name));
        return failure.Error is Errno.NoEntry or Errno.NotDirectory ? null : throw failure;
    });

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix) => Guard(() =>
    {
        List<StoredObject> found = [];
        string directory = prefix.TrimEnd('/');
        using DirectoryHandle? start = TryEnter(directory);
        if (start is not null)
            List(start, prefix, found);
        return found;
    });

    /// <inheritdoc/>
    public void Delete(StorageKey key) => Guard(() =>
    {
        (string directory, string name) = Split(key.Name);
        using DirectoryHandle? parent = TryEnter(directory);
        if (parent is null)
            return false;
        _files.Forget(key);
        try
        {
            parent.Remove(Encoding.UTF8.GetBytes(name), isDirectory: false);
            parent.Sync();
            return true;
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return false;
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _root.Dispose();
    }

    internal static int ObjectMode => FileMode;

    /// <summary>Opens the directory of an object, making it where it is missing; what is made is durable.</summary>
    internal DirectoryHandle EnterDirectory(string directory, bool make)
    {
        DirectoryHandle current = _root.AddReference();
        foreach (string part in directory.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            using DirectoryHandle above = current;
            current = EnterOne(above, Encoding.UTF8.GetBytes(part), make);
        }

        return current;
    }

    internal static (string Directory, string Name) Split(string name)
    {
        int slash = name.LastIndexOf('/');
        return slash < 0 ? ("", name) : (name[..slash], name[(slash + 1)..]);
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

    private static DirectoryHandle EnterOne(DirectoryHandle above, byte[] name, bool make)
    {
        try
        {
            return above.OpenDirectory(name);
        }
        catch (PosixException e) when (make && e.Error == Errno.NoEntry)
        {
            try
            {
                above.MakeDirectory(name, DirectoryMode);
            }
            catch (PosixException raced) when (raced.Error == Errno.Exists)
            {
                // Another writer made it first; its entry is made durable all the same.
            }

            above.Sync();
            return above.OpenDirectory(name);
        }
    }

    private DirectoryHandle? TryEnter(string directory)
    {
        try
        {
            return EnterDirectory(directory, make: false);
        }
        catch (PosixException e) when (e.Error is Errno.NoEntry or Errno.NotDirectory)
        {
            return null;
        }
    }

    private FileHandle OpenFile(StorageKey key)
    {
        (string directory, string name) = Split(key.Name);
        using DirectoryHandle parent = EnterDirectory(directory, make: false);
        return parent.OpenForReading(Encoding.UTF8.GetBytes(name));
    }

    private static void List(DirectoryHandle directory, string prefix, List<StoredObject> found)
    {
        using DirectoryNames names = directory.ReadNames();
        for (int i = 0; i < names.Count; i++)
        {
            string name = prefix + Encoding.UTF8.GetString(names[i]);
            if (name == TemporaryDirectory || StorageKey.TryParse(name) is not { } key || !directory.TryStat(names[i], out FileStat stat))
                continue;
            if (stat.Kind == FileKind.File)
            {
                found.Add(new StoredObject(key, stat.Size));
            }
            else if (stat.Kind == FileKind.Directory)
            {
                using DirectoryHandle below = directory.OpenDirectory(names[i]);
                List(below, name + "/", found);
            }
        }
    }
}
