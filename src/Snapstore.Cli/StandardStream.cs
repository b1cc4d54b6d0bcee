using System.Runtime.InteropServices;

namespace Snapstore.Cli;

/// <summary>Whoever read our standard output is gone: nothing more to say to anybody.</summary>
internal sealed class OutputClosedException() : IOException("standard output was closed");

/// <summary>Standard output or error, unbuffered. Unlike the console's own stream it says when its reader is gone,
/// and unlike a file stream it leaves the position to the kernel, for both may be one file.</summary>
internal sealed partial class StandardStream(int file) : Stream
{
    public const int OutputFile = 1, ErrorFile = 2;

    private const int Interrupted = 4, TryAgain = 11, BrokenPipe = 32;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

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

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

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
