using System.Security.Cryptography;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>The folders of a repository on the other machine (spec/storage-sftp.md): never through links, 0700, synced where the server can. Thread safe.</summary>
internal sealed class SftpFolders(string root)
{
    /// <summary>Permissions of what is made.</summary>
    public const uint FolderMode = 0x1c0, FileMode = 0x180; // 0700, 0600

    private const string TemporaryFolder = "tmp";
    private const int RandomSize = 16, PublishAttempts = 3;
    private const long StaleSeconds = 7 * 24 * 60 * 60;

    private readonly Lock _lock = new();
    private readonly HashSet<string> _seen = [""];
    private readonly HashSet<string> _made = [""];
    private volatile SftpStatusException? _failedSync;
    private bool _isTried;
    private bool _canSync;
    private bool _isTidied;

    /// <summary>The folder of an object's name; "" is the root.</summary>
    public static string FolderOf(string name) => name[..Math.Max(0, name.LastIndexOf('/'))];

    /// <summary>The server's path of a name.</summary>
    public string PathOf(string name) => name.Length == 0 ? root : $"{root}/{name}";

    /// <summary>A name in tmp/ that nobody has.</summary>
    public static string NewTemporary() => $"{TemporaryFolder}/{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomSize))}";

    /// <summary>False where the folder is not there; a link or a file in its place is an error. What was seen once is not looked at again.</summary>
    public bool TryEnter(SftpFiles files, string folder)
    {
        lock (_lock)
        {
            if (_seen.Contains(folder))
                return true;
        }

        if (!TryEnter(files, FolderOf(folder)) || files.LinkStat(PathOf(folder)).GetAwaiter().GetResult() is not { } there)
            return false;
        if (!there.IsFolder)
            throw new StorageException($"{PathOf(folder)} on the server is no folder; symbolic links are not followed inside a repository");
        lock (_lock)
            _seen.Add(folder);
        return true;
    }

    /// <summary>Makes a folder and those above it where they are missing; each is synced into the one above once in a process, whoever made it.</summary>
    public void EnterForWriting(SftpFiles files, string folder)
    {
        lock (_lock)
        {
            if (_made.Contains(folder))
                return;
            EnterForWriting(files, FolderOf(folder));
            bool isMade = TryMake(files, PathOf(folder));
            if (!TryEnter(files, folder))
                throw new StorageException($"{PathOf(folder)} on the server cannot be made, or vanished at once");
            if (isMade || files.LinkStat(PathOf(folder)).GetAwaiter().GetResult()?.Permissions != FolderMode)
                Try(() => files.SetMode(PathOf(folder), FolderMode));
            Sync(files, FolderOf(folder));
            _made.Add(folder);
        }
    }

    /// <summary>Makes what was renamed, linked or removed in a folder durable, where the server can.</summary>
    public void Sync(SftpFiles files, string folder)
    {
        if (!_canSync)
            return;
        byte[] handle = files.Open(PathOf(folder), SftpFiles.ForReading).GetAwaiter().GetResult();
        try
        {
            files.Sync(handle).GetAwaiter().GetResult();
        }
        catch (SftpStatusException e)
        {
            _failedSync = e;
            throw;
        }
        finally
        {
            _ = files.Close(handle);
        }
    }

    /// <summary>Sees, once in a process, what the server can do; refuses one on which nothing would be durable or safe.</summary>
    public void Prepare(SftpFiles files)
    {
        if (_failedSync is { } earlier)
            throw new SftpStatusException("write after a failed fsync of a folder", earlier.Status, earlier.Message);
        lock (_lock)
        {
            if (_isTried)
                return;
            if (!files.HasSync)
                throw new StorageException("the server has no fsync@openssh.com: what is stored there could be lost by a power cut; OpenSSH 6.5 and later have it");
            _canSync = Try(() => SyncRoot(files));
            EnterForWriting(files, TemporaryFolder);
            if (!files.HasHardLinks)
                RefuseIfRenameOverwrites(files);
            _isTried = true;
        }
    }

    /// <summary>Gives a temporary file its name; false where the name is taken.</summary>
    /// <param name="files">The connection.</param>
    /// <param name="temporary">Its name in tmp/.</param>
    /// <param name="name">The object's name, in a folder that is there.</param>
    public bool TryPublish(SftpFiles files, string temporary, string name)
    {
        SftpStatusException? failure = null;
        for (int attempt = 0; attempt < PublishAttempts; attempt++)
        {
            try
            {
                (files.HasHardLinks ? files.HardLink(PathOf(temporary), PathOf(name)) : files.Rename(PathOf(temporary), PathOf(name))).GetAwaiter().GetResult();
                return true;
            }
            catch (SftpStatusException e) when (e.Status != SftpStatus.NoSuchFile)
            {
                // The protocol does not say why. Taken, or taken and free again in this moment, or a disk without hard links.
                if (files.LinkStat(PathOf(name)).GetAwaiter().GetResult() is not null)
                    return false;
                failure = e;
            }
        }

        throw new StorageException($"{failure?.Message}; if there is space and leave to write, its file system has no hard links: keep the repository on another one", failure);
    }

    /// <summary>Removes, once in a process, what dead writers left. Both times are the server's, and it is never a matter of safety.</summary>
    /// <param name="files">The connection.</param>
    /// <param name="now">When a file was modified that was just made.</param>
    public void RemoveStale(SftpFiles files, uint now)
    {
        lock (_lock)
        {
            if (_isTidied)
                return;
            _isTidied = true;
        }

        foreach ((string name, SftpAttributes attributes) in files.NamesOf(PathOf(TemporaryFolder)).GetAwaiter().GetResult() ?? [])
        {
            bool isOwn = name.Length == RandomSize * 2 && name.All(char.IsAsciiHexDigitLower);
            if (isOwn && attributes.IsFile && attributes.ModifiedSeconds < now - StaleSeconds)
                Try(() => files.Remove(PathOf($"{TemporaryFolder}/{name}")));
        }
    }

    /// <summary>Makes the root and the folders above it where they are missing.</summary>
    public void MakeRoot(SftpFiles files)
    {
        if (files.Stat(root).GetAwaiter().GetResult() is { } there)
        {
            if (!there.IsFolder)
                throw new StorageException($"{root} on the server is no folder");
            return;
        }

        List<string> made = [];
        for (int end = root.IndexOf('/', 1); end >= 0; end = root.IndexOf('/', end + 1))
            made.Add(root[..end]);
        foreach (string path in made.Append(root).Where(path => files.Stat(path).GetAwaiter().GetResult() is null))
        {
            if (!TryMake(files, path) && files.Stat(path).GetAwaiter().GetResult() is null)
                throw new StorageException($"{path} on the server cannot be made: may this user write there, and is there space?");
            Try(() => files.SetMode(path, FolderMode));
            string above = path.LastIndexOf('/') is var slash && slash > 0 ? path[..slash] : slash == 0 ? "/" : ".";
            Try(() => SyncPath(files, above));
        }
    }

    private Task SyncRoot(SftpFiles files) => SyncPath(files, root);

    private static async Task SyncPath(SftpFiles files, string path)
    {
        byte[] handle = await files.Open(path, SftpFiles.ForReading).ConfigureAwait(false);
        await files.Sync(handle).ConfigureAwait(false);
        await files.Close(handle).ConfigureAwait(false);
    }

    private static bool TryMake(SftpFiles files, string path) => Try(() => files.MakeFolder(path, FolderMode));

    // True where the server did it.
    private static bool Try(Func<Task> action)
    {
        try
        {
            action().GetAwaiter().GetResult();
            return true;
        }
        catch (SftpStatusException)
        {
            return false;
        }
    }

    // The draft says that RENAME fails where the name exists; not every server keeps to it.
    private void RefuseIfRenameOverwrites(SftpFiles files)
    {
        string[] paths = [PathOf(NewTemporary()), PathOf(NewTemporary())];
        try
        {
            foreach (string path in paths)
                files.Close(files.Open(path, SftpFiles.ForMaking, FileMode).GetAwaiter().GetResult()).GetAwaiter().GetResult();
            if (Try(() => files.Rename(paths[0], paths[1])))
                throw new StorageException("the server has no hardlink@openssh.com, and its RENAME overwrites: two writers could destroy each other's objects; keep the repository on another one");
        }
        finally
        {
            Array.ForEach(paths, path => Try(() => files.Remove(path)));
        }
    }
}
