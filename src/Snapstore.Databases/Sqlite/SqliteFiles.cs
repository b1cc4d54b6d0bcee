namespace Snapstore.Databases.Sqlite;

/// <summary>SQLite databases among other files.</summary>
public static class SqliteFiles
{
    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>True where a file that begins like this is a SQLite database.</summary>
    internal static bool IsDatabase(ReadOnlySpan<byte> start) => start.StartsWith(Magic);
}
