namespace Snapstore.Databases.MySql;

/// <summary>Works out how a table is read: which columns, in which order, by which index.</summary>
/// <param name="table">The table.</param>
/// <param name="columns">Of each column: table, name, data type, column type, YES/NO, character set, expression.</param>
/// <param name="keys">Of each column of unique keys, the primary key first: table, key, column, prefix, nullable, A/D.</param>
/// <param name="canHaveHistory">True where the server can take a history back.</param>
internal sealed class TableQuery(ListedTable table, string?[][] columns, string?[][] keys, bool canHaveHistory)
{
    private const string RowStart = "ROW START", RowEnd = "ROW END";

    /// <summary>The table with its query.</summary>
    public MySqlTable Build(byte[] definition)
    {
        List<MySqlColumn> captured = [.. columns.Where(row => string.IsNullOrEmpty(row[6])).Select(Column)];
        bool hasHistory = table.Kind == "SYSTEM VERSIONED" && canHaveHistory && !IsByTransaction();
        if (hasHistory)
            captured.AddRange([Period(RowStart, "row_start"), Period(RowEnd, "row_end")]);
        (string? index, string?[][] key) = ChooseKey();
        string list = captured.Count == 0 ? "1" : string.Join(", ", captured.Select(column => column.Expression));
        string history = hasHistory ? " FOR SYSTEM_TIME ALL" : "";
        string order = Order(key, hasHistory);
        string select = $"SELECT {list} FROM {table.SqlName}{history}{Hint(index, hasHistory)}{order}";
        return new MySqlTable(table, definition, captured, [.. key.Select(row => row[2]!)], select, order, hasHistory);
    }

    private static MySqlColumn Column(string?[] row) => MySqlColumn.Of(row[1]!, row[2]!, row[3]!, row[4] == "YES", row[5]);

    // Versions numbered by transactions mean nothing on another server.
    private bool IsByTransaction() => columns.Any(row => row[6] == RowStart && row[2] == "bigint");

    private MySqlColumn Period(string expression, string usualName)
    {
        string name = columns.FirstOrDefault(row => row[6] == expression)?[1] ?? usualName;
        return new MySqlColumn(name, "timestamp(6)", false, MySqlColumn.TextForm, Sql.Name(name));
    }

    private (string? Index, string?[][] Columns) ChooseKey()
    {
        foreach (IGrouping<string?, string?[]> key in keys.GroupBy(row => row[1]))
        {
            if (key.All(row => row[2] is not null && row[3] is null && row[4] is not "YES"))
                return (key.Key, [.. key]);
        }

        return (keys.Any(row => row[1] == "PRIMARY") ? "PRIMARY" : null, []);
    }

    // Without a hint the server may read another index that holds all columns: in another order.
    private string Hint(string? index, bool hasHistory) => !table.IsTransactional || hasHistory
        ? ""
        : index is null ? " USE INDEX ()" : $" FORCE INDEX ({Sql.Name(index)})";

    // Engines without transactions keep the rows in their own order, and so does a restore.
    private string Order(string?[][] key, bool hasHistory)
    {
        if (key.Length == 0 || !table.IsTransactional)
            return "";
        List<string> parts = [.. key.Select(row => row[5] == "D" ? $"{Sql.Name(row[2]!)} DESC" : Sql.Name(row[2]!))];
        if (hasHistory)
            parts.Add(Period(RowEnd, "row_end").Expression);
        return $" ORDER BY {string.Join(", ", parts)}";
    }
}
