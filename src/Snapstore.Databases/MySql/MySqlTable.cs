namespace Snapstore.Databases.MySql;

/// <summary>A table as the catalog lists it at the moment of the snapshot.</summary>
/// <param name="Database">Its database.</param>
/// <param name="Name">Its name.</param>
/// <param name="Kind">"BASE TABLE", "SYSTEM VERSIONED", "VIEW", "SEQUENCE".</param>
/// <param name="Engine">Its storage engine; "" for views, and where the table cannot be opened.</param>
/// <param name="Identity">What changes when another table takes the name.</param>
/// <param name="Comment">For a table that cannot be opened: why.</param>
internal sealed record ListedTable(string Database, string Name, string Kind, string Engine, string Identity, string Comment)
{
    // Their rows are elsewhere, or nowhere.
    private static readonly string[] EnginesWithoutRows = ["MRG_MYISAM", "FEDERATED", "BLACKHOLE", "CONNECT", "SPHINX", "OQGRAPH", "SPIDER", "SEQUENCE", "NDB_INFO", "MROONGA_VIEW"];

    private static readonly string[] TransactionalEngines = ["InnoDB", "RocksDB", "ROCKSDB", "TokuDB", "ndbcluster", "COLUMNSTORE"];

    /// <summary>True for what holds rows of its own, or passes for it.</summary>
    public bool IsTable => Kind is not ("VIEW" or "SEQUENCE");

    /// <summary>True where rows are captured.</summary>
    public bool HasRows => IsTable && !EnginesWithoutRows.Contains(Engine, StringComparer.OrdinalIgnoreCase);

    /// <summary>True where a transaction sees it at one moment.</summary>
    public bool IsTransactional => TransactionalEngines.Contains(Engine);

    /// <summary>Name with its database, for SQL.</summary>
    public string SqlName => Sql.Name(Database, Name);

    /// <summary>Name with its database, for messages.</summary>
    public string Title => $"{Database}.{Name}";
}

/// <summary>A table with all that is needed to read it.</summary>
/// <param name="Listed">What the list says.</param>
/// <param name="Definition">SHOW CREATE TABLE, as the server sends it.</param>
/// <param name="Columns">The columns captured, in their order: not those that the server computes.</param>
/// <param name="Key">The columns of its primary key, or of the first other key that is unique and never null.</param>
/// <param name="Select">The query that reads it.</param>
/// <param name="Order">How that query ends: its ORDER BY with a space before it; "" where rows come as they stand.</param>
/// <param name="HasHistory">True where earlier versions of its rows are captured too.</param>
internal sealed record MySqlTable(
    ListedTable Listed, byte[] Definition, IReadOnlyList<MySqlColumn> Columns, IReadOnlyList<string> Key, string Select, string Order, bool HasHistory);
