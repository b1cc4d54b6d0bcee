using System.Collections.Concurrent;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>The folders of a local storage: entered one component at a time, never through a symbolic link.
/// Invariant: whoever writes into a folder has made the folder's own name durable before.</summary>
/// <remarks>Thread safe.</remarks>
internal sealed class LocalFolders(DirectoryHandle root) : IDisposable
{
    private const int FolderMode = 0x1c0, PermissionMask = 0x1ff; // 0700, 0777

    private readonly ConcurrentDictionary<string, bool> _durable = [];
    private volatile PosixException? _failedSync;
    private int _isDisposed;

    /// <summary>Opens a directory that the user named, making it and those above it where they are missing; what is made
    /// is durable.</summary>
    public static DirectoryHandle MakePath(string path)
    {
        try
        {
            return DirectoryHandle.Open(Encoding.UTF8.GetBytes(path));
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry && Path.GetDirectoryName(path) is not null)
        {
            using DirectoryHandle above = MakePath(Path.GetDirectoryName(path)!);
            DirectoryHandle made = OpenOrMake(above, Encoding.UTF8.GetBytes(Path.GetFileName(path)), out _);
            return SyncOrDispose(above.Sync, made);
        }
    }

    /// <summary>Opens a folder for reading.</summary>
    public DirectoryHandle Enter(string folder)
    {
        DirectoryHandle current = root.AddReference();
        foreach (string part in Parts(folder))
        {
            using DirectoryHandle above = current;
            current = above.OpenDirectory(Encoding.UTF8.GetBytes(part));
        }

        return current;
    }

    /// <summary>Opens a folder for reading; null only where there is none.</summary>
    public DirectoryHandle? TryEnter(string folder)
    {
        try
        {
            return Enter(folder);
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            return null;
        }
    }

    /// <summary>Opens a folder to publish in it, making it where it is missing; its name is durable on return.</summary>
    public DirectoryHandle EnterForWriting(string folder)
    {
        DirectoryHandle current = root.AddReference();
        string path = "";
        foreach (string part in Parts(folder))
        {
            using DirectoryHandle above = current;
            path += part + "/";
            current = EnterOneForWriting(above, path, Encoding.UTF8.GetBytes(part));
        }

        return current;
    }

    /// <summary>Opens the folder of temporary files, making it where it is missing; nothing relies on its name.</summary>
    public DirectoryHandle EnterTemporary() => OpenOrMake(root, Encoding.UTF8.GetBytes(TemporaryFiles.FolderName), out _);

    /// <summary>Makes the names in a folder durable. Once this failed, it fails for good: the system may have dropped
    /// what it could not write, and a later sync would say that all is well.</summary>
    public void Sync(DirectoryHandle folder)
    {
        RefuseAfterFailedSync();
        try
        {
            folder.Sync();
        }
        catch (PosixException e)
        {
            _failedSync = e;
            throw;
        }
    }

    /// <summary>Throws the failure of an earlier <see cref="Sync"/>, if there was one.</summary>
    public void RefuseAfterFailedSync()
    {
        if (_failedSync is { } earlier)
            throw new PosixException("write after a failed fsync of", "directory"u8, earlier.Error);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            root.Dispose();
    }

    private static string[] Parts(string folder) => folder.Split('/', StringSplitOptions.RemoveEmptyEntries);

    // A folder found here may have been made a moment ago, by another thread or by a process that was killed before it
    // synced: so the first use in this process syncs the folder above, whoever made it.
    private DirectoryHandle EnterOneForWriting(DirectoryHandle above, string path, byte[] name)
    {
        DirectoryHandle folder = OpenOrMake(above, name, out bool isNew);
        if (!isNew && _durable.ContainsKey(path))
            return folder;
        _ = SyncOrDispose(() => Sync(above), folder);
        _durable[path] = true;
        return folder;
    }

    private static DirectoryHandle SyncOrDispose(Action sync, DirectoryHandle opened)
    {
        try
        {
            sync();
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private static DirectoryHandle OpenOrMake(DirectoryHandle above, byte[] name, out bool isNew)
    {
        isNew = false;
        try
        {
            return above.OpenDirectory(name);
        }
        catch (PosixException e) when (e.Error == Errno.NoEntry)
        {
            isNew = true;
            Make(above, name);
            return above.OpenDirectory(name);
        }
    }

    private static void Make(DirectoryHandle above, byte[] name)
    {
        try
        {
            above.MakeDirectory(name, FolderMode);
        }
        catch (PosixException raced) when (raced.Error == Errno.Exists)
        {
            return;
        }

        // The umask takes bits away, even the owner's.
        int mode = above.Stat(name).Mode;
        if ((mode & PermissionMask) != FolderMode)
            TemporaryFiles.TrySetMode(() => above.SetMode(name, (mode & ~PermissionMask) | FolderMode));
    }
}
