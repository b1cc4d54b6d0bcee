using System.Text;

namespace Snapstore.Databases.Sqlite;

/// <summary>What a database holds, as its own schema says: tables with columns, keys and rows, and everything else.</summary>
internal static class SqliteCatalog
{
    /// <summary>Names of the properties of a table.</summary>
    public const string KindProperty = "kind", WithoutRowIdProperty = "without_rowid", StrictProperty = "strict";

    private const int TableListVersion = 3037000; // the first library with PRAGMA table_list

    /// <summary>The tables of a database attached under this name, in the order of their names, each row counted.</summary>
    public static List<TableDescription> Tables(SqliteConnection connection, string database, CancellationToken cancel)
    {
        List<TableDescription> tables = [];
        Dictionary<string, SqliteTableKind> kinds = Kinds(connection, database);
        foreach (string name in connection.Texts($"SELECT name FROM {SqliteConnection.Quote(database)}.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"))
        {
            cancel.ThrowIfCancellationRequested();
            (string? kind, bool isWithoutRowId, bool isStrict) = kinds.GetValueOrDefault(name, new SqliteTableKind("table", false, false));
            if (kind == "virtual")
                continue;
            SortedDictionary<string, string> properties = [];
            if (kind is not (null or "table"))
                properties[KindProperty] = kind;
            if (isWithoutRowId)
                properties[WithoutRowIdProperty] = "true";
            if (isStrict)
                properties[StrictProperty] = "true";
            tables.Add(new TableDescription
            {
                Name = name,
                Rows = Count(connection, database, name),
                Columns = Columns(connection, database, name),
                Key = Key(connection, database, name),
                Order = isWithoutRowId ? "key" : "heap",
                Properties = properties,
            });
        }

        return tables;
    }

    /// <summary>Everything that is no table with rows of its own: virtual tables, views, indexes, triggers.</summary>
    public static List<ObjectDescription> Objects(SqliteConnection connection)
    {
        Dictionary<string, SqliteTableKind> kinds = Kinds(connection, "main");
        using SqliteStatement rows = connection.Prepare("SELECT type, name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY type, name");
        List<ObjectDescription> objects = [];
        while (rows.Step())
        {
            (string type, string name) = (rows.Text(0), rows.Text(1));
            bool isVirtual = kinds.TryGetValue(name, out SqliteTableKind kind) && kind.Name == "virtual";
            if (type != "table" || isVirtual)
                objects.Add(new ObjectDescription(isVirtual ? "virtual table" : type, "", name, SqliteSource.SchemaFile));
        }

        return objects;
    }

    /// <summary>All definitions as they were written, in the order in which they were made.</summary>
    public static byte[] Schema(SqliteConnection connection)
    {
        StringBuilder text = new();
        foreach (string sql in connection.Texts("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid"))
            text.Append(sql).Append(";\n");
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Rows of a table.</summary>
    public static long Count(SqliteConnection connection, string database, string table) =>
        connection.Number($"SELECT count(*) FROM {Qualified(database, table)}");

    /// <summary>The columns that hold values of their own: not those that are computed.</summary>
    public static List<ColumnDescription> Columns(SqliteConnection connection, string database, string table)
    {
        using SqliteStatement rows = connection.Prepare(
            $"SELECT name, type, \"notnull\" FROM pragma_table_xinfo(?, ?) WHERE hidden = 0 ORDER BY cid", table, database);
        List<ColumnDescription> columns = [];
        while (rows.Step())
            columns.Add(new ColumnDescription(rows.Text(0), rows.Text(1), IsNullable: rows.Number(2) == 0));
        return columns;
    }

    /// <summary>The columns of the primary key, or of a unique index without nulls; empty where there is neither.</summary>
    public static List<string> Key(SqliteConnection connection, string database, string table)
    {
        List<string> primary = connection.Texts("SELECT name FROM pragma_table_info(?, ?) WHERE pk > 0 ORDER BY pk", table, database);
        if (primary.Count > 0)
            return primary;
        foreach (string index in connection.Texts("SELECT name FROM pragma_index_list(?, ?) WHERE \"unique\" AND NOT partial ORDER BY seq", table, database))
        {
            List<string> columns = connection.Texts("SELECT coalesce(name, '') FROM pragma_index_info(?, ?) ORDER BY seqno", index, database);
            if (columns.All(column => connection.Number("SELECT \"notnull\" FROM pragma_table_info(?, ?) WHERE name = ?", table, database, column) == 1))
                return columns;
        }

        return [];
    }

    /// <summary>`"database"."table"`.</summary>
    public static string Qualified(string database, string table) => $"{SqliteConnection.Quote(database)}.{SqliteConnection.Quote(table)}";

    /// <summary>What kind each table is.</summary>
    public static Dictionary<string, SqliteTableKind> Kinds(SqliteConnection connection, string database)
    {
        bool isListed = SqliteNative.sqlite3_libversion_number() >= TableListVersion;
        using SqliteStatement rows = connection.Prepare(isListed
            ? "SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = ?"
            : $"SELECT name, iif(sql LIKE 'CREATE VIRTUAL%', 'virtual', 'table'), sql LIKE '%WITHOUT%ROWID%', 0 FROM {SqliteConnection.Quote(database)}.sqlite_master WHERE type = 'table' AND ? IS NOT NULL", database);
        Dictionary<string, SqliteTableKind> kinds = new(StringComparer.Ordinal);
        while (rows.Step())
            kinds[rows.Text(0)] = new SqliteTableKind(rows.Text(1), rows.Number(2) != 0, rows.Number(3) != 0);
        return kinds;
    }
}

/// <summary>What kind a table is.</summary>
/// <param name="Name">"table", "virtual", "shadow" (the rows of a virtual one), "view"; null for the default of this type.</param>
/// <param name="IsWithoutRowId">True where its rows are kept by their key alone.</param>
/// <param name="IsStrict">True where types are enforced.</param>
internal readonly record struct SqliteTableKind(string? Name, bool IsWithoutRowId, bool IsStrict);
