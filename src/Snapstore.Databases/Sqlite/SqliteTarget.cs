using System.Text;

namespace Snapstore.Databases.Sqlite;

/// <summary>A live database with a captured one beside it, on one connection.</summary>
internal sealed class SqliteTarget : IDisposable
{
    /// <summary>The name under which the captured database is attached; the live one is "main".</summary>
    public const string Captured = "snapstore_captured";

    private SqliteTarget(string path, SqliteConnection connection)
    {
        Path = path;
        Connection = connection;
    }

    /// <summary>Where the live database is.</summary>
    public string Path { get; }

    /// <summary>The connection.</summary>
    public SqliteConnection Connection { get; }

    /// <summary>Opens both.</summary>
    /// <param name="path">The live database.</param>
    /// <param name="staged">The file of the captured one, which nobody else knows.</param>
    /// <param name="create">True makes the live one where there is none.</param>
    /// <param name="wait">How long a lock of others is waited for.</param>
    /// <exception cref="UsageException">The two cannot stand side by side.</exception>
    public static SqliteTarget Open(string path, string staged, bool create, TimeSpan wait)
    {
        int flags = SqliteNative.OpenReadWrite | SqliteNative.OpenUri | (create ? SqliteNative.OpenCreate : 0);
        SqliteTarget target = new(path, SqliteConnection.Open(Encoding.UTF8.GetBytes(path), flags, wait));
        try
        {
            target.Attach(staged);
            return target;
        }
        catch
        {
            target.Dispose();
            throw;
        }
    }

    /// <summary>The table of this name as one of the databases writes it (SQLite compares names without regard to case); null
    /// where it has none.</summary>
    public string? Find(string database, string table) =>
        Connection.Texts($"SELECT name FROM {SqliteConnection.Quote(database)}.sqlite_master WHERE type = 'table' AND lower(name) = lower(?)", table).FirstOrDefault();

    /// <summary>The captured table of this name.</summary>
    /// <exception cref="UsageException">There is none, or it cannot be restored by itself.</exception>
    public string FindCaptured(string table)
    {
        string plain = table.StartsWith("main.", StringComparison.OrdinalIgnoreCase) ? table["main.".Length..] : table;
        string found = Find(Captured, table) ?? Find(Captured, plain) ?? throw new UsageException($"the snapshot has no table {table}; it has: {Names(Captured)}");
        string? kind = SqliteCatalog.Kinds(Connection, Captured).GetValueOrDefault(found).Name;
        if (found.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"{found} is SQLite's own table and cannot be restored by itself");
        return kind != "shadow" ? found : throw new UsageException($"{found} is a part of a virtual table; restore that one, or the whole database");
    }

    /// <summary>Names of tables, for people.</summary>
    public string Names(string database)
    {
        List<string> names = Connection.Texts($"SELECT name FROM {SqliteConnection.Quote(database)}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name LIMIT 20");
        return names.Count == 0 ? "none" : string.Join(", ", names) + (names.Count == 20 ? ", ..." : "");
    }

    public void Dispose() => Connection.Dispose();

    private void Attach(string staged)
    {
        // An empty database takes the encoding of the captured one; of any other it is fixed.
        if (Connection.Number("SELECT count(*) FROM sqlite_master") == 0)
        {
            using SqliteConnection other = SqliteConnection.Open(
                SqliteConnection.UriOf(Encoding.UTF8.GetBytes(staged)), SqliteNative.OpenReadOnly | SqliteNative.OpenUri, TimeSpan.Zero);
            Connection.Run($"PRAGMA encoding = '{other.Text("PRAGMA encoding")}'");
        }

        try
        {
            Connection.Run($"ATTACH ? AS {Captured}", Encoding.ASCII.GetString(SqliteConnection.UriOf(Encoding.UTF8.GetBytes(staged))));
            _ = Find(Captured, "");
        }
        catch (SqliteException e) when (e.Message.Contains("encoding", StringComparison.Ordinal))
        {
            throw new UsageException($"sqlite:{Path} keeps text in another encoding than the captured database, and SQLite cannot use both at once: restore the whole database to another file");
        }
    }
}
