using System.Runtime.InteropServices;

namespace Snapstore.Posix;

/// <summary>The Linux system calls that are used, as the C library offers them; see the manual pages of their names.</summary>
internal static unsafe partial class Native
{
    public const int AtSymlinkNoFollow = 0x100, AtRemoveDir = 0x200, AtEmptyPath = 0x1000, AtNoAutomount = 0x800;
    public const int StatxBasicStats = 0x7ff;
    public const int SeekData = 3, SeekHole = 4;
    public const int RenameNoReplace = 1;
    public const int FcntlDuplicateCloseOnExec = 1030;
    public const long UtimeOmit = 0x3ffffffe;

    private const string Library = "libc";

    [LibraryImport(Library, SetLastError = true)]
    public static partial int openat(int directory, byte* name, int flags, uint mode);

    [LibraryImport(Library)]
    public static partial int close(int file);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int statx(int directory, byte* name, int flags, uint mask, StatxBuffer* buffer);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pread(int file, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint pwrite(int file, byte* buffer, nuint count, long offset);

    [LibraryImport(Library, SetLastError = true)]
    public static partial long lseek(int file, long offset, int whence);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint getdents64(int directory, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint readlinkat(int directory, byte* name, byte* buffer, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mkdirat(int directory, byte* name, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int symlinkat(byte* target, int directory, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int linkat(int oldDirectory, byte* oldName, int newDirectory, byte* newName, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int renameat2(int oldDirectory, byte* oldName, int newDirectory, byte* newName, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int unlinkat(int directory, byte* name, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int mknodat(int directory, byte* name, uint mode, ulong device);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchmod(int file, uint mode);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchmodat(int directory, byte* name, uint mode, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fchownat(int directory, byte* name, uint uid, uint gid, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int utimensat(int directory, byte* name, TimeSpec* times, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int futimens(int file, TimeSpec* times);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsync(int file);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int ftruncate(int file, long length);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int sync_file_range(int file, long offset, long count, uint flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint flistxattr(int file, byte* list, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint fgetxattr(int file, byte* name, byte* value, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fsetxattr(int file, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int fremovexattr(int file, byte* name);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint llistxattr(byte* path, byte* list, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial nint lgetxattr(byte* path, byte* name, byte* value, nuint size);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int lsetxattr(byte* path, byte* name, byte* value, nuint size, int flags);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int lremovexattr(byte* path, byte* name);

    [LibraryImport(Library)]
    public static partial uint geteuid();

    [LibraryImport(Library)]
    public static partial uint umask(uint mask);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int getrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library, SetLastError = true)]
    public static partial int setrlimit(int resource, ResourceLimit* limit);

    [LibraryImport(Library)]
    public static partial int getpwuid_r(uint uid, PasswordEntry* entry, byte* buffer, nuint size, PasswordEntry** result);

    [LibraryImport(Library)]
    public static partial int getpwnam_r(byte* name, PasswordEntry* entry, byte* buffer, nuint size, PasswordEntry** result);

    [LibraryImport(Library)]
    public static partial int getgrnam_r(byte* name, GroupEntry* entry, byte* buffer, nuint size, GroupEntry** result);

    [LibraryImport(Library)]
    public static partial int getgrgid_r(uint gid, GroupEntry* entry, byte* buffer, nuint size, GroupEntry** result);

    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct ResourceLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PasswordEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Uid;
        public uint Gid;
        public byte* Comment;
        public byte* Home;
        public byte* Shell;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct GroupEntry
    {
        public byte* Name;
        public byte* Password;
        public uint Gid;
        public byte** Members;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct StatxTime
    {
        public long Seconds;
        public uint Nanoseconds;
        private readonly int _reserved;
    }

    /// <summary>struct statx: the same on every architecture.</summary>
    [StructLayout(LayoutKind.Sequential, Size = 256)]
    public struct StatxBuffer
    {
        public uint Mask;
        public uint BlockSize;
        public ulong Attributes;
        public uint LinkCount;
        public uint Uid;
        public uint Gid;
        public ushort Mode;
        public ushort Spare;
        public ulong Inode;
        public ulong Size;
        public ulong Blocks;
        public ulong AttributesMask;
        public StatxTime Atime;
        public StatxTime Btime;
        public StatxTime Ctime;
        public StatxTime Mtime;
        public uint RdevMajor;
        public uint RdevMinor;
        public uint DeviceMajor;
        public uint DeviceMinor;
    }
}
