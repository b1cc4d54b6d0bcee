namespace Snapstore.Databases.MySql;

/// <summary>The statements that compare staged rows with a live table, and write them.</summary>
/// <param name="live">The live table as SQL.</param>
/// <param name="staged">The staged rows as SQL.</param>
/// <param name="columns">The columns that both have.</param>
/// <param name="key">The columns of the key.</param>
internal sealed class RowStatements(string live, string staged, IReadOnlyList<ColumnDescription> columns, IReadOnlyList<string> key)
{
    /// <summary>Counts staged rows whose key the table does not have.</summary>
    public string CountMissing => $"SELECT COUNT(*) FROM {staged} s LEFT JOIN {live} l ON {Joined} WHERE l.{Sql.Name(key[0])} IS NULL";

    /// <summary>Counts staged rows that differ from those of the same key.</summary>
    public string CountDifferent => $"SELECT COUNT(*) FROM {staged} s JOIN {live} l ON {Joined} WHERE NOT ({Same})";

    /// <summary>Inserts the missing ones.</summary>
    public string Insert => $"INSERT INTO {live} ({Sql.Names(columns.Select(column => column.Name))})"
        + $" SELECT {string.Join(", ", columns.Select(column => $"s.{Sql.Name(column.Name)}"))} FROM {staged} s LEFT JOIN {live} l ON {Joined} WHERE l.{Sql.Name(key[0])} IS NULL";

    /// <summary>Changes those that differ.</summary>
    public string Update => $"UPDATE {live} l JOIN {staged} s ON {Joined} SET {string.Join(", ", columns.Select(column => $"l.{Sql.Name(column.Name)}=s.{Sql.Name(column.Name)}"))} WHERE NOT ({Same})";

    /// <summary>Counts rows of the table that are chosen and not staged.</summary>
    public string CountExtra(string where) => $"SELECT COUNT(*) FROM {live} l WHERE ({where}\n) AND NOT EXISTS (SELECT 1 FROM {staged} s WHERE {Joined})";

    private string Joined => string.Join(" AND ", key.Select(name => $"s.{Sql.Name(name)}=l.{Sql.Name(name)}"));

    private string Same => string.Join(" AND ", columns.Select(column => $"{Value("s", column)}<=>{Value("l", column)}"));

    // Collations take texts for equal that are not; a float as text has six digits only.
    private static string Value(string side, ColumnDescription column)
    {
        string name = $"{side}.{Sql.Name(column.Name)}";
        if (column.Type.StartsWith("float", StringComparison.Ordinal) || column.Type.StartsWith("double", StringComparison.Ordinal))
            return name;
        return column.Type.Contains(" character set ", StringComparison.Ordinal) ? $"CAST(CONVERT({name} USING utf8mb4) AS BINARY)" : $"CAST({name} AS BINARY)";
    }
}
