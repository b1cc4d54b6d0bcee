using System.ComponentModel;
using System.Diagnostics;

namespace Snapstore.Databases.Postgres;

/// <summary>What a program writes, as a stream that ends well only if the program does.</summary>
internal sealed class ProgramOutput : ForwardReadStream
{
    private const int ErrorSizeMax = 4096;

    private readonly Process _process;
    private readonly string _name;
    private readonly Stream _output;
    private readonly Task<string> _errors;
    private readonly CancellationTokenRegistration _registration;
    private readonly CancellationToken _cancel;
    private byte[] _first = [];
    private int _firstAt;
    private bool _isAtEnd;

    public ProgramOutput(Process process, string name, CancellationToken cancel)
    {
        _process = process;
        _name = name;
        _cancel = cancel;
        _output = process.StandardOutput.BaseStream;
        _errors = Task.Run(() => ReadErrors(process.StandardError));
        _registration = cancel.Register(Stop);
    }

    /// <summary>Waits until it writes something: by then pg_dump holds its locks and has read the catalog.</summary>
    /// <exception cref="SourceException">It failed before.</exception>
    public void WaitForFirst()
    {
        byte[] buffer = new byte[4096];
        int count = Read(buffer);
        _first = buffer[..count];
    }

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (_firstAt < _first.Length)
        {
            int taken = Math.Min(buffer.Length, _first.Length - _firstAt);
            _first.AsSpan(_firstAt, taken).CopyTo(buffer);
            _firstAt += taken;
            return taken;
        }

        int read = _isAtEnd ? 0 : _output.Read(buffer);
        if (read == 0 && !buffer.IsEmpty && !_isAtEnd)
        {
            ThrowIfFailed();
            _isAtEnd = true;
        }

        return read;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _registration.Dispose();
            Stop();
            _process.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ThrowIfFailed()
    {
        _process.WaitForExit();
        _cancel.ThrowIfCancellationRequested();
        if (_process.ExitCode != 0)
            throw new SourceException($"{_name} failed with exit code {_process.ExitCode}: {_errors.GetAwaiter().GetResult()}");
    }

    private void Stop()
    {
        try
        {
            if (!_process.HasExited)
                _process.Kill();
        }
        catch (Exception e) when (e is InvalidOperationException or Win32Exception)
        {
            // It ended just now.
        }
    }

    // Its beginning names the cause; the rest only has to be read, or the program would stand still.
    private static string ReadErrors(StreamReader errors)
    {
        char[] buffer = new char[ErrorSizeMax];
        int size = errors.ReadBlock(buffer);
        char[] rest = new char[ErrorSizeMax];
        while (errors.ReadBlock(rest) > 0)
        {
        }

        return string.Join("; ", new string(buffer, 0, size).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
    }
}
