namespace Snapstore.Posix;

/// <summary>What a name stands for; the same numbers as in stored trees.</summary>
internal enum FileKind : byte
{
    File = 1,
    Directory = 2,
    Symlink = 3,
    Fifo = 4,
    Socket = 5,
    CharacterDevice = 6,
    BlockDevice = 7,
}

/// <summary>The metadata of one inode, as statx gives it.</summary>
internal readonly record struct FileStat
{
    private const int TypeMask = 0xf000;

    public FileStat(in Native.StatxBuffer buffer)
    {
        Kind = (buffer.Mode & TypeMask) switch
        {
            0x8000 => FileKind.File,
            0x4000 => FileKind.Directory,
            0xa000 => FileKind.Symlink,
            0x1000 => FileKind.Fifo,
            0xc000 => FileKind.Socket,
            0x2000 => FileKind.CharacterDevice,
            _ => FileKind.BlockDevice,
        };
        Mode = buffer.Mode & 0xfff;
        Uid = buffer.Uid;
        Gid = buffer.Gid;
        Size = (long)Math.Min(buffer.Size, long.MaxValue);
        Blocks = (long)Math.Min(buffer.Blocks, long.MaxValue / 512);
        MtimeSeconds = buffer.Mtime.Seconds;
        MtimeNanoseconds = (int)buffer.Mtime.Nanoseconds;
        CtimeSeconds = buffer.Ctime.Seconds;
        CtimeNanoseconds = (int)buffer.Ctime.Nanoseconds;
        Inode = buffer.Inode;
        Device = ((ulong)buffer.DeviceMajor << 32) | buffer.DeviceMinor;
        LinkCount = buffer.LinkCount;
        RdevMajor = buffer.RdevMajor;
        RdevMinor = buffer.RdevMinor;
    }

    public FileKind Kind { get; }

    /// <summary>The 12 permission bits.</summary>
    public int Mode { get; }

    public uint Uid { get; }

    public uint Gid { get; }

    /// <summary>Bytes.</summary>
    public long Size { get; private init; }

    /// <summary>Units of 512 bytes on disk.</summary>
    public long Blocks { get; }

    public long MtimeSeconds { get; private init; }

    public int MtimeNanoseconds { get; private init; }

    public long CtimeSeconds { get; private init; }

    public int CtimeNanoseconds { get; private init; }

    public ulong Inode { get; }

    /// <summary>Major number in the upper half, minor in the lower.</summary>
    public ulong Device { get; }

    public ulong LinkCount { get; }

    public uint RdevMajor { get; }

    public uint RdevMinor { get; }

    /// <summary>The same with another length, and with the time of the last write to another file where that was later: of a
    /// file whose content lies partly in that one. The other's ctime says nothing: SQLite sets its owner whenever it opens it.</summary>
    public FileStat With(in FileStat other, long size)
    {
        (long Seconds, int Nanoseconds) written = (other.MtimeSeconds, other.MtimeNanoseconds);
        bool isWrittenLater = written.CompareTo((MtimeSeconds, MtimeNanoseconds)) > 0;
        bool isChangedLater = written.CompareTo((CtimeSeconds, CtimeNanoseconds)) > 0;
        return this with
        {
            Size = size,
            MtimeSeconds = isWrittenLater ? written.Seconds : MtimeSeconds,
            MtimeNanoseconds = isWrittenLater ? written.Nanoseconds : MtimeNanoseconds,
            CtimeSeconds = isChangedLater ? written.Seconds : CtimeSeconds,
            CtimeNanoseconds = isChangedLater ? written.Nanoseconds : CtimeNanoseconds,
        };
    }
}
