using System.Globalization;

namespace Snapstore.Databases.Odbc;

/// <summary>MariaDB and MySQL behind MariaDB Connector/ODBC, which holds whole results in memory: tables are read in pages.</summary>
internal sealed partial class OdbcMySql(OdbcConnection connection) : OdbcDialect(connection)
{
    private const long PageBytes = 4 << 20, PageRowsMax = 20_000, PageRowsMin = 16;

    private readonly Dictionary<string, long> _rowSizes = [];

    /// <inheritdoc/>
    public override string Dbms => "MariaDB";

    /// <inheritdoc/>
    public override IReadOnlyList<string> Session { get; } =
    [
        "SET SESSION time_zone = '+00:00'",
        "SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,NO_ENGINE_SUBSTITUTION'",
        "SET SESSION lock_wait_timeout = 60",
        "SET SESSION wait_timeout = 86400",
        "SET SESSION net_write_timeout = 3600",
    ];

    /// <inheritdoc/>
    public override string Consistency => $"one transaction, {Isolation} (consistent snapshot of transactional tables)";

    /// <inheritdoc/>
    public override bool IsConsistent => Isolation is "REPEATABLE-READ" or "SERIALIZABLE";

    /// <inheritdoc/>
    public override string? TransactionMark => Connection.Scalar("SELECT CONNECTION_ID()", "see whether the transaction still lives");

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, string Value)> Position =>
        [.. Connection.Query("SHOW STATUS LIKE 'binlog_snapshot_%'").Where(row => row[1] is { Length: > 0 }).Select(row => (row[0]!.ToLowerInvariant(), row[1]!))];

    private string Isolation =>
        Connection.Query("SHOW VARIABLES WHERE Variable_name IN ('tx_isolation', 'transaction_isolation')") is [[_, string level], ..] ? level : "";

    /// <inheritdoc/>
    public override void BeginReading()
    {
        base.BeginReading();
        Connection.Execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY");
    }

    /// <inheritdoc/>
    public override OdbcCatalog ReadCatalog()
    {
        if (Connection.Scalar("SELECT DATABASE()") is null)
            throw new UsageException($"{Connection.Name} names no database; add Database=NAME");
        OdbcCatalog catalog = new();
        ILookup<string, OdbcColumn> columns = ReadColumns();
        ILookup<string, (string Index, bool IsUnique, string? Column, bool IsPlain)> indexes = ReadIndexes();
        foreach (string?[] row in Connection.Query("""
            SELECT t.TABLE_NAME, t.TABLE_TYPE, e.TRANSACTIONS, t.ENGINE, t.AVG_ROW_LENGTH FROM information_schema.TABLES t
            LEFT JOIN information_schema.ENGINES e ON e.ENGINE = t.ENGINE WHERE t.TABLE_SCHEMA = DATABASE() ORDER BY BINARY t.TABLE_NAME
            """, "list the tables"))
        {
            string name = row[0]!;
            if (row[1] is "BASE TABLE" or "SYSTEM VERSIONED")
                catalog.Tables.Add(Table(name, row[2] == "YES", [.. columns[name]], indexes[name]));
            else
                catalog.Others.Add(new ObjectDescription(row[1]!.ToLowerInvariant(), "", name));
            if (row[1] == "SYSTEM VERSIONED")
                catalog.Skipped.Add((name, "is system-versioned: its present rows are captured, their history is not; take the snapshot of mysql://"));
            _rowSizes[name] = long.TryParse(row[4], out long size) ? size : 0;
        }

        return catalog;
    }

    /// <inheritdoc/>
    public override void Pin(IReadOnlyList<OdbcTable> tables)
    {
        foreach (OdbcTable table in tables)
        {
            try
            {
                // Reading a row takes the metadata lock that keeps definitions as they are until the transaction ends, and fails
                // where the table is younger than the snapshot.
                Connection.Query($"SELECT 1 FROM {table.From} LIMIT 1", $"read table {table.FullName}");
            }
            catch (OdbcException e) when (e.State is "42S02" || e.Message.Contains("Table definition has changed", StringComparison.Ordinal))
            {
                throw new OdbcChangedException(e.Message);
            }
        }
    }

    /// <inheritdoc/>
    public override long PageRows(OdbcTable table)
    {
        long size = _rowSizes.GetValueOrDefault(table.Name);
        return Math.Clamp(size == 0 ? PageRowsMax : PageBytes / size, PageRowsMin, PageRowsMax);
    }

    /// <inheritdoc/>
    public override string FirstPage(OdbcTable table) => Page(table, "", "");

    /// <inheritdoc/>
    public override string NextPage(OdbcTable table, OdbcRow last, long rows) => HasRangeKey(table)
        ? Page(table, $" WHERE {Behind(table, last, 0)}", "")
        : Page(table, "", string.Create(CultureInfo.InvariantCulture, $" OFFSET {rows}"));

    /// <inheritdoc/>
    public override void Read(OdbcStatement statement, int number, OdbcColumn column, OdbcRow row)
    {
        if (column.Kind is ColumnKind.Text or ColumnKind.FixedText)
            statement.AddBinary(number, row, ValueKind.Text);
        else
            base.Read(statement, number, column, row);
    }

    /// <inheritdoc/>
    public override string Quote(string name) => $"`{name.Replace("`", "``", StringComparison.Ordinal)}`";

    /// <inheritdoc/>
    public override string Literal(string text) => $"_utf8mb4 x'{Convert.ToHexString(System.Text.Encoding.UTF8.GetBytes(text))}'";

    /// <inheritdoc/>
    protected override int BestIsolation() => 4; // serializable would lock the rows it reads

    /// <inheritdoc/>
    protected override string ReadExpression(OdbcColumn column)
    {
        string name = Quote(column.Name);
        return column.Kind switch
        {
            ColumnKind.Binary => name,
            ColumnKind.Text or ColumnKind.FixedText => $"CAST(CONVERT({name} USING utf8mb4) AS BINARY)", // as text the driver ends it at a zero byte
            ColumnKind.Float when column.Size == 4 => $"CAST({name} + 0e0 AS CHAR)", // a FLOAT shows six digits only
            _ when column.Type.StartsWith("bit", StringComparison.Ordinal) => $"CAST({name} + 0 AS CHAR)",
            _ => $"CAST({name} AS CHAR)",
        };
    }

    // Without a key rows are numbered as they lie: the same in every page, for it is one snapshot and no index is used.
    private string Page(OdbcTable table, string where, string offset)
    {
        string hint = table.Key.Count == 0 ? " USE INDEX ()" : "";
        return string.Create(CultureInfo.InvariantCulture, $"SELECT {Select(table)} FROM {table.From}{hint}{where}{OrderBy(table)} LIMIT {PageRows(table)}{offset}");
    }

    private static bool HasRangeKey(OdbcTable table) => table.Key.Count > 0 && table.Key.All(key => table.Columns.First(column => column.Name == key).Kind
        is ColumnKind.Integer or ColumnKind.Unsigned or ColumnKind.Decimal or ColumnKind.Text or ColumnKind.FixedText or ColumnKind.Binary
        or ColumnKind.Date or ColumnKind.Timestamp or ColumnKind.Moment);

    // (a, b) > (1, 2), written so that an index serves it.
    private string Behind(OdbcTable table, OdbcRow last, int part)
    {
        int number = table.Columns.TakeWhile(column => column.Name != table.Key[part]).Count();
        string name = Quote(table.Key[part]), value = KeyLiteral(table.Columns[number].Kind, last, number);
        return part == table.Key.Count - 1
            ? $"{name} > {value}"
            : $"({name} >= {value} AND ({name} > {value} OR {Behind(table, last, part + 1)}))";
    }

    private string KeyLiteral(ColumnKind kind, OdbcRow row, int number) => kind switch
    {
        ColumnKind.Integer or ColumnKind.Unsigned or ColumnKind.Decimal => row.Text(number)!,
        ColumnKind.Binary => $"x'{Convert.ToHexString(row.Bytes(number))}'",
        ColumnKind.Text or ColumnKind.FixedText => Literal(row.Text(number)!),
        _ => $"'{row.Text(number)}'",
    };

    private OdbcTable Table(string name, bool isTransactional, List<OdbcColumn> columns, IEnumerable<(string Index, bool IsUnique, string? Column, bool IsPlain)> indexes)
    {
        OdbcIndex[] all = [.. indexes.GroupBy(part => part.Index)
            .Where(parts => parts.All(part => part.IsPlain))
            .Select(parts => new OdbcIndex(parts.Key, parts.First().IsUnique, [.. parts.Select(part => part.Column!)]))
            .OrderBy(index => index.Name != "PRIMARY")];
        OdbcIndex? key = all.FirstOrDefault(index => index.IsUnique && index.Columns.All(part => columns.Exists(column => column.Name == part && !column.IsNullable)));
        return new OdbcTable
        {
            Dbms = Dbms,
            Name = name,
            Columns = columns,
            Key = key?.Columns ?? [],
            Indexes = [.. all.Where(index => index != key)],
            From = Quote(name),
            IsTransactional = isTransactional,
        };
    }
}
