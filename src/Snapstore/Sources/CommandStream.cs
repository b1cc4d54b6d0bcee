using System.ComponentModel;
using System.Diagnostics;
using Snapstore.Formats;

namespace Snapstore.Sources;

/// <summary>The output of a command as a stream. What the command says on stderr is passed on; its end is kept.</summary>
/// <remarks>
/// The output counts only if the command ends well, and that is known only after the last byte: whoever reads
/// <see cref="Output"/> asks <see cref="Outcome"/> before anything relies on what was read.
/// </remarks>
public sealed class CommandStream : IDisposable
{
    private static readonly TimeSpan LingeringErrorTime = TimeSpan.FromSeconds(2);

    private readonly IReadOnlyList<string> _command;
    private readonly Process _process;
    private readonly Action<ReadOnlyMemory<byte>> _errors;
    private readonly Thread _errorThread;
    private readonly TimeProvider _time;
    private readonly long _start;
    private readonly Lock _lock = new();
    private readonly Queue<byte> _tail = new(Limits.StderrTailSize);

    private CommandStream(IReadOnlyList<string> command, Process process, Action<ReadOnlyMemory<byte>> errors, TimeProvider time)
    {
        _command = command;
        _process = process;
        _errors = errors;
        _time = time;
        _start = time.GetTimestamp();
        Output = process.StandardOutput.BaseStream;
        _errorThread = new Thread(PassErrorsOn) { IsBackground = true, Name = "command stderr" };
        _errorThread.Start();
    }

    /// <summary>The command's standard output; ends when the command (and all it started) closed it.</summary>
    public Stream Output { get; }

    /// <summary>Starts a command; its standard input is empty.</summary>
    /// <param name="command">The program and its arguments; no shell is between.</param>
    /// <param name="errors">Takes what the command says on stderr, as it comes.</param>
    /// <param name="time">Measures how long it runs.</param>
    /// <exception cref="SourceException">It cannot be started.</exception>
    public static CommandStream Start(IReadOnlyList<string> command, Action<ReadOnlyMemory<byte>> errors, TimeProvider time)
    {
        ProcessStartInfo start = new(command[0], command.Skip(1))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            Process process = Process.Start(start) ?? throw new SourceException($"the command {command[0]} could not be started");
            process.StandardInput.Close();
            return new CommandStream(command, process, errors, time);
        }
        catch (Win32Exception e)
        {
            throw new SourceException($"the command {command[0]} could not be started: {e.Message}; no snapshot was made", e);
        }
    }

    /// <summary>Waits for the command's end and tells how it ended.</summary>
    /// <exception cref="SourceException">It failed: what was read of it must not be kept.</exception>
    public CommandFacts Outcome()
    {
        _process.WaitForExit();

        // Something that the command left running may hold stderr open for ever.
        _ = _errorThread.Join(LingeringErrorTime);
        int exitCode = _process.ExitCode;
        byte[] tail = Tail();
        if (exitCode != 0)
            throw new SourceException($"the command {_command[0]} failed with exit code {exitCode}{Quote(tail)}; no snapshot was made");
        return new CommandFacts(_command, exitCode, _time.GetElapsedTime(_start), tail);
    }

    /// <summary>Ends the command if it still runs.</summary>
    public void Stop()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill(entireProcessTree: true);
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended just now.
        }
    }

    /// <summary>Ends the command if it still runs, and lets go of its streams.</summary>
    public void Dispose()
    {
        Stop();
        _process.Dispose();
    }

    private static string Quote(byte[] tail)
    {
        ReadOnlySpan<byte> text = tail.AsSpan().TrimEnd("\r\n "u8);
        ReadOnlySpan<byte> lastLine = text[(text.LastIndexOf((byte)'\n') + 1)..];
        return lastLine.IsEmpty ? "" : $" (it said: {Text.PrintablePath.Of(lastLine)})";
    }

    private byte[] Tail()
    {
        lock (_lock)
            return [.. _tail];
    }

    private void PassErrorsOn()
    {
        Stream source = _process.StandardError.BaseStream;
        byte[] buffer = new byte[Limits.StderrTailSize];
        try
        {
            while (source.Read(buffer) is > 0 and int count)
            {
                Keep(buffer.AsSpan(0, count));
                _errors(buffer.AsMemory(0, count));
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // The command was ended; what it had to say no longer matters.
        }
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            foreach (byte b in bytes)
            {
                if (_tail.Count == Limits.StderrTailSize)
                    _tail.Dequeue();
                _tail.Enqueue(b);
            }
        }
    }
}
