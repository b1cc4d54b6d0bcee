namespace Snapstore.Databases.Postgres;

/// <summary>A relation as one look at the catalog shows it.</summary>
internal sealed record PostgresTable
{
    /// <summary>Its object id: stays through a rename.</summary>
    public required string Oid { get; init; }

    /// <summary>Its schema, unquoted.</summary>
    public required string Schema { get; init; }

    /// <summary>Its name, unquoted.</summary>
    public required string Name { get; init; }

    /// <summary>Schema and name, quoted where they have to be.</summary>
    public required string Quoted { get; init; }

    /// <summary>pg_class.relkind: r table, p partitioned table, f foreign table, m materialized view.</summary>
    public required char Kind { get; init; }

    /// <summary>pg_class.relpersistence is 'u'.</summary>
    public bool IsUnlogged { get; init; }

    /// <summary>Object id of the partitioned table it is a partition of; "" for none.</summary>
    public string Parent { get; init; } = "";

    /// <summary>Which rows of an extension's configuration table are the user's: "" for all of them; null for an ordinary table.</summary>
    public string? ConfigurationFilter { get; init; }

    /// <summary>Columns in order, generated ones too.</summary>
    public IReadOnlyList<PostgresColumn> Columns { get; init; } = [];

    /// <summary>Columns of the primary key or another usable one.</summary>
    public IReadOnlyList<string> Key { get; init; } = [];

    /// <summary>True where the rows lie nearly in the order of the key, so that reading them in that order is cheap and keeps
    /// unchanged rows together.</summary>
    public bool IsInKeyOrder { get; init; }

    /// <summary>True where it has rows of its own that are captured.</summary>
    public bool HasRows => Kind == 'r';

    /// <summary>For people: schema.table.</summary>
    public string FullName => $"{Schema}.{Name}";

    /// <summary>The file of its rows in the snapshot.</summary>
    public string File => FileNames.PathOf("tables", Schema, Name, ".copy");

    /// <summary>The columns that COPY reads and writes.</summary>
    public IEnumerable<PostgresColumn> Stored => Columns.Where(column => !column.IsGenerated);

    /// <summary>The statement that gives its rows.</summary>
    public string CopyOut()
    {
        string columns = Sql.Names(Stored.Select(column => column.Name));
        if (ConfigurationFilter is { Length: > 0 } filter)
            return $"COPY (SELECT {columns} FROM ONLY {Quoted} {filter}) TO STDOUT";
        return IsInKeyOrder
            ? $"COPY (SELECT {columns} FROM ONLY {Quoted} ORDER BY {Sql.Names(Key)}) TO STDOUT"
            : CopyAsItLies(columns);
    }

    private string CopyAsItLies(string columns) =>
        columns.Length == 0 ? $"COPY {Quoted} TO STDOUT" : $"COPY {Quoted} ({columns}) TO STDOUT";
}

/// <summary>A column.</summary>
/// <param name="Name">Its name, unquoted.</param>
/// <param name="Type">Its type as SQL, with its schema where that is not pg_catalog.</param>
/// <param name="IsNullable">True where it may hold null.</param>
/// <param name="IsGenerated">True where the server computes it.</param>
internal sealed record PostgresColumn(string Name, string Type, bool IsNullable, bool IsGenerated);
