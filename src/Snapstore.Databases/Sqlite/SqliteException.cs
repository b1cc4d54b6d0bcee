namespace Snapstore.Databases.Sqlite;

/// <summary>What the SQLite library answered; never leaves this folder: see <see cref="ToSource"/>.</summary>
/// <param name="code">The extended result code (sqlite.org/rescode.html).</param>
/// <param name="message">The library's own words.</param>
internal sealed class SqliteException(int code, string message) : Exception(message)
{
    public const int Busy = 5, Locked = 6, ReadOnly = 8, Io = 10, Corrupt = 11, Full = 13, CannotOpen = 14, NoDatabase = 26;
    public const int ReadOnlyRollback = ReadOnly | (3 << 8);

    /// <summary>The extended result code.</summary>
    public int Code { get; } = code;

    /// <summary>The lower eight bits: the result code without its extension.</summary>
    public int BasicCode => Code & 0xff;

    /// <summary>The same in words for the user: what, where, what to do next.</summary>
    public SourceException ToSource(string path) => new(BasicCode switch
    {
        Busy or Locked => $"sqlite:{path} is locked by another program, and stayed so; run again when that has finished ({Message})",
        NoDatabase => NoDatabaseText(path),
        Corrupt => $"sqlite:{path} is damaged ({Message}); look at it with: sqlite3 {path} 'PRAGMA integrity_check'",
        CannotOpen => $"sqlite:{path} cannot be opened ({Message}); see that this user may read it and its directory",
        ReadOnly => $"sqlite:{path} cannot be written by this user ({Message}); run as its owner",
        Full => $"sqlite:{path}: the disk is full ({Message})",
        _ => $"sqlite:{path}: {Message}",
    }, this);

    /// <summary>What is said of a file that is no database.</summary>
    public static string NoDatabaseText(string path) =>
        $"sqlite:{path} is no SQLite database, or it is encrypted, and encrypted databases can only be captured as files: snapstore snapshot FILE";
}
