using System.Collections.Concurrent;
using System.Diagnostics;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Served;

/// <summary>How a storage is served.</summary>
public sealed record StorageServerOptions
{
    /// <summary>Nothing is deleted, but records of sessions that came over the same connection.</summary>
    public bool IsAppendOnly { get; init; }

    /// <summary>This program and its version, for messages of the other side.</summary>
    public string Program { get; init; } = "snapstore";

    /// <summary>How often a client is told that its requests are at work.</summary>
    public TimeSpan SignInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>For how long, where none of them ends: a disk that hangs must not look alive for ever.</summary>
    public TimeSpan SignTime { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Told, a line at a time, what goes on.</summary>
    public Action<string> Log { get; init; } = _ => { };
}

/// <summary>Serves one storage to one client over a pair of streams (spec/protocols/serve-storage.md). What comes is trusted in nothing:
/// names are those of a repository, and memory, threads and objects at work are bounded.</summary>
/// <remarks>The thread that reads takes the bytes of objects as they come; all else is done beside it, by a fixed number of threads.</remarks>
public sealed class StorageServer
{
    private const int Workers = 8, QueueMax = 64, OwnSessionsMax = 1024;
    private const string NotSpoken = "what came is no packet of this protocol";

    private readonly Func<bool, IStorage> _open;
    private readonly Stream _input;
    private readonly Stream _output;
    private readonly StorageServerOptions _options;
    private readonly Lock _writing = new();
    private readonly Lock _listing = new();
    private readonly ConcurrentDictionary<StorageKey, bool> _ownSessions = [];
    private volatile bool _isOver;
    private long _requests;
    private long _lastEnd;
    private int _atWork;

    /// <summary>A server that has not begun.</summary>
    /// <param name="open">Opens the storage; true where a missing folder is to be made.</param>
    /// <param name="input">What the client sends.</param>
    /// <param name="output">What it is sent.</param>
    /// <param name="options">How.</param>
    public StorageServer(Func<bool, IStorage> open, Stream input, Stream output, StorageServerOptions options) =>
        (_open, _input, _output, _options) = (open, input, output, options);

    /// <summary>Serves until the client's end of the stream; what was asked for before is done.</summary>
    /// <exception cref="UsageException">What came is not this protocol.</exception>
    public void Run()
    {
        try
        {
            if (Next() is { } hello && Greet(hello) is { } storage)
            {
                using (storage)
                    Serve(storage);
            }
        }
        catch (SshLostException)
        {
            throw new UsageException($"{NotSpoken}; this is run by a snapstore on another machine (--repo ssh:HOST:/PATH), not by hand");
        }

        _options.Log($"served {Interlocked.Read(ref _requests)} requests");
    }

    // Null at the end, wherever it comes.
    private IncomingPacket? Next()
    {
        try
        {
            return IncomingPacket.Read(_input, ServedProtocol.PacketSizeMax, NotSpoken);
        }
        catch (IOException e) when (e is not SshLostException)
        {
            return null;
        }
    }

    private IStorage? Greet(IncomingPacket hello)
    {
        uint version = hello.NextNumber();
        if (hello.Kind() != ServedType.Hello || hello.NextText() != ServedProtocol.Magic)
            throw IncomingPacket.Senseless();
        bool makesFolder = (hello.NextNumber() & ServedProtocol.MakesFolder) != 0;
        string client = hello.NextPlainText();
        _options.Log($"{client}, version {version} of the protocol{(_options.IsAppendOnly ? ", append-only" : "")}");
        if (version < ServedProtocol.Version)
        {
            Answer(version, ServedFailure.Malformed($"the snapstore there ({client}) is older than this one ({_options.Program}) and its protocol, of version {version}, is not spoken any more: install the same on both machines"));
            return null;
        }

        try
        {
            IStorage storage = _open(makesFolder);
            Answer(ServedProtocol.Version, new ServedPacket(ServedType.Greeting)
                .Add(ServedProtocol.Magic).Add(_options.IsAppendOnly ? ServedProtocol.IsAppendOnly : 0u).Add(_options.Program));
            return storage;
        }
        catch (SnapstoreException e)
        {
            _options.Log(e.Message);
            Answer(ServedProtocol.Version, ServedFailure.Of(e));
            return null;
        }
    }

    private void Serve(IStorage storage)
    {
        using BlockingCollection<Action> work = new(QueueMax);
        using ServedObjects objects = new(storage, _options.Log);
        using Timer signs = new(_ => Sign(), null, _options.SignInterval, _options.SignInterval);
        Thread[] workers = [.. Enumerable.Range(0, Workers).Select(i => new Thread(() => Work(work)) { IsBackground = true, Name = $"serve {i}" })];
        Array.ForEach(workers, worker => worker.Start());
        try
        {
            while (!_isOver && Next() is { } packet)
            {
                uint id = packet.NextNumber();
                Interlocked.Increment(ref _requests);
                if (Take(storage, objects, packet, id) is not { } later)
                    continue;
                if (Interlocked.Increment(ref _atWork) == 1)
                    Volatile.Write(ref _lastEnd, Stopwatch.GetTimestamp());
                work.Add(() => Finish(id, later));
            }
        }
        finally
        {
            work.CompleteAdding();
            Array.ForEach(workers, worker => worker.Join());
        }
    }

    private static void Work(BlockingCollection<Action> work)
    {
        foreach (Action action in work.GetConsumingEnumerable())
            action();
    }

    // What is done at once, in the order in which it came; or what is to be done beside it.
    private Func<OutgoingPacket>? Take(IStorage storage, ServedObjects objects, IncomingPacket packet, uint id)
    {
        switch (packet.Kind())
        {
            case ServedType.Begin:
                uint begun = packet.NextNumber();
                Answer(id, Result(() => objects.Begin(begun) is { } refused ? ServedFailure.Malformed(refused) : Done(true)));
                return null;
            case ServedType.Append:
                objects.Append(packet.NextNumber(), packet.NextBytes());
                return null;
            case ServedType.Drop:
                objects.Drop(packet.NextNumber());
                return null;
            case ServedType.Publish:
                (uint number, string target) = (packet.NextNumber(), packet.NextText());
                if (StorageKey.TryParse(target) is null)
                    objects.Drop(number);
                Func<StorageKey, bool> publish = objects.Take(number);
                return WithKey(target, key => Put(key, publish(key)));
            case ServedType.Put:
                string name = packet.NextText();
                byte[] content = packet.NextBytes().ToArray();
                return WithKey(name, key => Put(key, storage.PutIfAbsent(key, content)));
            case ServedType.Read:
                (string read, long offset, uint count) = (packet.NextText(), packet.NextLong(), packet.NextNumber());
                return count > ServedProtocol.BlockSize ? () => ServedFailure.Malformed("more is asked for than one packet holds") : WithKey(read, key => Read(storage, key, offset, (int)count));
            case ServedType.Size:
                return WithKey(packet.NextText(), key => new ServedPacket(ServedType.SizeIs).Add(storage.SizeOf(key) ?? -1));
            case ServedType.List:
                string prefix = packet.NextText();
                return StorageKey.IsPrefix(prefix) ? () => List(storage, prefix, id) : () => ServedFailure.Malformed("that is no folder of a repository");
            case ServedType.Delete:
                return WithKey(packet.NextText(), key => Delete(storage, key));
            default:
                throw IncomingPacket.Senseless();
        }
    }

    private static Func<OutgoingPacket> WithKey(string name, Func<StorageKey, OutgoingPacket> action) => StorageKey.TryParse(name) is { } key
        ? () => action(key)
        : () => ServedFailure.Malformed("that is no name of an object");

    private static OutgoingPacket Done(bool isTrue) => new ServedPacket(ServedType.Done).Add(isTrue ? 1u : 0u);

    private static ServedPacket Read(IStorage storage, StorageKey key, long offset, int count)
    {
        ServedPacket answer = new(ServedType.Data, count + sizeof(uint));
        storage.Read(key, offset, answer.AddSpace(count));
        return answer;
    }

    private OutgoingPacket Put(StorageKey key, bool isOurs)
    {
        // So that a client that may delete nothing else can end its own sessions without a trace.
        if (isOurs && key.TryParseId(StorageKey.SessionsPrefix, out _) && _ownSessions.Count < OwnSessionsMax)
            _ownSessions[key] = true;
        return Done(isOurs);
    }

    private OutgoingPacket Delete(IStorage storage, StorageKey key)
    {
        if (_options.IsAppendOnly && !_ownSessions.TryRemove(key, out _))
        {
            _options.Log($"refused to delete {key}");
            throw new StorageException("this place is served append-only: nothing is deleted") { MissingRight = ServedProtocol.Right };
        }

        storage.Delete(key);
        return Done(true);
    }

    // One after the other: the names of a listing are all in memory for a moment.
    private OutgoingPacket List(IStorage storage, string prefix, uint id)
    {
        lock (_listing)
        {
            List<StoredObject> page = [];
            int size = 0;
            foreach (StoredObject found in storage.List(prefix))
            {
                int space = found.Key.Name.Length + sizeof(uint) + sizeof(long);
                if (size + space > ServedProtocol.BlockSize)
                {
                    Answer(id, Page(ServedType.Page, page));
                    page.Clear();
                    size = 0;
                }

                page.Add(found);
                size += space;
            }

            return Page(ServedType.LastPage, page);
        }
    }

    private static OutgoingPacket Page(ServedType type, List<StoredObject> objects)
    {
        OutgoingPacket page = new ServedPacket(type, ServedProtocol.BlockSize).Add((uint)objects.Count);
        objects.ForEach(found => page.Add(found.Key.Name).Add(found.Size));
        return page;
    }

    private void Finish(uint id, Func<OutgoingPacket> action)
    {
        Answer(id, Result(action));
        Volatile.Write(ref _lastEnd, Stopwatch.GetTimestamp());
        Interlocked.Decrement(ref _atWork);
    }

    // A listing of millions of names, or the sync of a slow disk, takes longer than a client waits for one that may be gone.
    private void Sign()
    {
        if (Volatile.Read(ref _atWork) == 0 || Stopwatch.GetElapsedTime(Volatile.Read(ref _lastEnd)) >= _options.SignTime || !_writing.TryEnter())
            return;
        try
        {
            Send(0, new ServedPacket(ServedType.Working));
        }
        finally
        {
            _writing.Exit();
        }
    }

    private OutgoingPacket Result(Func<OutgoingPacket> action)
    {
        try
        {
            return action();
        }
#pragma warning disable CA1031 // Whatever it is: the client is told, and the others are served on.
        catch (Exception e)
#pragma warning restore CA1031
        {
            if (e is not ObjectMissingException)
                _options.Log(e.Message);
            return ServedFailure.Of(e);
        }
    }

    private void Answer(uint id, OutgoingPacket answer)
    {
        lock (_writing)
            Send(id, answer);
    }

    private void Send(uint id, OutgoingPacket answer)
    {
        try
        {
            _output.Write(answer.Finish(id));
        }
        catch (Exception e) when (e is IOException or StorageException or ObjectDisposedException)
        {
            // Nobody is there to answer to: what comes next is the end.
            _isOver = true;
        }
    }
}
