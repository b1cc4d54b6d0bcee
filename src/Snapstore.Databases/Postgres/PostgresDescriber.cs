using System.Collections.Concurrent;
using Snapstore.Formats;

namespace Snapstore.Databases.Postgres;

/// <summary>What the snapshot says of itself.</summary>
internal sealed class PostgresDescriber(PostgresMoment moment)
{
    /// <summary>Property of the description: roles that the definitions name, one a line.</summary>
    public const string Roles = "roles";

    /// <summary>Property of the description of a part of a database: how the part was chosen.</summary>
    public const string Selection = "selection";

    /// <summary>Value of <see cref="Selection"/>: the definitions hold no schemas.</summary>
    public const string OfTables = "tables";

    /// <summary>Property of a table: what it is, where it is no ordinary one.</summary>
    public const string KindProperty = "kind";

    /// <summary>Property of a table: schema and name as SQL.</summary>
    public const string QuotedProperty = "sql_name";

    /// <summary>Property of a partition: the table it is a part of, as SQL.</summary>
    public const string PartitionOf = "partition_of";

    /// <summary>Property of a table of an extension: the file holds the user's rows only.</summary>
    public const string ExtensionRows = "rows_of_extension";

    private const string Settings = """
        SELECT 'encoding', pg_encoding_to_char(encoding)::text FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT 'collate', datcollate::text FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT 'ctype', datctype::text FROM pg_database WHERE datname = current_database()
        UNION ALL SELECT 'owner', pg_get_userbyid(datdba)::text FROM pg_database WHERE datname = current_database()
        """;

    private const string Position = """
        SELECT 'lsn', CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text
        UNION ALL SELECT 'xmin', pg_snapshot_xmin(pg_current_snapshot())::text
        """;

    private const string Cluster = """
        SELECT 'system', system_identifier::text FROM pg_control_system()
        UNION ALL SELECT 'timeline', timeline_id::text FROM pg_control_checkpoint()
        """;

    private const string MayReadCluster =
        "SELECT (has_function_privilege('pg_control_system()', 'EXECUTE') AND has_function_privilege('pg_control_checkpoint()', 'EXECUTE'))::text";

    // Roles that objects belong to or that have rights on them. What belongs to the first role is recorded nowhere but there.
    private const string RoleNames = """
        SELECT rolname::text FROM pg_roles WHERE oid IN (
            SELECT refobjid FROM pg_shdepend WHERE refclassid = 'pg_authid'::regclass
                AND dbid = (SELECT oid FROM pg_database WHERE datname = current_database())
            UNION SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            UNION SELECT p.proowner FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
                WHERE n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
            UNION SELECT nspowner FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema')
            AND rolname !~ '^pg_'
        ORDER BY 1
        """;

    /// <summary>All that is known before the rows are read.</summary>
    public DatabaseDescription Describe()
    {
        PostgresSession main = moment.Main;
        DatabaseDescription description = new()
        {
            Engine = PostgresEngine.EngineName,
            Version = main.Version,
            Database = main.Server.Database,
            Consistency = PostgresSource.Consistency,
            Objects = moment.Selection.IsWhole ? PostgresCatalog.ReadObjects(main) : [],
        };
        Fill(description.Properties, Settings);
        Fill(description.Position, Position);
        if (main.One(MayReadCluster, "asking for privileges") == "true")
            Fill(description.Position, Cluster);
        description.Properties[Roles] = string.Join('\n', main.Rows(RoleNames, "reading the roles").Select(row => row[0]));
        if (!moment.Selection.IsWhole)
            description.Properties[Selection] = moment.Selection.IsOfTables ? OfTables : "schemas";
        if (moment.IsStandby)
            description.Properties["standby"] = "true";
        return description;
    }

    /// <summary>The description with what was measured while the rows were read.</summary>
    public DatabaseDescription Complete(DatabaseDescription begun, ConcurrentDictionary<string, Measured> measured, IReadOnlyList<string> warnings)
    {
        Dictionary<string, PostgresTable> byOid = moment.AllTables.ToDictionary(table => table.Oid);
        return begun with
        {
            Tables = [.. moment.Selection.Tables.Select(table => Describe(table, byOid.GetValueOrDefault(table.Parent), measured))],
            Warnings = warnings,
        };
    }

    /// <summary>What the manifest says.</summary>
    public static DatabaseFacts FactsOf(DatabaseDescription description) => new()
    {
        Engine = description.Engine,
        Version = description.Version,
        Consistency = description.Consistency,
        Position = [.. description.Position.Select(pair => (pair.Key, pair.Value))],
        Tables = description.Tables.Count(table => table.File is not null),
        Rows = description.Tables.Sum(table => table.Rows),
    };

    private static TableDescription Describe(PostgresTable table, PostgresTable? parent, ConcurrentDictionary<string, Measured> measured)
    {
        TableDescription described = new()
        {
            Schema = table.Schema,
            Name = table.Name,
            Definition = PostgresDefinitions.PreData,
            Columns = [.. table.Stored.Select(column => new ColumnDescription(column.Name, column.Type, column.IsNullable))],
            Key = table.Key,
            Properties = { [QuotedProperty] = table.Quoted },
        };
        if (KindOf(table) is { } kind)
            described.Properties[KindProperty] = kind;
        if (parent is not null)
            described.Properties[PartitionOf] = parent.Quoted;
        if (table.ConfigurationFilter is not null)
            described.Properties[ExtensionRows] = table.ConfigurationFilter.Length > 0 ? table.ConfigurationFilter : "all";
        return measured.TryGetValue(table.File, out Measured rows) ? WithRows(described, table, rows) : described;
    }

    private static TableDescription WithRows(TableDescription described, PostgresTable table, Measured rows) => described with
    {
        File = table.File,
        Rows = rows.Lines,
        Bytes = rows.Bytes,
        Checksum = rows.Checksum,
        Order = table.IsInKeyOrder && table.ConfigurationFilter is null or "" ? "key" : "heap",
    };

    private static string? KindOf(PostgresTable table) => table.Kind switch
    {
        'p' => "partitioned",
        'f' => "foreign",
        'm' => "materialized view",
        _ => table.IsUnlogged ? "unlogged" : null,
    };

    private void Fill(SortedDictionary<string, string> into, string query)
    {
        foreach (string?[] row in moment.Main.Rows(query, "asking what database this is"))
            into[row[0]!] = row[1] ?? "";
    }
}
