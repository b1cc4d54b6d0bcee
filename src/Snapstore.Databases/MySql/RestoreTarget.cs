namespace Snapstore.Databases.MySql;

/// <summary>Looks into the server that is restored into, and removes things from it.</summary>
internal sealed class RestoreTarget(MySqlConnection connection)
{
    private static readonly string[] ListQueries =
    [
        "SELECT IF(TABLE_TYPE IN ('VIEW', 'SEQUENCE'), TABLE_TYPE, 'TABLE'), TABLE_NAME FROM information_schema.TABLES WHERE TABLE_SCHEMA={0}",
        "SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA={0}",
        "SELECT 'EVENT', EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA={0}",
    ];

    /// <summary>True where there is such a database.</summary>
    public bool HasDatabase(string name) => connection.QueryText($"SELECT SCHEMA_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME={Sql.Text(name)}").Exists(row => row[0] == name);

    /// <summary>What is in a database: (kind as SQL names it, name).</summary>
    public List<(string Kind, string Name)> Contents(string database) => [.. ListQueries
        .SelectMany(query => connection.QueryText(query.Replace("{0}", Sql.Text(database), StringComparison.Ordinal)))
        .Select(row => (row[0]!, row[1]!))
        .OrderBy(pair => pair.Item1 == "PACKAGE BODY" ? 0 : 1)];

    /// <summary>Removes all that is in a database; the database stays.</summary>
    public void Empty(string database)
    {
        foreach ((string kind, string name) in Contents(database))
        {
            // The server knows the word PACKAGE in this mode only.
            bool isPackage = kind.StartsWith("PACKAGE", StringComparison.Ordinal);
            if (isPackage)
                connection.Execute("SET SESSION sql_mode='ORACLE'");
            connection.Execute($"DROP {kind} IF EXISTS {Sql.Name(database, name)}");
            if (isPackage)
                SessionSettings.ApplyForRestore(connection);
        }
    }

    /// <summary>True where there is such a table or view.</summary>
    public bool HasTable(string database, string name) => Contents(database).Exists(item => item.Name == name && item.Kind is "TABLE" or "VIEW" or "SEQUENCE");

    /// <summary>True where another table's foreign key leads to this one.</summary>
    public bool IsReferenced(string database, string name) => connection.QueryText("SELECT 1 FROM information_schema.REFERENTIAL_CONSTRAINTS"
        + $" WHERE UNIQUE_CONSTRAINT_SCHEMA={Sql.Text(database)} AND REFERENCED_TABLE_NAME={Sql.Text(name)} AND NOT (CONSTRAINT_SCHEMA={Sql.Text(database)} AND TABLE_NAME={Sql.Text(name)}) LIMIT 1").Count > 0;

    /// <summary>The contents in words.</summary>
    public static string Describe(IReadOnlyList<(string Kind, string Name)> contents)
    {
        string names = string.Join(", ", contents.Take(5).Select(item => $"{item.Kind.ToLowerInvariant()} {item.Name}"));
        return contents.Count > 5 ? $"{names} and {contents.Count - 5} more" : names;
    }
}
