using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>What the server says of its databases and tables. The session's results are not converted
/// (character_set_results=binary), so that definitions are the bytes that the server keeps.</summary>
internal sealed class Catalog(MySqlConnection connection)
{
    private static readonly string[] SystemDatabases = ["information_schema", "performance_schema", "mysql", "sys"];

    /// <summary>Serialises the use of the connection by threads.</summary>
    public Lock Lock { get; } = new();

    /// <summary>The databases of users, in the order of their names.</summary>
    public IReadOnlyList<string> Databases() =>
        [.. connection.QueryText("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA").Select(row => row[0]!).Where(IsOfUsers).Order(StringComparer.Ordinal)];

    /// <summary>True for a database that is not the server's own.</summary>
    public static bool IsOfUsers(string database) => !SystemDatabases.Contains(database, StringComparer.OrdinalIgnoreCase) && !database.StartsWith('#');

    /// <summary>Character set and collation of a database.</summary>
    public (string CharacterSet, string Collation) CharacterSetOf(string database)
    {
        string?[] row = connection.QueryText($"SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME={Sql.Text(database)}")[0];
        return (row[0]!, row[1]!);
    }

    /// <summary>The tables, views and sequences of these databases, in the order of their names.</summary>
    public List<ListedTable> Tables(IReadOnlyList<string> databases) => Tables(databases, "", InnoDbIds(""));

    /// <summary>What changes when another table takes the name, as it is now; null where there is no such table.</summary>
    public string? Identity(ListedTable table)
    {
        string name = $"CONCAT(CAST(CONVERT({Sql.Text(table.Database)} USING filename) AS BINARY), '/', CAST(CONVERT({Sql.Text(table.Name)} USING filename) AS BINARY))";
        Dictionary<string, string> ids = InnoDbIds($" WHERE NAME={name} OR NAME LIKE CONCAT({name}, '#%')");
        return Tables([table.Database], $" AND TABLE_NAME={Sql.Text(table.Name)}", ids).Find(now => now.Name == table.Name)?.Identity;
    }

    private List<ListedTable> Tables(IReadOnlyList<string> databases, string condition, Dictionary<string, string> ids)
    {
        List<ListedTable> tables = [];
        foreach (string database in databases)
        {
            List<byte[]?[]> rows = connection.Query("SELECT TABLE_NAME, TABLE_TYPE, ENGINE, CREATE_TIME, TABLE_COMMENT, CAST(CONVERT(TABLE_SCHEMA USING filename) AS BINARY),"
                + $" CAST(CONVERT(TABLE_NAME USING filename) AS BINARY) FROM information_schema.TABLES WHERE TABLE_SCHEMA={Sql.Text(database)} AND TABLE_TYPE<>'TEMPORARY'{condition}");
            foreach (string[] row in rows.Select(row => Array.ConvertAll(row, value => value is null ? "" : Encoding.UTF8.GetString(value))))
            {
                string id = ids.GetValueOrDefault($"{row[5]}/{row[6]}", "");
                tables.Add(new ListedTable(database, row[0], row[1], row[2], $"{row[3]} {id}", row[4]));
            }
        }

        return [.. tables.OrderBy(table => table.Database, StringComparer.Ordinal).ThenBy(table => table.Name, StringComparer.Ordinal)];
    }

    /// <summary>The tables of one database that can be read, with all that is needed to do so.</summary>
    public IEnumerable<MySqlTable> Describe(string database, IReadOnlyList<ListedTable> tables, bool canHaveHistory)
    {
        ILookup<string, string?[]> columns = connection.QueryText("SELECT TABLE_NAME, COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, IS_NULLABLE, CHARACTER_SET_NAME, GENERATION_EXPRESSION"
            + $" FROM information_schema.COLUMNS WHERE TABLE_SCHEMA={Sql.Text(database)} ORDER BY TABLE_NAME, ORDINAL_POSITION").ToLookup(row => row[0]!);
        ILookup<string, string?[]> keys = connection.QueryText("SELECT TABLE_NAME, INDEX_NAME, COLUMN_NAME, SUB_PART, NULLABLE, COLLATION"
            + $" FROM information_schema.STATISTICS WHERE TABLE_SCHEMA={Sql.Text(database)} AND NON_UNIQUE=0 ORDER BY TABLE_NAME, INDEX_NAME='PRIMARY' DESC, INDEX_NAME, SEQ_IN_INDEX").ToLookup(row => row[0]!);
        foreach (ListedTable table in tables)
            yield return new TableQuery(table, [.. columns[table.Name]], [.. keys[table.Name]], canHaveHistory).Build(Definition(table));
    }

    /// <summary>SHOW CREATE TABLE.</summary>
    public byte[] Definition(ListedTable table) => connection.Query($"SHOW CREATE TABLE {table.SqlName}")[0][1]!;

    // "database/table" in the form of file names; partitions after "#P#". Nothing without the privilege PROCESS.
    private Dictionary<string, string> InnoDbIds(string condition)
    {
        Dictionary<string, string> ids = new(StringComparer.Ordinal);
        string view = connection.IsMariaDb ? "INNODB_SYS_TABLES" : "INNODB_TABLES";
        try
        {
            foreach (string?[] row in connection.QueryText($"SELECT NAME, TABLE_ID FROM information_schema.{view}{condition} ORDER BY TABLE_ID"))
            {
                string name = row[0]!;
                int partition = name.IndexOf("#p#", StringComparison.OrdinalIgnoreCase);
                string table = partition < 0 ? name : name[..partition];
                ids[table] = ids.TryGetValue(table, out string? known) ? $"{known},{row[1]}" : row[1]!;
            }
        }
        catch (MySqlRefusal e) when (e.IsAccessDenied || e.Code is 1109 or MySqlRefusal.NoSuchTable)
        {
            // The times of creation have to do.
        }

        return ids;
    }
}
