using Snapstore.Posix;

namespace Snapstore.Databases.Sqlite;

/// <summary>How a file was, to see later whether somebody has written to it; also one that was not there.</summary>
internal sealed class StillFile
{
    // The coarsest tick of Linux' file times (HZ=100), twice: a change within the tick of the one before leaves the time as it is.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    private readonly byte[] _path;
    private readonly FileStat? _stat;

    private StillFile(byte[] path, FileStat? stat)
    {
        _path = path;
        _stat = stat;
    }

    /// <summary>How it is now.</summary>
    public static StillFile Of(byte[] path)
    {
        Thread.Sleep(Tick);
        return new StillFile(path, StatOf(path));
    }

    /// <summary>Bytes of a file; -1 where there is none.</summary>
    public static long LengthOf(byte[] path) => StatOf(path)?.Size ?? -1;

    /// <summary>Opens a file for reading; a link is refused.</summary>
    public static FileHandle Open(byte[] path)
    {
        (byte[] folder, byte[] name) = Split(path);
        using DirectoryHandle directory = DirectoryHandle.Open(folder);
        return directory.OpenForReading(name);
    }

    /// <summary>The metadata of a name; null where there is none.</summary>
    public static FileStat? StatOf(byte[] path)
    {
        (byte[] folder, byte[] name) = Split(path);
        using DirectoryHandle directory = DirectoryHandle.Open(folder);
        return directory.StatIfThere(name);
    }

    /// <summary>True where nobody has written to it since.</summary>
    public bool IsSame() => (StatOf(_path), _stat) switch
    {
        (null, null) => true,
        ({ } now, { } then) => now.Inode == then.Inode && now.Size == then.Size
            && now.MtimeSeconds == then.MtimeSeconds && now.MtimeNanoseconds == then.MtimeNanoseconds,
        _ => false,
    };

    private static (byte[] Folder, byte[] Name) Split(byte[] path)
    {
        int slash = path.AsSpan().LastIndexOf((byte)'/');
        return slash < 0 ? ("."u8.ToArray(), path) : (path[..Math.Max(slash, 1)], path[(slash + 1)..]);
    }
}
