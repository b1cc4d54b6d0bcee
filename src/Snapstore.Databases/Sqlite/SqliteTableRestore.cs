using System.Text.RegularExpressions;
using Snapstore.Hashing;

namespace Snapstore.Databases.Sqlite;

/// <summary>Restores one table, under its own or another name, in one transaction of the live database.</summary>
internal sealed partial class SqliteTableRestore(SqliteTarget target, DatabaseRestoreRequest request, DatabaseDescription description)
{
    // Those whose rows, once inserted again, are all that they hold.
    private static readonly string[] VirtualModules = ["fts3", "fts4", "fts5", "rtree", "rtree_i32"];

    private readonly SqliteConnection _connection = target.Connection;
    private readonly List<string> _notes = [], _problems = [];

    public DatabaseRestoreReport Run()
    {
        string table = target.FindCaptured(request.Table!);
        string name = request.TableAs ?? table;
        if (name.Length == 0 || name.StartsWith("sqlite_", StringComparison.OrdinalIgnoreCase))
            throw new UsageException($"no table may be called '{name}'");
        RefuseVirtual(table);
        long? expected = description.Tables.FirstOrDefault(described => described.Name == table)?.Rows;
        string? replaced = Existing(name);
        if (request.DryRun)
        {
            if (replaced is not null)
                _notes.Add($"would replace {replaced}");
            return Report(new TableOutcome(name, expected ?? SqliteCatalog.Count(_connection, SqliteTarget.Captured, table), expected, IsVerified: false), []);
        }

        if (replaced is not null && !request.Confirm($"sqlite:{target.Path} has {replaced}: it is removed, and that of the snapshot takes its place"))
            throw new UsageException("not confirmed; nothing was changed");
        return Replace(table, name, expected, replaced);
    }

    private DatabaseRestoreReport Replace(string table, string name, long? expected, string? replaced)
    {
        _connection.Run("PRAGMA foreign_keys = OFF"); // rows of other tables that refer to this one stay as they are
        _connection.Run("BEGIN IMMEDIATE");
        try
        {
            if (Existing(name) != replaced)
                throw new SourceException($"table {name} of sqlite:{target.Path} was changed meanwhile; nothing was changed by this restore, run again");
            if (target.Find("main", name) is { } old)
                _connection.Run($"DROP TABLE {SqliteCatalog.Qualified("main", old)}");
            // Under its own name to the letter as it was, so that its definition stays the same text.
            _connection.Run(table == name ? DefinitionOf(table) : SqliteDefinition.OfTable(DefinitionOf(table), name));
            string columns = CopyRows(table, name);
            CopySequence(table, name);
            List<(string, long)> objects = Recreate(table, name);
            long rows = SqliteCatalog.Count(_connection, "main", name);
            bool isSame = IsAsCaptured(table, name, columns, rows, expected);
            if (replaced is not null)
                DatabaseRestoreReport.RefuseToReplace(_problems, "restore the table beside it (--as NAME) and look");
            NoteOrphans(name);
            _connection.Run("COMMIT");
            return Report(new TableOutcome(name, rows, expected, isSame), objects);
        }
        catch
        {
            _connection.RollBack();
            throw;
        }
    }

    // What stands under this name, in words; null where nothing does.
    private string? Existing(string name)
    {
        string kind = _connection.Text("SELECT type FROM main.sqlite_master WHERE lower(name) = lower(?)", name);
        if (kind.Length == 0)
            return null;
        if (kind != "table")
            throw new UsageException($"sqlite:{target.Path} has a {kind} {name}; give the table another name with --as");
        List<string> more = _connection.Texts("SELECT type || ' ' || name FROM main.sqlite_master WHERE lower(tbl_name) = lower(?) AND type <> 'table' AND sql IS NOT NULL ORDER BY 1", name);
        long rows = SqliteCatalog.Count(_connection, "main", name);
        return $"a table {name} with {rows} rows{(more.Count > 0 ? $" and its {string.Join(", ", more)}" : "")}";
    }

    private string DefinitionOf(string table) =>
        _connection.Text($"SELECT sql FROM {SqliteTarget.Captured}.sqlite_master WHERE type = 'table' AND name = ?", table);

    private void RefuseVirtual(string table)
    {
        if (!IsVirtual(table))
            return;
        (string module, string arguments) = SqliteDefinition.OfVirtual(DefinitionOf(table));
        if (!VirtualModules.Contains(module) || OtherContent().IsMatch(arguments))
            throw new UsageException($"{table} is a virtual table ({module}) whose rows alone do not make it up; restore the whole database, to another path, and take it from there");
    }

    private bool IsVirtual(string table) => SqliteCatalog.Kinds(_connection, SqliteTarget.Captured).GetValueOrDefault(table).Name == "virtual";

    // With the row ids, which other tables may hold, where the table has such and a name for them.
    private string CopyRows(string table, string name)
    {
        List<string> columns = [.. SqliteCatalog.Columns(_connection, SqliteTarget.Captured, table).Select(column => SqliteConnection.Quote(column.Name))];
        if (RowId(table) is { } rowId)
            columns.Insert(0, rowId);
        string list = string.Join(", ", columns);
        _connection.Run($"INSERT INTO {SqliteCatalog.Qualified("main", name)} ({list}) SELECT {list} FROM {SqliteCatalog.Qualified(SqliteTarget.Captured, table)}");
        return list;
    }

    // Null where the rows have no number of their own, or no name for it is left; an R-tree's stands in its first column.
    private string? RowId(string table)
    {
        bool isNumbered = !SqliteCatalog.Kinds(_connection, SqliteTarget.Captured).GetValueOrDefault(table).IsWithoutRowId
            && !(IsVirtual(table) && SqliteDefinition.OfVirtual(DefinitionOf(table)).Module.StartsWith("rtree", StringComparison.Ordinal));
        if (!isNumbered)
            return null;
        List<string> names = _connection.Texts("SELECT lower(name) FROM pragma_table_xinfo(?, ?)", table, SqliteTarget.Captured);
        return ((string[])["rowid", "_rowid_", "oid"]).FirstOrDefault(alias => !names.Contains(alias));
    }

    // What AUTOINCREMENT counts from; the insert has set it to the highest row that is there.
    private void CopySequence(string table, string name)
    {
        if (target.Find(SqliteTarget.Captured, "sqlite_sequence") is null || target.Find("main", "sqlite_sequence") is null)
            return;
        string last = _connection.Text($"SELECT seq FROM {SqliteTarget.Captured}.sqlite_sequence WHERE name = ?", table);
        if (last.Length == 0)
            return;
        _connection.Run("DELETE FROM main.sqlite_sequence WHERE name = ?", name);
        _connection.Run("INSERT INTO main.sqlite_sequence (name, seq) VALUES (?, CAST(? AS INTEGER))", name, last);
    }

    private List<(string Kind, long Count)> Recreate(string table, string name)
    {
        List<(string Name, string Sql)> indexes = Definitions(table, "index"), triggers = Definitions(table, "trigger");
        bool isRenamed = !string.Equals(table, name, StringComparison.Ordinal);
        foreach ((string index, string sql) in indexes)
            _connection.Run(isRenamed ? SqliteDefinition.OfIndex(sql, $"{name}_{index}", name) : sql);
        if (isRenamed && _connection.Number("SELECT count(*) FROM pragma_foreign_key_list(?, 'main') WHERE lower(\"table\") = lower(?)", name, table) > 0)
            _notes.Add($"{name} has a foreign key that names {table}, as {table} had");
        if (isRenamed && triggers.Count > 0)
        {
            _notes.Add($"triggers not made, for they name {table}: {string.Join(", ", triggers.Select(trigger => trigger.Name))}");
            triggers.Clear();
        }

        foreach ((_, string sql) in triggers)
            _connection.Run(sql);
        return [.. ((string Kind, long Count)[])[("index", indexes.Count), ("trigger", triggers.Count)]];
    }

    private List<(string Name, string Sql)> Definitions(string table, string type)
    {
        using SqliteStatement rows = _connection.Prepare(
            $"SELECT name, sql FROM {SqliteTarget.Captured}.sqlite_master WHERE type = ? AND tbl_name = ? AND sql IS NOT NULL ORDER BY rowid", type, table);
        List<(string, string)> found = [];
        while (rows.Step())
            found.Add((rows.Text(0), rows.Text(1)));
        return found;
    }

    private bool IsAsCaptured(string table, string name, string columns, long rows, long? expected)
    {
        bool isSame = expected is null || rows == expected;
        if (!isSame)
            _problems.Add($"table {name} has {rows} rows instead of {expected}");
        if (request.Verify && HashRows(SqliteTarget.Captured, table, columns) != HashRows("main", name, columns))
        {
            _problems.Add($"table {name} reads back with other values than the snapshot has");
            isSame = false;
        }

        return isSame;
    }

    // Both copies were filled in the same order.
    private string HashRows(string database, string table, string columns)
    {
        using SqliteStatement rows = _connection.Prepare($"SELECT {columns} FROM {SqliteCatalog.Qualified(database, table)} NOT INDEXED");
        Blake3Hasher hash = new();
        byte[] head = new byte[9];
        while (rows.Step())
        {
            for (int column = 0; column < rows.ColumnCount; column++)
            {
                SqliteType type = rows.Type(column);
                ReadOnlySpan<byte> value = type == SqliteType.Blob ? rows.Blob(column) : type == SqliteType.Text ? rows.TextBytes(column) : default;
                head[0] = (byte)type;
                long number = type switch
                {
                    SqliteType.Integer => rows.Number(column),
                    SqliteType.Real => BitConverter.DoubleToInt64Bits(rows.Real(column)),
                    _ => value.Length,
                };
                _ = BitConverter.TryWriteBytes(head.AsSpan(1), number);
                hash.Update(head);
                hash.Update(value);
            }
        }

        byte[] sum = new byte[32];
        hash.Finish(sum);
        return Convert.ToHexStringLower(sum);
    }

    private void NoteOrphans(string name)
    {
        try
        {
            ReadOrphans(name);
        }
        catch (SqliteException e)
        {
            _notes.Add($"foreign keys could not be checked: {e.Message}");
        }
    }

    private void ReadOrphans(string name)
    {
        using SqliteStatement rows = _connection.Prepare("SELECT count(*), \"table\", parent FROM pragma_foreign_key_check WHERE lower(\"table\") = lower(?1) OR lower(parent) = lower(?1) GROUP BY 2, 3", name);
        while (rows.Step())
            _notes.Add($"{rows.Number(0)} rows of {rows.Text(1)} name rows of {rows.Text(2)} that do not exist (PRAGMA foreign_key_check)");
    }

    [GeneratedRegex(@"\b(content\w*|languageid)\s*=", RegexOptions.IgnoreCase)]
    private static partial Regex OtherContent();

    private DatabaseRestoreReport Report(TableOutcome table, List<(string Kind, long Count)> objects) => new()
    {
        Tables = [table],
        Objects = [.. objects.Where(found => found.Count > 0)],
        Problems = _problems,
        Notes = _notes,
    };
}
