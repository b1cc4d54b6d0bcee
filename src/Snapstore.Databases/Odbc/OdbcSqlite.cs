namespace Snapstore.Databases.Odbc;

/// <summary>SQLite behind its ODBC driver: any column holds values of any kind, so that each value is read with its kind.</summary>
internal sealed partial class OdbcSqlite(OdbcConnection connection) : OdbcDialect(connection)
{
    /// <inheritdoc/>
    public override string Dbms => "SQLite";

    /// <inheritdoc/>
    public override bool HasTypedValues => true;

    /// <inheritdoc/>
    public override string Version => $"{Dbms} {Connection.Scalar("SELECT sqlite_version()")}"; // the driver names the one it was built with

    /// <inheritdoc/>
    public override string Consistency => "one read transaction (SERIALIZABLE)";

    /// <inheritdoc/>
    public override bool IsConsistent => true;

    /// <inheritdoc/>
    public override string Order(OdbcTable table) => "heap";

    /// <inheritdoc/>
    public override string FirstPage(OdbcTable table) => $"SELECT {Select(table)} FROM {table.From}";

    /// <inheritdoc/>
    public override void BeginReading()
    {
        // In a transaction that it has begun itself the driver holds each result whole (tried with 0.9998), whatever StepAPI says.
        Connection.Execute("BEGIN");
        Connection.Scalar("SELECT count(*) FROM sqlite_master", "begin to read the database"); // takes the read lock
    }

    /// <inheritdoc/>
    public override OdbcCatalog ReadCatalog()
    {
        OdbcCatalog catalog = new();
        foreach (string?[] row in Connection.Query("SELECT name, type, wr, strict FROM pragma_table_list WHERE schema = 'main' AND name NOT LIKE 'sqlite|_%' ESCAPE '|' ORDER BY name", "list the tables"))
        {
            string name = row[0]!;
            if (row[1] == "table")
                catalog.Tables.Add(Table(name, row[2] == "1", row[3] == "1"));
            else if (row[1] == "view")
                catalog.Others.Add(new ObjectDescription("view", "", name));
            else if (row[1] == "virtual")
                catalog.Skipped.Add((name, "is a virtual table, which ODBC does not capture; take the snapshot of sqlite:PATH"));
        }

        return catalog;
    }

    /// <inheritdoc/>
    public override void Read(OdbcStatement statement, int number, OdbcColumn column, OdbcRow row)
    {
        if (!statement.TryRead(number, out ReadOnlySpan<char> text))
        {
            row.AddNull();
            return;
        }

        ReadOnlySpan<char> value = text[1..];
        switch (text[0])
        {
            case 't':
                row.AddText(value);
                break;
            case 'i':
                row.AddText(value, ValueKind.Integer);
                break;
            case 'r':
                row.AddText(value is "Inf" ? "9e999" : value is "-Inf" ? "-9e999" : value, ValueKind.Real); // JSON has no word for it
                break;
            default:
                row.AddHex(value, text[0] == 'x' ? ValueKind.Text : ValueKind.Binary);
                break;
        }
    }

    /// <inheritdoc/>
    public override string Quote(string name) => $"\"{name.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    // quote() writes a double so that it comes back exactly; text with a zero byte goes as digits, for drivers end text there.
    /// <inheritdoc/>
    protected override string ReadExpression(OdbcColumn column)
    {
        string name = Quote(column.Name);
        return $"CASE typeof({name}) WHEN 'integer' THEN 'i' || {name} WHEN 'real' THEN 'r' || quote({name}) WHEN 'blob' THEN 'b' || hex({name})"
            + $" WHEN 'text' THEN CASE WHEN instr({name}, char(0)) > 0 THEN 'x' || hex({name}) ELSE 't' || {name} END END";
    }

    private OdbcTable Table(string name, bool isWithoutRowId, bool isStrict)
    {
        List<string?[]> rows = Connection.Query($"SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo({Literal(name)}) WHERE hidden <> 1 ORDER BY cid", $"list the columns of {name}");
        string options = string.Join(", ", new[] { isStrict ? "STRICT" : "", isWithoutRowId ? "WITHOUT ROWID" : "" }.Where(option => option.Length > 0));
        return new OdbcTable
        {
            Dbms = Dbms,
            Name = name,
            Columns = [.. rows.Select(Column)],
            Key = [.. rows.Where(row => row[4] != "0").OrderBy(row => row[4]!.Length).ThenBy(row => row[4], StringComparer.Ordinal).Select(row => row[0]!)],
            Indexes = ReadIndexes(name),
            Options = options,
            From = Quote(name),
        };
    }

    private static OdbcColumn Column(string?[] row)
    {
        bool isGenerated = row[5] != "0";
        return new OdbcColumn
        {
            Name = row[0]!,
            Type = row[1] ?? "",
            Kind = KindOf(row[1] ?? ""),
            Size = KindOf(row[1] ?? "") is ColumnKind.Integer or ColumnKind.Float ? 8 : 0,
            IsNullable = row[2] == "0",
            Default = isGenerated ? null : row[3],
            IsGenerated = isGenerated,
        };
    }

    // The rules of SQLite for the affinity of a declared type.
    private static ColumnKind KindOf(string type)
    {
        bool Has(string part) => type.Contains(part, StringComparison.OrdinalIgnoreCase);
        if (Has("INT"))
            return ColumnKind.Integer;
        if (Has("CHAR") || Has("CLOB") || Has("TEXT"))
            return ColumnKind.Text;
        if (Has("BLOB"))
            return ColumnKind.Binary;
        if (Has("REAL") || Has("FLOA") || Has("DOUB"))
            return ColumnKind.Float;
        return Has("NUMERIC") || Has("DECIMAL") ? ColumnKind.Decimal : ColumnKind.Other;
    }

    // Those made by CREATE INDEX or UNIQUE over whole columns.
    private List<OdbcIndex> ReadIndexes(string table)
    {
        List<OdbcIndex> indexes = [];
        foreach (string?[] index in Connection.Query($"SELECT name, \"unique\" FROM pragma_index_list({Literal(table)}) WHERE origin <> 'pk' AND partial = 0 ORDER BY name", $"list the indexes of {table}"))
        {
            List<string?[]> columns = Connection.Query($"SELECT name FROM pragma_index_info({Literal(index[0]!)}) ORDER BY seqno", $"read index {index[0]}");
            if (columns.TrueForAll(column => column[0] is not null))
                indexes.Add(new OdbcIndex(index[0]!, index[1] == "1", [.. columns.Select(column => column[0]!)]));
        }

        return indexes;
    }
}
