using System.Buffers.Binary;
using System.ComponentModel;
using System.Diagnostics;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>One ssh process and the requests on their way through it. Thread safe; requests are answered in any order.</summary>
/// <remarks>No call waits for ever: where answers are owed and nothing moves for the time-out, the process is ended, and all calls fail.</remarks>
internal sealed class SftpConnection : IDisposable
{
    private const uint ProtocolVersion = 3;
    private const int ReplySizeMax = 1 << 20;
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(200), ExitTime = TimeSpan.FromSeconds(2);

    private readonly SftpSettings _settings;
    private readonly Process _process;
    private readonly ErrorTail _errors;
    private readonly Lock _lock = new();
    private readonly Lock _writing = new();
    private readonly Dictionary<uint, TaskCompletionSource<SftpReply>> _waiting = [];
    private readonly TaskCompletionSource<HashSet<string>> _greeting = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Timer _watch;
    private long _progress = Stopwatch.GetTimestamp();
    private uint _nextId;
    private bool _isStalled;
    private bool _isDisposed;
    private volatile SftpLostException? _lost;

    private SftpConnection(SftpSettings settings, Process process)
    {
        (_settings, _process) = (settings, process);
        _errors = new ErrorTail(process.StandardError.BaseStream);
        _watch = new Timer(_ => Watch(), null, WatchInterval, WatchInterval);
        new Thread(ReadAll) { IsBackground = true, Name = "sftp" }.Start();
    }

    /// <summary>False when it is of no more use.</summary>
    public bool IsAlive => _lost is null;

    /// <summary>The extensions that the server has.</summary>
    public HashSet<string> Extensions { get; private set; } = [];

    /// <summary>Connects and greets.</summary>
    /// <exception cref="SftpLostException">That did not go through.</exception>
    public static SftpConnection Open(SftpLocation place, SftpSettings settings)
    {
        ProcessStartInfo start = SshCommand.Start(place, settings.Command);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new SftpLostException($"{start.FileName} cannot be run: {e.Message}; install OpenSSH's client, or name another with {SftpSettings.CommandVariable}", isPassing: false);
        }

        SftpConnection connection = new(settings, process);
        try
        {
            connection.Write(new SftpRequest(SftpType.Init).Finish(ProtocolVersion));
            connection.Extensions = connection._greeting.Task.GetAwaiter().GetResult();
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Sends a request; the task is its answer, whatever it says.</summary>
    public Task<SftpReply> Send(SftpRequest request)
    {
        TaskCompletionSource<SftpReply> answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
        uint id;
        lock (_lock)
        {
            if (_lost is { } lost)
                return Task.FromException<SftpReply>(lost);
            if (_waiting.Count == 0)
                Progress();
            id = unchecked(_nextId++);
            _waiting.Add(id, answer);
        }

        Write(request.Finish(id));
        return answer.Task;
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
    }

    private void Progress() => Volatile.Write(ref _progress, Stopwatch.GetTimestamp());

    private void Watch()
    {
        bool isGreeted = _greeting.Task.IsCompleted;
        lock (_lock)
        {
            if (_lost is not null || _isDisposed || (isGreeted && _waiting.Count == 0))
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
            _greeting.SetResult(Greeting(ReadPacket(output)));
            while (true)
                Deliver(ReadPacket(output));
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or InvalidOperationException)
        {
            Lose(e as SftpLostException);
        }
    }

    private byte[] ReadPacket(Stream output)
    {
        Span<byte> header = stackalloc byte[sizeof(uint)];
        output.ReadExactly(header);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length is 0 or > ReplySizeMax)
            throw new SftpLostException("what answers does not speak SFTP; does a login script there print something?", isPassing: false);
        byte[] packet = new byte[length];
        output.ReadExactly(packet);
        Progress();
        return packet;
    }

    private static HashSet<string> Greeting(byte[] packet)
    {
        SftpReply reply = new(packet);
        if (reply.Type != SftpType.Version || reply.NextNumber() != ProtocolVersion)
            throw new SftpLostException("the server does not speak version 3 of SFTP", isPassing: false);
        HashSet<string> extensions = [];
        while (!reply.IsAtEnd)
        {
            extensions.Add(reply.NextText());
            _ = reply.NextBytes();
        }

        return extensions;
    }

    private void Deliver(byte[] packet)
    {
        SftpReply reply = new(packet);
        TaskCompletionSource<SftpReply>? answer;
        lock (_lock)
            _waiting.Remove(reply.NextNumber(), out answer);
        if (answer is null)
            throw SftpReply.Senseless();
        answer.SetResult(reply);
    }

    private void Lose(SftpLostException? reason)
    {
        if (reason is not null)
            Kill();
        SftpLostException lost = SftpFailure.OfEnd(reason, _isStalled, isGreeted: _greeting.Task.IsCompletedSuccessfully, _errors.Last(ExitTime));
        List<TaskCompletionSource<SftpReply>> waiting;
        lock (_lock)
        {
            _lost = lost;
            waiting = [.. _waiting.Values];
            _waiting.Clear();
        }

        _greeting.TrySetException(lost);
        foreach (TaskCompletionSource<SftpReply> answer in waiting)
            answer.SetException(lost);
    }
}
