using System.Collections.Concurrent;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>Objects as files in a folder of another machine, reached by the system's ssh (spec/storage-sftp.md). Thread safe.</summary>
/// <remarks>One connection with many requests on their way. A call that only reads is tried on a second connection where the first is lost.</remarks>
public sealed class SftpStorage : IStorage
{
    private const int FoldersAtATime = 16;

    private readonly SshLocation _place;
    private readonly SshSettings _settings;
    private readonly SftpFolders _folders;
    private readonly SftpHandles _handles = new();
    private readonly Lock _connecting = new();
    private SshConnection? _connection;
    private SftpFiles? _files;
    private bool _isDisposed;

    private SftpStorage(SshLocation place, SshSettings settings)
    {
        (_place, _settings, Location) = (place, settings, place.ToString());
        _folders = new SftpFolders(place.Path);
    }

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public int WritersMax => 4;

    /// <inheritdoc/>
    public int RequestsMax => 8;

    /// <summary>Connects, and opens the folder, which must be there.</summary>
    /// <exception cref="RepositoryNotFoundException">It is not.</exception>
    /// <exception cref="StorageException">There is no connection.</exception>
    public static SftpStorage Open(SshLocation place, SshSettings? settings = null) => Make(place, settings, storage =>
    {
        if (storage.Reading(files => files.Stat(place.Path).GetAwaiter().GetResult()) is not { IsFolder: true })
            throw new RepositoryNotFoundException($"there is no repository at {place}; make one with: snapstore --repo {place} init");
    });

    /// <summary>Connects, makes the folder and those above it where they are missing, and makes sure that the server is fit for a repository.</summary>
    /// <exception cref="StorageException">It is not, or there is no connection.</exception>
    public static SftpStorage Create(SshLocation place, SshSettings? settings = null) => Make(place, settings, storage => storage.Guard(() =>
    {
        SftpFiles files = storage.Connect();
        storage._folders.MakeRoot(files);
        storage._folders.Prepare(files);
        return true;
    }));

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
        SftpFiles files = Connect();
        _folders.Prepare(files);
        SftpPendingObject pending = new(this, _folders, files, _settings.Upload);
        try
        {
            if (pending.MadeSeconds() is { } now)
                _folders.RemoveStale(files, now);
            return pending;
        }
        catch
        {
            pending.Dispose();
            throw;
        }
    });

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        IStorage.RequirePossible(key, offset, destination.Length);
        int done = 0;
        for (bool isLast = false; ; isLast = true)
        {
            try
            {
                ReadOnce(key, offset, destination, ref done);
                return;
            }
            catch (SshLostException e) when (e.IsPassing && !isLast)
            {
                // What came before stays; the rest by another connection.
            }
            catch (Exception e) when (SftpFailure.IsOfCall(e))
            {
                throw SftpFailure.Explain($"{Location}/{key}", e);
            }
        }
    }

    /// <inheritdoc/>
    public long? SizeOf(StorageKey key) => Reading(files => SizeIn(files, key));

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix) => StorageKey.IsPrefix(prefix)
        ? Reading(files => ListIn(files, prefix))
        : throw new ArgumentException("not a folder's name with its '/'", nameof(prefix));

    /// <inheritdoc/>
    public void Delete(StorageKey key) => Guard(() =>
    {
        SftpFiles files = Connect();
        _folders.Prepare(files);
        string folder = SftpFolders.FolderOf(key.Name);
        if (!_folders.TryEnter(files, folder))
            return false;
        bool isRemoved = files.Remove(_folders.PathOf(key.Name)).GetAwaiter().GetResult();
        _handles.Forget();
        // Also where nothing was there: whoever removed it may have been killed before it synced.
        _folders.Sync(files, folder);
        return isRemoved;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_connecting)
        {
            _isDisposed = true;
            _connection?.Dispose();
        }
    }

    internal T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (Exception e) when (SftpFailure.IsOfCall(e))
        {
            throw SftpFailure.Explain(Location, e);
        }
    }

    private static SftpStorage Make(SshLocation place, SshSettings? settings, Action<SftpStorage> start)
    {
        SftpStorage storage = new(place, settings ?? new SshSettings());
        try
        {
            start(storage);
            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    private SftpFiles Connect()
    {
        lock (_connecting)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_files is { IsAlive: true })
                return _files;
            _connection?.Dispose();
            _connection = null;
            SftpDialect dialect = new();
            _connection = SshConnection.Open(_place, _settings, dialect);
            return _files = new SftpFiles(_connection, dialect);
        }
    }

    private T Reading<T>(Func<SftpFiles, T> action) => Guard(() =>
    {
        try
        {
            return action(Connect());
        }
        catch (SshLostException e) when (e.IsPassing)
        {
            return action(Connect());
        }
    });

    private long? SizeIn(SftpFiles files, StorageKey key) =>
        _folders.TryEnter(files, SftpFolders.FolderOf(key.Name)) && files.LinkStat(_folders.PathOf(key.Name)).GetAwaiter().GetResult() is { IsFile: true } there
            ? there.Size
            : null;

    private void ReadOnce(StorageKey key, long offset, Span<byte> destination, ref int done)
    {
        SftpFiles files = Connect();
        SftpOpenFile file = _handles.Take(files, key, out long deletions) ?? new SftpOpenFile(key, files, OpenIn(files, key), deletions);
        bool isWhole = false;
        try
        {
            while (done < destination.Length)
                ReadWindow(file, offset, destination, ref done);
            isWhole = true;
        }
        catch (SftpStatusException)
        {
            // Offsets that no file can have are errors to some systems and not an end.
            if (files.FileStat(file.Handle).GetAwaiter().GetResult()?.Size is { } size && size - offset < destination.Length)
                throw new CorruptDataException($"{key} is truncated: it has {size} bytes");
            throw;
        }
        finally
        {
            if (isWhole)
                _handles.Give(file);
            else
                _ = files.Close(file.Handle);
        }
    }

    // Looked at before it is opened: opening a pipe would make the server wait for ever.
    private byte[] OpenIn(SftpFiles files, StorageKey key)
    {
        try
        {
            return SizeIn(files, key) is null
                ? throw new ObjectMissingException(key, Location)
                : files.Open(_folders.PathOf(key.Name), SftpFiles.ForReading).GetAwaiter().GetResult();
        }
        catch (SftpStatusException e) when (e.Status == SftpStatus.NoSuchFile)
        {
            throw new ObjectMissingException(key, Location);
        }
    }

    // A server may answer with fewer bytes than asked for: the next window begins behind them.
    private void ReadWindow(SftpOpenFile file, long offset, Span<byte> destination, ref int done)
    {
        Queue<(int Count, Task<IncomingPacket?> Reply)> window = new();
        int asked = done;
        bool isShort = false;
        while (window.Count > 0 || (asked < destination.Length && !isShort))
        {
            while (window.Count < SftpFiles.BlocksMax && asked < destination.Length && !isShort)
            {
                int count = Math.Min(SftpFiles.BlockSize, destination.Length - asked);
                window.Enqueue((count, file.Files.Read(file.Handle, offset + asked, count)));
                asked += count;
            }

            (int wanted, Task<IncomingPacket?> reply) = window.Dequeue();
            if (isShort)
                continue;
            ReadOnlySpan<byte> bytes = (reply.GetAwaiter().GetResult() ?? throw new CorruptDataException($"{file.Key} is truncated: it ends {destination.Length - done} bytes early")).NextBytes();
            if (bytes.IsEmpty || bytes.Length > wanted)
                throw IncomingPacket.Senseless();
            bytes.CopyTo(destination[done..]);
            done += bytes.Length;
            isShort = bytes.Length < wanted;
            if (_settings.Download?.Take(bytes.Length) is { } wait && wait > TimeSpan.Zero)
                Thread.Sleep(wait);
        }
    }

    private List<StoredObject> ListIn(SftpFiles files, string prefix)
    {
        ConcurrentBag<StoredObject> found = [];
        if (_folders.TryEnter(files, prefix.TrimEnd('/')))
            AddObjects(files, prefix, found).GetAwaiter().GetResult();
        return [.. found];
    }

    // Level by level, the folders of one beside each other: 256 folders of packs take some round trips and not 1,000.
    private async Task AddObjects(SftpFiles files, string prefix, ConcurrentBag<StoredObject> found)
    {
        using SemaphoreSlim free = new(FoldersAtATime);
        List<string> level = [prefix];
        while (level.Count > 0)
        {
            ConcurrentBag<string> below = [];
            await Task.WhenAll(level.Select(async folder =>
            {
                await free.WaitAsync().ConfigureAwait(false);
                try
                {
                    await AddFolder(files, folder, folder == prefix, found, below).ConfigureAwait(false);
                }
                finally
                {
                    free.Release();
                }
            })).ConfigureAwait(false);
            level = [.. below];
        }
    }

    private async Task AddFolder(SftpFiles files, string prefix, bool isTop, ConcurrentBag<StoredObject> found, ConcurrentBag<string> below)
    {
        IReadOnlyList<(string Name, SftpAttributes Attributes)>? names = await files.NamesOf(_folders.PathOf(prefix.TrimEnd('/'))).ConfigureAwait(false);
        if (names is null && isTop)
            throw new StorageException($"{Location}: the folder {prefix} was there and is gone; is the disk of the server mounted?");
        foreach ((string name, SftpAttributes listed) in names ?? [])
        {
            if (StorageKey.TryParse(prefix + name) is not { } key)
                continue;
            // What vanishes while it is listed may be left out.
            SftpAttributes? there = listed is { Mode: not null, Size: not null } ? listed : await files.LinkStat(_folders.PathOf(key.Name)).ConfigureAwait(false);
            if (there is { IsFile: true })
                found.Add(new StoredObject(key, there.Value.Size ?? throw new StorageException($"{Location}: the server does not tell the size of {key}")));
            else if (there is { IsFolder: true })
                below.Add(key.Name + "/");
        }
    }
}
