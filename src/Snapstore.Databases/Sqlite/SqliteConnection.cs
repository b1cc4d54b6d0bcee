using System.Runtime.InteropServices;
using System.Text;

namespace Snapstore.Databases.Sqlite;

/// <summary>A connection to a database file; for one thread at a time. All failures are <see cref="SqliteException"/>.</summary>
/// <remarks>Closing it, or any other descriptor of the same file in this process, drops the process's locks on that file.</remarks>
internal sealed unsafe class SqliteConnection : IDisposable
{
    private nint _database;

    private SqliteConnection(nint database) => _database = database;

    /// <summary>The library's version.</summary>
    public static string LibraryVersion => Marshal.PtrToStringUTF8((nint)SqliteNative.sqlite3_libversion()) ?? "";

    /// <summary>Rows that the last statement changed itself, not by triggers.</summary>
    public long Changes => SqliteNative.sqlite3_changes(Handle);

    /// <summary>True inside of BEGIN ... COMMIT.</summary>
    public bool IsInTransaction => SqliteNative.sqlite3_get_autocommit(Handle) == 0;

    /// <summary>The library's own handle.</summary>
    internal nint Handle
    {
        get
        {
            ObjectDisposedException.ThrowIf(_database == 0, this);
            return _database;
        }
    }

    /// <summary>Opens a file. SQLite looks at it only when it is first read.</summary>
    /// <param name="name">A path, or a URI of <see cref="UriOf"/>: raw bytes.</param>
    /// <param name="flags">SQLITE_OPEN_...</param>
    /// <param name="wait">How long a lock of others is waited for.</param>
    public static SqliteConnection Open(ReadOnlySpan<byte> name, int flags, TimeSpan wait)
    {
        SqliteNative.ThrowIfMissing();
        nint database;
        int code;
        fixed (byte* pointer = (byte[])[.. name, 0])
            code = SqliteNative.sqlite3_open_v2(pointer, &database, flags | SqliteNative.OpenNoMutex, null);
        SqliteConnection opened = new(database);
        if (code != 0)
        {
            SqliteException failure = new(code, database == 0 ? ErrorText(code) : opened.LastMessage());
            opened.Dispose();
            throw failure;
        }

        _ = SqliteNative.sqlite3_extended_result_codes(database, 1);
        _ = SqliteNative.sqlite3_busy_timeout(database, (int)wait.TotalMilliseconds);
        return opened;
    }

    /// <summary>The URI of a file that nobody changes: read as it is, without locks and without a WAL beside it.</summary>
    public static byte[] UriOf(ReadOnlySpan<byte> path)
    {
        StringBuilder uri = new("file:");
        foreach (byte b in path)
        {
            bool isPlain = b is (byte)'/' or (byte)'.' or (byte)'-' or (byte)'_' || char.IsAsciiLetterOrDigit((char)b);
            _ = isPlain ? uri.Append((char)b) : uri.Append('%').Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
        }

        return Encoding.ASCII.GetBytes(uri.Append("?immutable=1").ToString());
    }

    /// <summary>Runs one statement to its end.</summary>
    public void Run(string sql, params string[] values)
    {
        using SqliteStatement statement = Prepare(sql, values);
        while (statement.Step())
        {
        }
    }

    /// <summary>The first column of the first row as a number; 0 where there is no row.</summary>
    public long Number(string sql, params string[] values)
    {
        using SqliteStatement statement = Prepare(sql, values);
        return statement.Step() ? statement.Number(0) : 0;
    }

    /// <summary>The first column of the first row as text; "" where there is no row.</summary>
    public string Text(string sql, params string[] values)
    {
        using SqliteStatement statement = Prepare(sql, values);
        return statement.Step() ? statement.Text(0) : "";
    }

    /// <summary>The first column of all rows as text.</summary>
    public List<string> Texts(string sql, params string[] values)
    {
        using SqliteStatement statement = Prepare(sql, values);
        List<string> texts = [];
        while (statement.Step())
            texts.Add(statement.Text(0));
        return texts;
    }

    /// <summary>Prepares one statement whose parameters are these texts.</summary>
    public SqliteStatement Prepare(string sql, params string[] values)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(sql);
        nint statement;
        fixed (byte* pointer = (byte[])[.. bytes, 0])
        {
            byte* tail;
            Check(SqliteNative.sqlite3_prepare_v2(Handle, pointer, bytes.Length + 1, &statement, &tail));
            SqliteStatement prepared = new(this, statement);
            if (statement == 0 || !IsBlank(new ReadOnlySpan<byte>(tail, (int)(pointer + bytes.Length - tail))))
            {
                prepared.Dispose();
                throw new SqliteException(1, statement == 0 ? "there is no statement" : "there is more than one statement, or a bracket too many");
            }

            for (int i = 0; i < values.Length; i++)
                prepared.Bind(i + 1, values[i]);
            return prepared;
        }
    }

    /// <summary>Undoes the open transaction; nothing where there is none.</summary>
    public void RollBack()
    {
        if (IsInTransaction)
            Run("ROLLBACK");
    }

    /// <summary>Breaks off what runs on this connection; from any thread.</summary>
    public void Interrupt() => SqliteNative.sqlite3_interrupt(Handle);

    /// <summary>Throws what a result code stands for.</summary>
    public void Check(int code)
    {
        if (code != 0)
            throw new SqliteException(code, LastMessage());
    }

    /// <summary>A name in double quotes.</summary>
    public static string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    public void Dispose()
    {
        nint database = Interlocked.Exchange(ref _database, 0);
        if (database != 0)
            _ = SqliteNative.sqlite3_close_v2(database);
    }

    private string LastMessage() => Marshal.PtrToStringUTF8((nint)SqliteNative.sqlite3_errmsg(_database)) ?? "unknown error";

    private static string ErrorText(int code) => Marshal.PtrToStringUTF8((nint)SqliteNative.sqlite3_errstr(code)) ?? "unknown error";

    private static bool IsBlank(ReadOnlySpan<byte> tail) => tail.IndexOfAnyExcept(" \t\r\n;"u8) < 0;
}
