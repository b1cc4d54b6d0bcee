namespace Snapstore.Databases.Odbc;

/// <summary>How MariaDB and MySQL are written to: every definition commits, so that new tables are made under other names and
/// exchanged for the old ones in one statement.</summary>
internal sealed partial class OdbcMySql
{
    private const string TextOptions = " CHARACTER SET utf8mb4 COLLATE utf8mb4_nopad_bin";
    private const int IndexedCharsMax = 767, VarcharMax = 4000;

    /// <inheritdoc/>
    public override IReadOnlyList<string> WritingSession => ["SET SESSION foreign_key_checks = 0", "SET SESSION unique_checks = 1"];

    /// <inheritdoc/>
    public override bool HasTransactionalDefinitions => false;

    /// <inheritdoc/>
    public override bool CanSwap => true;

    /// <inheritdoc/>
    protected override string IdentityClause => "AUTO_INCREMENT";

    /// <inheritdoc/>
    public override string Swap(IEnumerable<(string Schema, string Now, string Then)> renames) =>
        "RENAME TABLE " + string.Join(", ", renames.Select(pair => $"{Quote(pair.Now)} TO {Quote(pair.Then)}"));

    /// <inheritdoc/>
    public override string Placeholder(OdbcColumn column) => column.Type.StartsWith("bit", StringComparison.Ordinal) ? "CAST(? AS UNSIGNED)" : "?";

    /// <inheritdoc/>
    public override string? TextWithZero(ReadOnlySpan<byte> utf8) => $"_utf8mb4 x'{Convert.ToHexString(utf8)}'";

    // "2020-01-01 10:00:00+00" -> "2020-01-01 10:00:00": the session is in UTC.
    /// <inheritdoc/>
    public override string Adapt(OdbcColumn from, string text) => from.Kind switch
    {
        ColumnKind.Boolean => text switch { "true" => "1", "false" => "0", _ => text },
        ColumnKind.Moment when text.EndsWith("+00", StringComparison.Ordinal) => text[..^3],
        _ => text,
    };

    /// <inheritdoc/>
    public override string CreateStage(string stage, OdbcTable of, IReadOnlyList<OdbcColumn> columns) =>
        $"CREATE TEMPORARY TABLE {stage} (PRIMARY KEY ({Names(of.Key)})) AS SELECT {Names(columns.Select(column => column.Name))} FROM {of.From} WHERE 1=0";

    /// <inheritdoc/>
    public override string NotSame(OdbcColumn column, string a, string b) =>
        column.Kind is ColumnKind.Text or ColumnKind.FixedText or ColumnKind.Other ? $"NOT (BINARY {a} <=> BINARY {b})" : $"NOT ({a} <=> {b})";

    /// <inheritdoc/>
    public override string Update(OdbcTable table, string stage, string match, IReadOnlyList<string> columns, string where) =>
        $"UPDATE {table.From} AS t JOIN {stage} AS s ON {match} SET {string.Join(", ", columns.Select(name => $"t.{Quote(name)} = s.{Quote(name)}"))} WHERE {where}";

    /// <inheritdoc/>
    protected override string TypeFor(OdbcColumn column, OdbcTable table) => column.Kind switch
    {
        ColumnKind.FixedText when column.Size is > 0 and < 256 => Sized("char", column.Size) + TextOptions,
        ColumnKind.Binary => IsIndexed(column, table) ? "varbinary(767)" : "longblob",
        ColumnKind.Boolean => "boolean",
        ColumnKind.Integer => IntegerType(column.Size),
        ColumnKind.Unsigned => $"{IntegerType(column.Size)} unsigned",
        ColumnKind.Decimal when column.Size is > 0 and <= 65 && column.Digits <= 38 => Decimal("decimal", column),
        ColumnKind.Float => column.Size == 4 ? "float" : "double",
        ColumnKind.Date => "date",
        ColumnKind.Time => "time(6)",
        ColumnKind.Timestamp or ColumnKind.Moment => "datetime(6)",
        ColumnKind.Uuid => "char(36)" + TextOptions,
        _ => TextType(column, table),
    };

    /// <inheritdoc/>
    protected override IEnumerable<string> InnerKeys(OdbcTable table) =>
    [
        .. table.Key.Count == 0 ? Array.Empty<string>() : [$"PRIMARY KEY ({Names(table.Key)})"],
        // A column that is numbered must have an index from the start.
        .. table.Columns.Where(column => column.IsIdentity && (table.Key.Count == 0 || table.Key[0] != column.Name)).Select(column => $"INDEX ({Quote(column.Name)})"),
    ];

    private static string IntegerType(int size) => size switch { 2 => "smallint", 4 => "int", _ => "bigint" };

    private static string TextType(OdbcColumn column, OdbcTable table)
    {
        int inIndex = Math.Max(1, Math.Max(table.Key.Count, table.Indexes.Select(index => index.Columns.Count).DefaultIfEmpty(1).Max()));
        if (IsIndexed(column, table))
            return Sized("varchar", column.Size is > 0 and < IndexedCharsMax ? column.Size : IndexedCharsMax / inIndex) + TextOptions;
        bool isShort = column.Kind == ColumnKind.Text && column.Size is > 0 and <= VarcharMax;
        return (isShort ? Sized("varchar", column.Size) : "longtext") + TextOptions;
    }
}
