using System.ComponentModel;
using System.Diagnostics;

namespace Snapstore.RemoteStorage.Ssh;

/// <summary>One ssh process and the requests on their way through it. Thread safe; requests are answered in any order.</summary>
/// <remarks>No call waits for ever: where answers are owed, or bytes are not taken, and nothing moves for the time-out, the process is ended, and all calls fail.</remarks>
internal sealed class SshConnection : IDisposable
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(200), ExitTime = TimeSpan.FromSeconds(2);

    private readonly SshSettings _settings;
    private readonly SshDialect _dialect;
    private readonly Process _process;
    private readonly ErrorTail _errors;
    private readonly Lock _lock = new();
    private readonly Lock _writing = new();
    private readonly Dictionary<uint, Call> _waiting = [];
    private readonly TaskCompletionSource _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Timer _watch;
    private long _progress = Stopwatch.GetTimestamp();
    private uint _nextId;
    private int _sending;
    private bool _isStalled;
    private bool _isDisposed;
    private volatile SshLostException? _lost;

    private SshConnection(SshSettings settings, SshDialect dialect, Process process)
    {
        (_settings, _dialect, _process) = (settings, dialect, process);
        _errors = new ErrorTail(process.StandardError.BaseStream);
        _watch = new Timer(_ => Watch(), null, WatchInterval, WatchInterval);
        new Thread(ReadAll) { IsBackground = true, Name = "ssh" }.Start();
    }

    /// <summary>False when it is of no more use.</summary>
    public bool IsAlive => _lost is null;

    /// <summary>Connects and greets.</summary>
    /// <exception cref="SshLostException">That did not go through.</exception>
    public static SshConnection Open(SshLocation place, SshSettings settings, SshDialect dialect)
    {
        ProcessStartInfo start = SshCommand.Start(place, settings.Command, dialect.Arguments(place));
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SshLostException($"{start.FileName} cannot be run: {e.Message}; install OpenSSH's client, or name another with {SshSettings.CommandVariable}", isPassing: false);
        }

        SshConnection connection = new(settings, dialect, process);
        try
        {
            (OutgoingPacket hello, uint id) = dialect.Hello();
            connection.Write(hello.Finish(id));
            connection._greeting.Task.GetAwaiter().GetResult();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request; the task is its answer, whatever it says.</summary>
    /// <param name="request">What is asked.</param>
    /// <param name="part">Given the parts that come before the answer, one at a time.</param>
    public Task<IncomingPacket> Send(OutgoingPacket request, Action<IncomingPacket>? part = null)
    {
        Call call = new(part);
        uint id;
        lock (_lock)
        {
            if (_lost is { } lost)
                return Task.FromException<IncomingPacket>(lost);
            id = unchecked(++_nextId);
            _waiting.Add(id, call);
            if (_waiting.Count == 1 && _sending == 0)
                Progress();
        }

        Write(request.Finish(id));
        return call.Answer.Task;
    }

    /// <summary>Sends what is never answered.</summary>
    /// <exception cref="SshLostException">The connection is lost.</exception>
    public void Post(OutgoingPacket message)
    {
        if (_lost is { } lost)
            throw lost;
        Write(message.Finish(0));
    }

    /// <summary>Ends the process, and thereby all calls.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed)
                return;
            _isDisposed = true;
        }

        _watch.Dispose();
        bool isEnded = false;
        try
        {
            _process.StandardInput.BaseStream.Dispose();
            isEnded = _process.WaitForExit(IsAlive ? ExitTime : TimeSpan.Zero);
        }
        catch (IOException)
        {
        }

        if (!isEnded)
            Kill();
        _process.Dispose();
    }

    // A pipe that cannot be written to belongs to a process that is over: its end is told by what it wrote last.
    private void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (++_sending == 1 && _waiting.Count <= 1)
                Progress();
        }

        try
        {
            lock (_writing)
                _process.StandardInput.BaseStream.Write(bytes);
            Progress();
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            Kill();
        }
        finally
        {
            lock (_lock)
                _sending--;
        }
    }

    private void Progress() => Volatile.Write(ref _progress, Stopwatch.GetTimestamp());

    private void Watch()
    {
        bool isGreeted = _greeting.Task.IsCompleted;
        lock (_lock)
        {
            if (_lost is not null || _isDisposed || (isGreeted && _waiting.Count == 0 && _sending == 0))
                return;
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _progress)) < (isGreeted ? _settings.StallTime : _settings.ConnectTime))
                return;
            _isStalled = true;
        }

        Kill();
    }

    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception or AggregateException)
        {
            // It is over already.
        }
    }

    private void ReadAll()
    {
        try
        {
            Stream output = _process.StandardOutput.BaseStream;
            _dialect.Greet(ReadPacket(output));
            _greeting.SetResult();
            while (true)
                Deliver(ReadPacket(output));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Lose(e as SshLostException);
        }
    }

    private IncomingPacket ReadPacket(Stream output)
    {
        IncomingPacket packet = IncomingPacket.Read(output, _dialect.PacketSizeMax, _dialect.NotSpoken);
        Progress();
        return packet;
    }

    private void Deliver(IncomingPacket packet)
    {
        if (_dialect.IsSignOfLife(packet.Type))
            return;
        bool isPart = _dialect.IsPart(packet.Type);
        uint id = packet.NextNumber();
        Call? call;
        lock (_lock)
        {
            if (_waiting.TryGetValue(id, out call) && (!isPart || call.Part is null))
                _waiting.Remove(id);
        }

        if (call is null)
            throw IncomingPacket.Senseless();
        if (isPart && call.Part is { } part)
            part(packet);
        else
            call.Answer.SetResult(packet);
    }

    private void Lose(SshLostException? reason)
    {
        if (reason is not null)
            Kill();
        SshLostException lost = SshFailure.OfEnd(reason, _isStalled, isGreeted: _greeting.Task.IsCompletedSuccessfully, ExitCode(), _errors.Last(ExitTime));
        List<Call> waiting;
        lock (_lock)
        {
            _lost = lost;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }

        _greeting.TrySetException(lost);
        foreach (Call call in waiting)
            call.Answer.SetException(lost);
    }

    // Null while it runs, and where nobody asks any more.
    private int? ExitCode()
    {
        try
        {
            return _process.WaitForExit(ExitTime) ? _process.ExitCode : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private sealed class Call(Action<IncomingPacket>? part)
    {
        public Action<IncomingPacket>? Part { get; } = part;

        public TaskCompletionSource<IncomingPacket> Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
