using Snapstore.Formats;
using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Databases.Sqlite;

/// <summary>SQLite databases among other files: each is captured as the database that its file and its log make together.</summary>
public static class SqliteFiles
{
    // A directory may hold many that are locked: the first look waits for less than the reading itself.
    private static readonly TimeSpan LookWait = TimeSpan.FromSeconds(2), ReadWait = TimeSpan.FromSeconds(30);

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>For `FileSelection.Databases`.</summary>
    public static DatabaseFiles Consistently { get; } = new(IsDatabase, Refusal, (path, file) => Open(path, file, ReadWait));

    /// <summary>True where a file that begins like this is a SQLite database.</summary>
    internal static bool IsDatabase(ReadOnlySpan<byte> start) => start.StartsWith(Magic);

    private static string? Refusal(byte[] path, FileHandle file)
    {
        try
        {
            Open(path, file, LookWait).Dispose();
            return null;
        }
        catch (Exception e) when (e is IOException or SourceException or UnsupportedException)
        {
            return e.Message;
        }
    }

    private static Content Open(byte[] path, FileHandle file, TimeSpan wait)
    {
        try
        {
            // What a program left half done stays so: only who names the database itself has it put in order.
            SqlitePages pages = SqlitePages.Open(path, file, wait, mayRollBack: false);
            bool isSame = StillFile.StatOf(path) is { } stat && stat.Inode == file.Stat().Inode && stat.Device == file.Stat().Device;
            if (isSame)
                return new Content(pages, file);
            pages.Dispose();
            throw new SourceException("it was replaced while it was opened");
        }
        catch (SqliteException e)
        {
            throw new SourceException(e.Code == SqliteException.ReadOnlyRollback
                ? "a program that was killed left a transaction half done; open it once with that program, or with sqlite3"
                : e.Message, e);
        }
    }

    private sealed class Content(SqlitePages pages, FileHandle file) : IFileContent
    {
        public int Read(long offset, Span<byte> buffer) => pages.Read(offset, buffer);

        public (long Start, long End)? NextData(long offset) => (offset, long.MaxValue);

        public ExtendedAttribute[] Attributes() => EntryCapture.Convert(ExtendedAttributes.Read(file));

        public string? ChangedWhileRead(long bytesRead)
        {
            try
            {
                pages.ThrowIfMoved();
                return null;
            }
            catch (IOException e)
            {
                return $"a database: {e.Message}; the snapshot may hold a mixture";
            }
        }

        public void Dispose() => pages.Dispose();
    }
}
