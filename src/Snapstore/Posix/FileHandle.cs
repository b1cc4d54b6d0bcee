using System.Runtime.InteropServices;

namespace Snapstore.Posix;

/// <summary>An open file (or a directory opened for its metadata). Reads and writes state their offset, so several
/// threads may use it.</summary>
internal sealed unsafe class FileHandle(int descriptor) : IDisposable
{
    private int _isDisposed;

    /// <summary>The file descriptor.</summary>
    /// <exception cref="ObjectDisposedException">It is closed: its number may be another file's by now.</exception>
    internal int Descriptor
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _isDisposed) != 0, this);
            return descriptor;
        }
    }

    /// <summary>Reads at this offset; 0 at the end.</summary>
    public int Read(long offset, Span<byte> buffer)
    {
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                nint count = Native.pread(Descriptor, pointer, (nuint)buffer.Length, offset);
                if (count >= 0)
                    return (int)count;
                if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                    throw PosixException.Last("read", "file"u8);
            }
        }
    }

    /// <summary>Writes all bytes at this offset.</summary>
    public void Write(long offset, ReadOnlySpan<byte> bytes)
    {
        fixed (byte* pointer = bytes)
        {
            int done = 0;
            while (done < bytes.Length)
            {
                nint count = Native.pwrite(Descriptor, pointer + done, (nuint)(bytes.Length - done), offset + done);
                if (count > 0)
                    done += (int)count;
                else if (count == 0)
                    throw new PosixException("write", "file"u8, Errno.Io);
                else if (Marshal.GetLastPInvokeError() != Errno.Interrupted)
                    throw PosixException.Last("write", "file"u8);
            }
        }
    }

    /// <summary>The next run of data at or after this offset; null where none follows. A file system that knows no
    /// holes reports everything as data.</summary>
    public (long Start, long End)? NextData(long offset)
    {
        long start = Native.lseek(Descriptor, offset, Native.SeekData);
        if (start < 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == Errno.NoDeviceOrAddress)
                return null;
            return error == Errno.Invalid ? (offset, long.MaxValue) : throw PosixException.Last("find data of", "file"u8);
        }

        long end = Native.lseek(Descriptor, start, Native.SeekHole);
        return (start, end > start ? end : long.MaxValue);
    }

    /// <summary>The metadata now.</summary>
    public FileStat Stat() => DirectoryHandle.StatDescriptor(Descriptor);

    /// <summary>Makes the content durable. A failure is final: the system may have dropped the pages (never retry).</summary>
    public void Sync() => Check(Native.fsync(Descriptor), "fsync");

    /// <summary>Starts writing these bytes to disk without waiting, so that a later sync is short.</summary>
    public void StartWriteBack(long offset, long count)
    {
        const uint Write = 2;
        if (Native.sync_file_range(Descriptor, offset, count, Write) == 0)
            return;
        // Only a hint, but an error of the disk may be told here and not again.
        if (Marshal.GetLastPInvokeError() is Errno.Io or Errno.NoSpace or Errno.Quota)
            throw PosixException.Last("write", "file"u8);
    }

    /// <summary>Sets the length; what is new is a hole.</summary>
    public void SetLength(long length) => Check(Native.ftruncate(Descriptor, length), "set the length of");

    /// <summary>Sets the 12 permission bits.</summary>
    public void SetMode(int mode) => Check(Native.fchmod(Descriptor, (uint)mode), "set mode of");

    /// <summary>Sets owner and group.</summary>
    public void SetOwner(uint uid, uint gid)
    {
        byte empty = 0;
        Check(Native.fchownat(Descriptor, &empty, uid, gid, Native.AtEmptyPath), "set owner of");
    }

    /// <summary>Sets the mtime; the atime stays.</summary>
    public void SetTime(long seconds, int nanoseconds)
    {
        Native.TimeSpec* times = stackalloc Native.TimeSpec[2];
        times[0].Nanoseconds = Native.UtimeOmit;
        times[1] = new Native.TimeSpec { Seconds = seconds, Nanoseconds = nanoseconds };
        Check(Native.futimens(Descriptor, times), "set time of");
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
            _ = Native.close(descriptor);
    }

    private static void Check(int result, string call)
    {
        if (result != 0)
            throw PosixException.Last(call, "file"u8);
    }
}
