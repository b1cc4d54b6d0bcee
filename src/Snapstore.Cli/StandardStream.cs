using System.Runtime.InteropServices;

namespace Snapstore.Cli;

/// <summary>Whoever read our standard output is gone: nothing more to say to anybody.</summary>
internal sealed class OutputClosedException() : IOException("standard output was closed");

/// <summary>Standard output or error, unbuffered. Unlike the console's own stream it says when its reader is gone,
/// and unlike a file stream it leaves the position to the kernel, for both may be one file.</summary>
internal sealed partial class StandardStream(int file) : ForwardWriteStream
{
    public const int OutputFile = 1, ErrorFile = 2;

    private const int Interrupted = 4, TryAgain = 11, BrokenPipe = 32;

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = write(file, buffer, (nuint)buffer.Length);
            if (written >= 0)
                buffer = buffer[(int)written..];
            else
                Recover(Marshal.GetLastPInvokeError());
        }
    }

    private static void Recover(int error)
    {
        if (error == BrokenPipe)
            throw new OutputClosedException();
        if (error == TryAgain)
            Thread.Sleep(1);
        else if (error != Interrupted)
            throw new StorageException($"standard output cannot be written: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int file, ReadOnlySpan<byte> buffer, nuint count);
}
