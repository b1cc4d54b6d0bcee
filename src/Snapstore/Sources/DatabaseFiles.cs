using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>How databases that lie among files are told from other files and read in one consistent state. Whoever knows a
/// kind of database makes one (Snapstore.Databases, for SQLite).</summary>
public sealed class DatabaseFiles
{
    /// <summary>Bytes at the beginning of a file by which a database is told.</summary>
    internal const int StartLength = 16;

    /// <summary>A file's length is a multiple of this where it is a database: spares opening most others.</summary>
    internal const int SizeUnit = 512;

    /// <summary>What a database's name is extended by to name its write-ahead log.</summary>
    internal static readonly byte[] LogEnding = "-wal"u8.ToArray();

    /// <summary>What a database's name is extended by to name the files whose content is in what is captured of it.</summary>
    internal static readonly byte[][] Endings = [LogEnding, "-shm"u8.ToArray(), "-journal"u8.ToArray()];

    internal DatabaseFiles(StartTest isDatabase, Func<byte[], FileHandle, string?> refusal, Func<byte[], FileHandle, IFileContent> open)
    {
        IsDatabase = isDatabase;
        Refusal = refusal;
        Open = open;
    }

    /// <summary>True for a name that may be that of a file beside a database.</summary>
    internal static bool IsCompanion(ReadOnlySpan<byte> name)
    {
        foreach (byte[] ending in Endings)
        {
            if (name.EndsWith(ending))
                return true;
        }

        return false;
    }

    /// <summary>Tells a database by its beginning.</summary>
    internal delegate bool StartTest(ReadOnlySpan<byte> start);

    /// <summary>True where a file that begins like this is a database.</summary>
    internal StartTest IsDatabase { get; }

    /// <summary>Why a database cannot be read consistently now; null where it can. Takes the open file over.</summary>
    internal Func<byte[], FileHandle, string?> Refusal { get; }

    /// <summary>Opens a database, given its path and the open file, which it takes over; an IOException or
    /// <see cref="SourceException"/> says that it cannot be read consistently.</summary>
    internal Func<byte[], FileHandle, IFileContent> Open { get; }
}
