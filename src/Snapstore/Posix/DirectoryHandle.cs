using System.Runtime.InteropServices;

namespace Snapstore.Posix;

/// <summary>An open directory. Everything below it is reached by name, one component at a time, and never through a
/// symbolic link unless the method says so. Thread safe; reference counted, so that whoever still needs it keeps it open.</summary>
internal sealed unsafe partial class DirectoryHandle : IDisposable
{
    private static readonly int DirectoryFlags = OpenFlags.Directory | OpenFlags.CloseOnExec;

    private readonly int _descriptor;
    private int _references = 1;

    private DirectoryHandle(int descriptor) => _descriptor = descriptor;

    /// <summary>The file descriptor.</summary>
    /// <exception cref="ObjectDisposedException">It is closed: its number may be another file's by now.</exception>
    internal int Descriptor
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _references) <= 0, this);
            return _descriptor;
        }
    }

    /// <summary>Opens a directory that the user named: symbolic links on the way are followed.</summary>
    public static DirectoryHandle Open(ReadOnlySpan<byte> path)
    {
        NameArgument name = new(path, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = name)
        {
            int descriptor = OpenAt(OpenFlags.CurrentDirectory, pointer, DirectoryFlags, 0);
            return descriptor >= 0 ? new DirectoryHandle(descriptor) : throw PosixException.Last("open", path);
        }
    }

    /// <summary>Opens a directory of this one; a symbolic link is refused.</summary>
    public DirectoryHandle OpenDirectory(ReadOnlySpan<byte> name) =>
        new(OpenDescriptor(name, DirectoryFlags | OpenFlags.NoFollow, 0));

    /// <summary>Opens a file for reading; a symbolic link is refused and a pipe does not block.</summary>
    public FileHandle OpenForReading(ReadOnlySpan<byte> name)
    {
        int flags = OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec;
        // Reading must leave no trace, but only the owner may ask for that.
        return TryOpenDescriptor(name, flags | OpenFlags.NoAccessTime, 0, out int descriptor) == Errno.NotPermitted
            ? new FileHandle(OpenDescriptor(name, flags, 0))
            : new FileHandle(descriptor >= 0 ? descriptor : throw PosixException.Last("open", name));
    }

    /// <summary>Creates a file for reading and writing; fails where the name exists.</summary>
    public FileHandle CreateFile(ReadOnlySpan<byte> name, int mode) => new(OpenDescriptor(
        name, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec, (uint)mode));

    /// <summary>Opens a file that exists for reading and writing; a symbolic link is refused.</summary>
    public FileHandle OpenForWriting(ReadOnlySpan<byte> name) => new(OpenDescriptor(
        name, OpenFlags.ReadWrite | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0));

    /// <summary>The metadata of a name; links are not followed.</summary>
    public FileStat Stat(ReadOnlySpan<byte> name) =>
        TryStat(name, out FileStat stat) ? stat : throw PosixException.Last("stat", name);

    /// <summary>The metadata of a name; false where there is none (the last error says why).</summary>
    public bool TryStat(ReadOnlySpan<byte> name, out FileStat stat)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            return StatAt(Descriptor, pointer, Native.AtSymlinkNoFollow | Native.AtNoAutomount, out stat);
    }

    /// <summary>The metadata of a name; null only where the directory has no such name.</summary>
    /// <exception cref="PosixException">Whether it has one could not be found out.</exception>
    public FileStat? StatIfThere(ReadOnlySpan<byte> name)
    {
        if (TryStat(name, out FileStat stat))
            return stat;
        PosixException failure = PosixException.Last("stat", name);
        return failure.Error == Errno.NoEntry ? null : throw failure;
    }

    /// <summary>The metadata of this directory.</summary>
    public FileStat Stat() => StatDescriptor(Descriptor);

    /// <summary>The target of a symbolic link.</summary>
    public byte[] ReadLink(ReadOnlySpan<byte> name)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        byte[] target = new byte[Limits.LinkTargetSizeMax];
        fixed (byte* pointer = argument, output = target)
        {
            nint length = Native.readlinkat(Descriptor, pointer, output, (nuint)target.Length);
            return length >= 0 ? target[..(int)length] : throw PosixException.Last("read link", name);
        }
    }

    /// <summary>All names but `.` and `..`, sorted.</summary>
    public DirectoryNames ReadNames()
    {
        // A directory's read position belongs to its descriptor: another one keeps readers apart.
        using DirectoryHandle own = OpenDirectory("."u8);
        return DirectoryNames.Read(own.Descriptor);
    }

    /// <summary>Makes what was created, renamed or removed in this directory durable.</summary>
    public void Sync()
    {
        if (Native.fsync(Descriptor) != 0)
            throw PosixException.Last("fsync", "directory"u8);
    }

    /// <summary>Keeps the directory open until a <see cref="Dispose"/> more.</summary>
    /// <exception cref="ObjectDisposedException">It is closed already: a reference cannot bring it back.</exception>
    public DirectoryHandle AddReference()
    {
        _ = Count(1);
        return this;
    }

    /// <summary>Gives up one reference; the last one closes.</summary>
    /// <exception cref="ObjectDisposedException">More references were given up than there were.</exception>
    public void Dispose()
    {
        // An error of close says nothing that matters: what must be durable was synced before, the number is free anyway.
        if (Count(-1) == 0)
            _ = Native.close(_descriptor);
    }

    // Counts only while somebody holds a reference, so that a handle once closed stays closed.
    private int Count(int change)
    {
        while (true)
        {
            int count = Volatile.Read(ref _references);
            ObjectDisposedException.ThrowIf(count <= 0, this);
            if (Interlocked.CompareExchange(ref _references, count + change, count) == count)
                return count + change;
        }
    }

    internal static FileStat StatDescriptor(int descriptor)
    {
        byte empty = 0;
        return StatAt(descriptor, &empty, Native.AtEmptyPath, out FileStat stat) ? stat : throw PosixException.Last("stat", "descriptor"u8);
    }

    private static bool StatAt(int descriptor, byte* name, int flags, out FileStat stat)
    {
        Native.StatxBuffer buffer;
        while (Native.statx(descriptor, name, flags, Native.StatxBasicStats, &buffer) != 0)
        {
            if (Marshal.GetLastPInvokeError() == Errno.Interrupted)
                continue;
            stat = default;
            return false;
        }

        stat = new FileStat(buffer);
        return true;
    }

    private int OpenDescriptor(ReadOnlySpan<byte> name, int flags, uint mode) =>
        TryOpenDescriptor(name, flags, mode, out int descriptor) == 0 ? descriptor : throw PosixException.Last("open", name);

    private int TryOpenDescriptor(ReadOnlySpan<byte> name, int flags, uint mode, out int descriptor)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            descriptor = OpenAt(Descriptor, pointer, flags, mode);
        return descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    // Network and user-space file systems let a signal interrupt an open.
    private static int OpenAt(int directory, byte* name, int flags, uint mode)
    {
        while (true)
        {
            int descriptor = Native.openat(directory, name, flags, mode);
            if (descriptor >= 0 || Marshal.GetLastPInvokeError() != Errno.Interrupted)
                return descriptor;
        }
    }
}

/// <summary>Flags of open (fcntl.h). O_DIRECTORY and O_NOFOLLOW differ between processors.</summary>
internal static class OpenFlags
{
    public const int CurrentDirectory = -100;
    public const int ReadWrite = 2, Create = 0x40, Exclusive = 0x80, NonBlocking = 0x800, NoAccessTime = 0x40000, CloseOnExec = 0x80000, PathOnly = 0x200000;

    public static readonly int Directory = IsArm ? 0x4000 : 0x10000;
    public static readonly int NoFollow = IsArm ? 0x8000 : 0x20000;

    private static bool IsArm => RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
}
