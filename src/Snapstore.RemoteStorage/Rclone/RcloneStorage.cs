using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Rclone;

/// <summary>Objects in whatever rclone reaches (spec/storage-rclone.md). Thread safe.</summary>
/// <remarks>Names are taken once by this process; between two machines that race for one, nobody decides.</remarks>
public sealed class RcloneStorage : IStorage
{
    private const int BlocksInMemory = 96, RandomSize = 16, LocksCount = 64;

    private readonly RcloneLocation _place;
    private readonly RcloneSettings _settings;
    private readonly SpoolMemory _memory = new(BlocksInMemory);
    private readonly Lock[] _naming = [.. Enumerable.Range(0, LocksCount).Select(_ => new Lock())];
    private readonly Lock _starting = new();
    private RcloneProcess? _process;
    private RcloneCalls? _calls;
    private bool? _isBucket;
    private int _isTidied;
    private bool _isDisposed;

    private RcloneStorage(RcloneLocation place, RcloneSettings settings) => (_place, _settings, Location) = (place, settings, place.ToString());

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public int WritersMax => 4;

    /// <inheritdoc/>
    public int RequestsMax => 8;

    /// <inheritdoc/>
    public string? RaceHazard => "is reached by rclone, which keeps no two machines from taking the same name at a time";

    /// <summary>Starts rclone and makes sure that it knows the remote.</summary>
    /// <exception cref="StorageException">It does not, or it cannot be run.</exception>
    public static RcloneStorage Open(RcloneLocation place, RcloneSettings? settings = null)
    {
        RcloneStorage storage = new(place, settings ?? new RcloneSettings());
        try
        {
            storage.Guard(() => storage.IsBucket(storage.Connect()));
            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
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
    public IPendingObject BeginObject() => new SpooledObject(_memory, Put);

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        IStorage.RequirePossible(key, offset, destination.Length);
        for (bool isLast = false; ; isLast = true)
        {
            try
            {
                ReadOnce(Connect(), key, offset, destination);
                return;
            }
            catch (RcloneException e) when (!e.IsPassing || isLast)
            {
                if (e.Status != RcloneException.TimeOut)
                    RefuseWhatIsNotThere(key, offset + destination.Length);
                throw e.Explain($"{Location}/{key}");
            }
            catch (RcloneException)
            {
                // Once more, by another rclone if this one is gone.
            }
        }
    }

    /// <inheritdoc/>
    public long? SizeOf(StorageKey key) => Reading(calls => calls.SizeOf(key.Name));

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix) => StorageKey.IsPrefix(prefix)
        ? Reading(calls => ListIn(calls, prefix))
        : throw new ArgumentException("not a folder's name with its '/'", nameof(prefix));

    /// <inheritdoc/>
    public void Delete(StorageKey key) => Guard(() =>
    {
        try
        {
            return Connect().Remove(key.Name);
        }
        catch (RcloneException e) when (!e.IsPassing && Connect().SizeOf(key.Name) is null)
        {
            // Another was faster.
            return false;
        }
    });

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_starting)
        {
            _isDisposed = true;
            _process?.Dispose();
        }
    }

    /// <summary>Makes an object of these bytes; false where the name exists.</summary>
    private bool Put(StorageKey key, Spool content) => Guard(() =>
    {
        RcloneCalls calls = Connect();
        return IsBucket(calls) ? PutWhole(calls, key, content) : PutAndMove(calls, key, content);
    });

    private static List<StoredObject> ListIn(RcloneCalls calls, string prefix)
    {
        // Some clouds can hold two files of one name.
        Dictionary<StorageKey, long> found = [];
        calls.List(prefix.TrimEnd('/'), (name, size) =>
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal) && StorageKey.TryParse(name) is { } key && size >= 0)
                found.TryAdd(key, size);
        });
        return [.. found.Select(entry => new StoredObject(entry.Key, entry.Value))];
    }

    private static string NewTemporary()
    {
        Span<byte> random = stackalloc byte[RandomSize];
        Randomness.Fill(random);
        return "tmp/" + Convert.ToHexStringLower(random);
    }

    private Lock NamingOf(StorageKey key) => _naming[key.GetHashCode() & (LocksCount - 1)];

    // Where objects are whole or absent, and moving would be copying.
    private bool PutWhole(RcloneCalls calls, StorageKey key, Spool content)
    {
        lock (NamingOf(key))
        {
            if (calls.SizeOf(key.Name) is not null)
                return false;
            calls.Upload(key.Name, content);
            return true;
        }
    }

    // A file may be seen while it grows, and half of it stays when rclone is killed: so its name comes last.
    private bool PutAndMove(RcloneCalls calls, StorageKey key, Spool content)
    {
        string temporary = NewTemporary();
        calls.Upload(temporary, content);
        if (Interlocked.Exchange(ref _isTidied, 1) == 0)
            RemoveStale(calls);
        lock (NamingOf(key))
        {
            calls.MoveUnlessThere(temporary, key.Name);
            if (calls.SizeOf(temporary) is null)
                return true;
            bool isTaken = calls.SizeOf(key.Name) is not null;
            calls.Remove(temporary);
            return isTaken ? false : throw new RcloneException($"rclone did not give {key} its name, and does not say why");
        }
    }

    // What killed writers left. Tidying is no matter of safety: whoever is robbed of his file fails, and nothing else.
    private static void RemoveStale(RcloneCalls calls)
    {
        try
        {
            calls.RemoveOld("tmp", "/" + new string('?', RandomSize * 2), "7d");
        }
        catch (RcloneException)
        {
        }
    }

    private void ReadOnce(RcloneCalls calls, StorageKey key, long offset, Span<byte> destination)
    {
        if (destination.IsEmpty)
        {
            if (calls.SizeOf(key.Name) is null)
                throw new ObjectMissingException(key, Location);
            return;
        }

        int done = calls.Read(key.Name, offset, destination);
        if (done < destination.Length)
            throw new RcloneException($"rclone: of {destination.Length} bytes it gave {done}");
    }

    // Whatever a read fails of, rclone says that there is no such file: the size tells.
    private void RefuseWhatIsNotThere(StorageKey key, long end)
    {
        long size = SizeOf(key) ?? throw new ObjectMissingException(key, Location);
        if (size < end)
            throw new CorruptDataException($"{key} is truncated: it ends {end - size} bytes early");
    }

    private bool IsBucket(RcloneCalls calls) => _isBucket ??= calls.IsBucket();

    private T Guard<T>(Func<T> action)
    {
        try
        {
            return action();
        }
        catch (RcloneException e)
        {
            throw e.Explain(Location);
        }
    }

    private T Reading<T>(Func<RcloneCalls, T> action) => Guard(() =>
    {
        try
        {
            return action(Connect());
        }
        catch (RcloneException e) when (e.IsPassing)
        {
            return action(Connect());
        }
    });

    private RcloneCalls Connect()
    {
        lock (_starting)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_calls is { IsAlive: true })
                return _calls;
            _process?.Dispose();
            _process = null;
            _process = RcloneProcess.Start(_settings);
            return _calls = new RcloneCalls(_process, _place, _settings);
        }
    }
}
