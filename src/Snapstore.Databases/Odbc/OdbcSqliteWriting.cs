namespace Snapstore.Databases.Odbc;

/// <summary>How SQLite is written to: all in one transaction.</summary>
internal sealed partial class OdbcSqlite
{
    /// <inheritdoc/>
    public override bool HasTransactionalDefinitions => true;

    /// <inheritdoc/>
    public override string NotSame(OdbcColumn column, string a, string b) => $"({a} COLLATE BINARY IS NOT {b} OR typeof({a}) <> typeof({b}))";

    /// <inheritdoc/>
    public override string SameKey(string a, string b) => $"{a} IS {b}";

    /// <inheritdoc/>
    public override string? TextWithZero(ReadOnlySpan<byte> utf8) => $"CAST(x'{Convert.ToHexString(utf8)}' AS TEXT)";

    /// <inheritdoc/>
    public override string Adapt(OdbcColumn from, string text) =>
        from.Kind == ColumnKind.Boolean ? text switch { "true" => "1", "false" => "0", _ => text } : text;

    // NUMERIC and REAL would lose digits of decimal numbers, INTEGER those beyond 64 bits.
    /// <inheritdoc/>
    protected override string TypeFor(OdbcColumn column, OdbcTable table) => column.Kind switch
    {
        ColumnKind.Binary => "BLOB",
        ColumnKind.Boolean or ColumnKind.Integer => "INTEGER",
        ColumnKind.Unsigned when column.Size < 8 => "INTEGER",
        ColumnKind.Float => "REAL",
        _ => "TEXT",
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> InnerKeys(OdbcTable table) => table.Key.Count == 0 ? [] : [$"PRIMARY KEY ({Names(table.Key)})"];
}
