using System.Text;

namespace Snapstore.Databases.Sqlite;

/// <summary>Storage classes of values (sqlite3.h).</summary>
internal enum SqliteType
{
    Integer = 1,
    Real = 2,
    Text = 3,
    Blob = 4,
    Null = 5,
}

/// <summary>A prepared statement.</summary>
internal sealed unsafe class SqliteStatement(SqliteConnection connection, nint statement) : IDisposable
{
    private const int Row = 100, Done = 101;
    private static readonly nint Transient = -1; // SQLITE_TRANSIENT: the library copies the value

    private nint _statement = statement;

    /// <summary>Columns of a row.</summary>
    public int ColumnCount => SqliteNative.sqlite3_column_count(_statement);

    /// <summary>The next row; false behind the last.</summary>
    public bool Step()
    {
        int code = SqliteNative.sqlite3_step(_statement);
        if (code is not (Row or Done))
            connection.Check(code);
        return code == Row;
    }

    /// <summary>Binds a text.</summary>
    public void Bind(int index, string value)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(value);
        fixed (byte* pointer = (byte[])[.. bytes, 0])
            connection.Check(SqliteNative.sqlite3_bind_text(_statement, index, pointer, bytes.Length, Transient));
    }

    /// <summary>The storage class of a value.</summary>
    public SqliteType Type(int column) => (SqliteType)SqliteNative.sqlite3_column_type(_statement, column);

    /// <summary>A value as a number.</summary>
    public long Number(int column) => SqliteNative.sqlite3_column_int64(_statement, column);

    /// <summary>A value as a floating point number.</summary>
    public double Real(int column) => SqliteNative.sqlite3_column_double(_statement, column);

    /// <summary>A value as text; "" for null.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(TextBytes(column));

    /// <summary>A value as UTF-8; valid until the next step.</summary>
    public ReadOnlySpan<byte> TextBytes(int column)
    {
        byte* text = SqliteNative.sqlite3_column_text(_statement, column);
        return text is null ? default : new ReadOnlySpan<byte>(text, SqliteNative.sqlite3_column_bytes(_statement, column));
    }

    /// <summary>A value as bytes; valid until the next step.</summary>
    public ReadOnlySpan<byte> Blob(int column)
    {
        byte* bytes = SqliteNative.sqlite3_column_blob(_statement, column);
        return bytes is null ? default : new ReadOnlySpan<byte>(bytes, SqliteNative.sqlite3_column_bytes(_statement, column));
    }

    public void Dispose() => _ = SqliteNative.sqlite3_finalize(Interlocked.Exchange(ref _statement, 0));
}
