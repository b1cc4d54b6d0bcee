using System.Globalization;

namespace Snapstore.Databases.Odbc;

/// <summary>PostgreSQL behind psqlodbc: every value as its own text, rows in heap order through a cursor.</summary>
internal sealed partial class OdbcPostgres(OdbcConnection connection) : OdbcDialect(connection)
{
    private const string UserTables = """
        n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)' AND c.relpersistence <> 't'
        """;

    /// <inheritdoc/>
    public override string Dbms => "PostgreSQL";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Session { get; } =
    [
        "SET synchronize_seqscans = off",
        "SET extra_float_digits = 3",
        "SET datestyle = 'ISO'",
        "SET intervalstyle = 'postgres'",
        "SET bytea_output = 'hex'",
        "SET TimeZone = 'UTC'",
        "SET statement_timeout = 0",
        "SET idle_in_transaction_session_timeout = 0",
        "SET lock_timeout = '60s'",
        "SET row_security = off", // a policy then fails the reading instead of hiding rows
        "SELECT set_config('search_path', '', false)",
    ];

    /// <inheritdoc/>
    public override string Consistency =>
        $"one transaction, {Connection.Scalar("SHOW transaction_isolation")!.ToUpperInvariant()} (one snapshot; tables locked against changes of their definition)";

    /// <inheritdoc/>
    public override bool IsConsistent => Connection.Scalar("SHOW transaction_isolation") is "repeatable read" or "serializable";

    /// <inheritdoc/>
    public override string? TransactionMark => Connection.Scalar("SELECT pg_backend_pid() || ' ' || transaction_timestamp()", "see whether the transaction still lives");

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Value)> Position =>
        Connection.Scalar("SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_lsn() END::text") is { } lsn ? [("lsn", lsn)] : [];

    /// <inheritdoc/>
    public override string Order(OdbcTable table) => "heap";

    /// <inheritdoc/>
    public override string FirstPage(OdbcTable table) => $"SELECT {Select(table)} FROM {table.From}";

    /// <inheritdoc/>
    public override OdbcCatalog ReadCatalog()
    {
        OdbcCatalog catalog = new();
        Dictionary<string, List<OdbcColumn>> columns = ReadColumns();
        ILookup<string, (string Index, bool IsUnique, string Column)> indexes = ReadIndexes();
        foreach (string?[] row in Connection.Query($"""
            SELECT c.oid::text, n.nspname::text, c.relname::text, c.relkind::text, EXISTS (SELECT 1 FROM pg_inherits i WHERE i.inhparent = c.oid)::text
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND NOT c.relispartition AND {UserTables}
            ORDER BY n.nspname::text COLLATE "C", c.relname::text COLLATE "C"
            """, "list the tables"))
        {
            (string id, string schema, string name) = (row[0]!, row[1]!, row[2]!);
            if (row[3] is "r" or "p")
                catalog.Tables.Add(Table(schema, name, isOnly: row[3] == "r" && row[4] == "true", columns.GetValueOrDefault(id, []), indexes[id]));
            else
                catalog.Others.Add(new ObjectDescription(KindName(row[3]!), schema, name));
            if (row[3] == "p")
                catalog.Notes.Add(($"{schema}.{name}", "is partitioned: its rows are captured as those of one plain table"));
        }

        if (Connection.Scalar("SELECT count(*)::text FROM pg_largeobject_metadata") is not "0" and { } count)
            catalog.Skipped.Add(("pg_largeobject", $"{count} large objects are not captured by ODBC; take the snapshot of postgres://"));
        return catalog;
    }

    /// <inheritdoc/>
    public override void Pin(IReadOnlyList<OdbcTable> tables)
    {
        try
        {
            foreach (OdbcTable[] some in tables.Chunk(100))
                Connection.Execute($"LOCK TABLE {string.Join(", ", some.Select(table => table.From))} IN ACCESS SHARE MODE", "lock the tables against changes of their definition");
        }
        catch (OdbcException e) when (e.State is "42P01" or "42S02")
        {
            throw new OdbcChangedException(e.Message);
        }

        // The catalog is read as of the snapshot, pg_relation_filenode() as of now: a table that was truncated or rewritten in
        // between would be read as empty, without any error.
        List<string?[]> changed = Connection.Query($"""
            SELECT n.nspname::text || '.' || c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind = 'r' AND c.relfilenode <> 0 AND c.relfilenode IS DISTINCT FROM pg_relation_filenode(c.oid) AND {UserTables}
            """, "see whether tables were rewritten");
        if (changed.Count > 0)
            throw new OdbcChangedException($"table {changed[0][0]} was truncated, rewritten or dropped while the snapshot began");
    }

    /// <inheritdoc/>
    protected override int BestIsolation() => 4;

    /// <inheritdoc/>
    protected override string ReadExpression(OdbcColumn column) =>
        column.Kind == ColumnKind.Binary || IsPlainText(column) ? Quote(column.Name) : $"{Quote(column.Name)}::text";

    // character(n)::text would lose the blanks at its end.
    private static bool IsPlainText(OdbcColumn column) =>
        column.Kind is ColumnKind.Text or ColumnKind.FixedText && (column.Type == "text" || column.Type.StartsWith("character", StringComparison.Ordinal));

    private static string KindName(string kind) => kind switch
    {
        "v" => "view",
        "m" => "materialized view",
        "f" => "foreign table",
        _ => "sequence",
    };

    private OdbcTable Table(
        string schema, string name, bool isOnly, List<OdbcColumn> columns, IEnumerable<(string Index, bool IsUnique, string Column)> indexes)
    {
        OdbcIndex[] all = [.. indexes.GroupBy(part => part.Index).Select(parts => new OdbcIndex(parts.Key, parts.First().IsUnique, [.. parts.Select(part => part.Column)]))];
        OdbcIndex? key = all.FirstOrDefault(index => index.IsUnique && index.Columns.All(part => columns.Exists(column => column.Name == part && !column.IsNullable)));
        return new OdbcTable
        {
            Dbms = Dbms,
            Schema = schema,
            Name = name,
            Columns = columns,
            Key = key?.Columns ?? [],
            Indexes = [.. all.Where(index => index != key)],
            From = (isOnly ? "ONLY " : "") + Quote(schema, name),
        };
    }

    private Dictionary<string, List<OdbcColumn>> ReadColumns()
    {
        Dictionary<string, List<OdbcColumn>> all = [];
        foreach (string?[] row in Connection.Query($"""
            SELECT a.attrelid::text, a.attname::text, format_type(a.atttypid, a.atttypmod), coalesce(b.typname, t.typname)::text, a.atttypmod::text,
              a.attnotnull::text, pg_get_expr(d.adbin, d.adrelid), a.attidentity::text, a.attgenerated::text
            FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
              JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype
              LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
            WHERE c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND {UserTables} ORDER BY a.attrelid, a.attnum
            """, "list the columns"))
        {
            if (!all.TryGetValue(row[0]!, out List<OdbcColumn>? columns))
                all[row[0]!] = columns = [];
            columns.Add(Column(row));
        }

        return all;
    }

    private static OdbcColumn Column(string?[] row)
    {
        int modifier = int.Parse(row[4]!, CultureInfo.InvariantCulture);
        (ColumnKind kind, int size, int digits) = KindOf(row[3]!, modifier);
        bool isGenerated = !string.IsNullOrEmpty(row[8]);
        bool isCounted = row[6]?.StartsWith("nextval(", StringComparison.Ordinal) ?? false;
        return new OdbcColumn
        {
            Name = row[1]!,
            Type = row[2]!,
            Kind = kind,
            Size = size,
            Digits = digits,
            IsNullable = row[5] != "true",
            Default = isGenerated || isCounted ? null : row[6],
            IsIdentity = !string.IsNullOrEmpty(row[7]) || isCounted,
            IsGenerated = isGenerated,
            Expression = isGenerated ? $"({row[6]}) STORED" : null,
        };
    }

    private static (ColumnKind Kind, int Size, int Digits) KindOf(string type, int modifier) => type switch
    {
        "int2" => (ColumnKind.Integer, 2, 0),
        "int4" => (ColumnKind.Integer, 4, 0),
        "int8" => (ColumnKind.Integer, 8, 0),
        "float4" => (ColumnKind.Float, 4, 0),
        "float8" => (ColumnKind.Float, 8, 0),
        "numeric" when modifier >= 4 => (ColumnKind.Decimal, (modifier - 4) >> 16, (modifier - 4) & 0x7ff),
        "numeric" => (ColumnKind.Decimal, 0, 0),
        "bool" => (ColumnKind.Boolean, 0, 0),
        "text" => (ColumnKind.Text, 0, 0),
        "varchar" => (ColumnKind.Text, Math.Max(0, modifier - 4), 0),
        "bpchar" => (ColumnKind.FixedText, Math.Max(0, modifier - 4), 0),
        "bytea" => (ColumnKind.Binary, 0, 0),
        "date" => (ColumnKind.Date, 0, 0),
        "time" => (ColumnKind.Time, 0, 0),
        "timestamp" => (ColumnKind.Timestamp, 0, 0),
        "timestamptz" => (ColumnKind.Moment, 0, 0),
        "uuid" => (ColumnKind.Uuid, 0, 0),
        "json" or "jsonb" => (ColumnKind.Json, 0, 0),
        _ => (ColumnKind.Other, 0, 0),
    };

    // The primary key first; indexes over expressions or with conditions are left out.
    private ILookup<string, (string Index, bool IsUnique, string Column)> ReadIndexes() => Connection.Query($"""
        SELECT i.indrelid::text, x.relname::text, i.indisunique::text, a.attname::text
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
          JOIN pg_class x ON x.oid = i.indexrelid JOIN pg_am m ON m.oid = x.relam
          CROSS JOIN LATERAL unnest(i.indkey) WITH ORDINALITY k(number, place)
          JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number
        WHERE c.relkind IN ('r', 'p') AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid AND i.indimmediate
          AND k.place <= i.indnkeyatts AND m.amname = 'btree' AND {UserTables}
        ORDER BY i.indrelid, i.indisprimary DESC, x.relname::text COLLATE "C", k.place
        """, "list the indexes").ToLookup(row => row[0]!, row => (row[1]!, row[2] == "true", row[3]!));
}
