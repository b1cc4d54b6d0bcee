using System.Runtime.InteropServices;

namespace Snapstore.Cli;

/// <summary>Standard input, of which a read ends when the run is to end, though nothing comes: a program before us in a pipe may be
/// silent for hours.</summary>
internal sealed partial class StandardInput : ForwardReadStream
{
    private const int File = 0, Interrupted = 4, TryAgain = 11, TickMilliseconds = 100, GetFlags = 3, WritableFlags = 3;
    private const short Readable = 1;

    private readonly CancellationToken _cancel;

    private StandardInput(CancellationToken cancel) => _cancel = cancel;

    /// <summary>Standard input as bytes.</summary>
    /// <exception cref="UsageException">The program was started without one.</exception>
    public static StandardInput Open(CancellationToken cancel = default) =>
        IsOurOwn() ? throw new UsageException("standard input is closed: give it a file or a pipe") : new StandardInput(cancel);

    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="OperationCanceledException">The run is to end.</exception>
    public override int Read(Span<byte> buffer)
    {
        while (true)
        {
            _cancel.ThrowIfCancellationRequested();
            Poll wait = new() { Descriptor = File, Events = Readable };
            if (poll(ref wait, 1, TickMilliseconds) == 0)
                continue;
            nint count = read(File, buffer, (nuint)buffer.Length);
            if (count >= 0)
                return (int)count;
            if (Marshal.GetLastPInvokeError() is var error && error is not (Interrupted or TryAgain))
                throw new IOException($"standard input cannot be read: {Marshal.GetPInvokeErrorMessage(error)}");
        }
    }

    // Started with descriptor 0 closed, the runtime's first pipe gets this number, and reading it would wait for ever: as would
    // whoever holds the end that writes into his own standard input.
    private static bool IsOurOwn()
    {
        string? input = TargetOf("/proc/self/fd/0");
        if (input is null || !input.StartsWith("pipe:", StringComparison.Ordinal))
            return input is null;
        return Directory.EnumerateFileSystemEntries("/proc/self/fd")
            .Where(other => TargetOf(other) == input)
            .Any(other => int.TryParse(Path.GetFileName(other), out int file) && fcntl(file, GetFlags) is var flags && flags >= 0 && (flags & WritableFlags) != 0);
    }

    // Null where there is no such descriptor (any more).
    private static string? TargetOf(string descriptor)
    {
        try
        {
            return new FileInfo(descriptor).LinkTarget;
        }
        catch (IOException)
        {
            return null;
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref Poll descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(int file, Span<byte> buffer, nuint count);

    [LibraryImport("libc")]
    private static partial int fcntl(int file, int command);

    [StructLayout(LayoutKind.Sequential)]
    private struct Poll
    {
        public int Descriptor;
        public short Events;
        public short Returned;
    }
}
