namespace Snapstore.Databases.Odbc;

/// <summary>A connection and what its DBMS is.</summary>
internal sealed record OdbcSession(OdbcConnection Connection, OdbcDialect Dialect) : IDisposable
{
    // Drivers that hold a whole result in memory unless told otherwise, or make a file where a name is mistyped.
    private static readonly (string Driver, (string Key, string Value)[] Keys)[] DriverKeys =
    [
        ("psqlodbc", [("UseDeclareFetch", "1"), ("Fetch", "1000")]),
        ("sqlite", [("StepAPI", "1"), ("NoCreat", "1"), ("Timeout", "60000")]),
    ];

    /// <summary>Connects.</summary>
    /// <param name="place">What to.</param>
    /// <param name="mayCreate">True where a database that is a file may be made.</param>
    /// <exception cref="SourceException">It cannot be connected to.</exception>
    public static OdbcSession Open(OdbcPlace place, bool mayCreate)
    {
        string? password = DatabasePassword.Find(Environment.GetEnvironmentVariable);
        OdbcConnection connection = OdbcErrors.Explained(() => Connect(place, mayCreate, password));
        try
        {
            OdbcDialect dialect = place.IsGeneric ? new OdbcGeneric(connection) : DialectOf(connection);
            OdbcErrors.Explained(() =>
            {
                foreach (string statement in dialect.Session)
                    connection.Execute(statement);
                return 0;
            });
            return new OdbcSession(connection, dialect);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Connection.Dispose();

    // Which driver a DSN has shows only once it is connected to: a first connection looks, a second one works.
    private static OdbcConnection Connect(OdbcPlace place, bool mayCreate, string? password)
    {
        (string Key, string Value)[] cautious = mayCreate ? [] : [("NoCreat", "1")];
        string text = place.ConnectionString(place.NamesDriver("sqlite") ? cautious : [], password);
        OdbcConnection first = OdbcConnection.Open(place.Name, text, password);
        string driver = first.Driver;
        (string Key, string Value)[] keys = [.. DriverKeys
            .Where(known => driver.Contains(known.Driver, StringComparison.OrdinalIgnoreCase))
            .SelectMany(known => known.Keys)
            .Where(pair => !mayCreate || pair.Key != "NoCreat")];
        if (keys.Length == 0)
            return first;
        first.Dispose();
        return OdbcConnection.Open(place.Name, place.ConnectionString(keys, password), password);
    }

    private static OdbcDialect DialectOf(OdbcConnection connection)
    {
        string dbms = connection.Dbms;
        bool Is(string name) => dbms.Contains(name, StringComparison.OrdinalIgnoreCase);
        if (Is("PostgreSQL"))
            return new OdbcPostgres(connection);
        if (Is("MariaDB") || Is("MySQL"))
            return new OdbcMySql(connection);
        return Is("SQLite") ? new OdbcSqlite(connection) : new OdbcGeneric(connection);
    }
}
