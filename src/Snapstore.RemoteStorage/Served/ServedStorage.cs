using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Served;

/// <summary>Objects that a snapstore on another machine keeps in a folder there, reached by the system's ssh
/// (spec/protocols/serve-storage.md). Thread safe.</summary>
/// <remarks>One connection with many requests on their way. A call that only reads is tried on a second connection where the first is lost.</remarks>
public sealed class ServedStorage : IStorage
{
    // Of one read on their way: 2 MiB.
    private const int BlocksMax = 32;

    private readonly SshLocation _place;
    private readonly SshSettings _settings;
    private readonly string _program;
    private readonly Lock _connecting = new();
    private SshConnection? _connection;
    private ServedCalls? _calls;
    private bool _isDisposed;

    private ServedStorage(SshLocation place, SshSettings settings, string program) =>
        (_place, _settings, _program, Location) = (place, settings, program, place.ToString());

    /// <inheritdoc/>
    public string Location { get; }

    /// <inheritdoc/>
    public int WritersMax => 4;

    /// <inheritdoc/>
    public int RequestsMax => 8;

    /// <summary>Connects to the server of a folder that must be there.</summary>
    /// <param name="place">Where.</param>
    /// <param name="program">This program and its version, for messages of the other side.</param>
    /// <param name="settings">How.</param>
    /// <exception cref="RepositoryNotFoundException">It is not.</exception>
    /// <exception cref="StorageException">There is no connection, or no server.</exception>
    public static ServedStorage Open(SshLocation place, string program, SshSettings? settings = null) => Make(place, program, settings, makesFolder: false);

    /// <summary>The same, where the folder is made if it is missing.</summary>
    /// <inheritdoc cref="Open"/>
    public static ServedStorage Create(SshLocation place, string program, SshSettings? settings = null) => Make(place, program, settings, makesFolder: true);

    /// <inheritdoc/>
    public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content)
    {
        using IPendingObject pending = BeginObject();
        pending.Append(content);
        return pending.Publish(key);
    }

    /// <inheritdoc/>
    public IPendingObject BeginObject() => new ServedPendingObject(this, _settings.Upload);

    /// <inheritdoc/>
    public void Read(StorageKey key, long offset, Span<byte> destination)
    {
        IStorage.RequirePossible(key, offset, destination.Length);
        int done = 0;
        for (bool isLast = false; ; isLast = true)
        {
            try
            {
                ReadOnce(Connect(), key, offset, destination, ref done);
                return;
            }
            catch (SshLostException e) when (e.IsPassing && !isLast)
            {
                // What came before stays; the rest by another connection.
            }
            catch (SshLostException e)
            {
                throw SshFailure.Explain($"{Location}/{key}", e);
            }
        }
    }

    /// <inheritdoc/>
    public long? SizeOf(StorageKey key) => Reading(calls => calls.SizeOf(key).GetAwaiter().GetResult());

    /// <inheritdoc/>
    public IEnumerable<StoredObject> List(string prefix) => StorageKey.IsPrefix(prefix)
        ? Reading(calls => calls.List(prefix).GetAwaiter().GetResult())
        : throw new ArgumentException("not a folder's name with its '/'", nameof(prefix));

    /// <inheritdoc/>
    public void Delete(StorageKey key) => Guard(() => Connect().Delete(key).GetAwaiter().GetResult());

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
        catch (SshLostException e)
        {
            throw SshFailure.Explain(Location, e);
        }
    }

    internal ServedCalls Connect(bool makesFolder = false)
    {
        lock (_connecting)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_calls is { IsAlive: true })
                return _calls;
            _connection?.Dispose();
            _connection = null;
            ServedDialect dialect = new(makesFolder, _program);
            _connection = SshConnection.Open(_place, _settings, dialect);
            if (dialect.Refusal is { } refusal)
                throw ServedFailure.Read(refusal, Location, key: null);
            return _calls = new ServedCalls(_connection, Location);
        }
    }

    private static ServedStorage Make(SshLocation place, string program, SshSettings? settings, bool makesFolder)
    {
        ServedStorage storage = new(place, settings ?? new SshSettings(), program);
        try
        {
            storage.Guard(() => storage.Connect(makesFolder));
            return storage;
        }
        catch
        {
            storage.Dispose();
            throw;
        }
    }

    private T Reading<T>(Func<ServedCalls, T> action) => Guard(() =>
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

    private void ReadOnce(ServedCalls calls, StorageKey key, long offset, Span<byte> destination, ref int done)
    {
        Queue<(int Count, Task<IncomingPacket> Answer)> window = new();
        int asked = done;
        // Reading nothing tells whether the object is there.
        if (destination.IsEmpty)
            _ = calls.Read(key, offset, 0).GetAwaiter().GetResult();
        while (done < destination.Length)
        {
            while (window.Count < BlocksMax && asked < destination.Length)
            {
                int count = Math.Min(ServedProtocol.BlockSize, destination.Length - asked);
                window.Enqueue((count, calls.Read(key, offset + asked, count)));
                asked += count;
            }

            (int wanted, Task<IncomingPacket> answer) = window.Dequeue();
            ReadOnlySpan<byte> bytes = answer.GetAwaiter().GetResult().NextBytes();
            if (bytes.Length != wanted)
                throw IncomingPacket.Senseless();
            bytes.CopyTo(destination[done..]);
            done += wanted;
            if (_settings.Download?.Take(wanted) is { } wait && wait > TimeSpan.Zero)
                Thread.Sleep(wait);
        }
    }
}
