namespace Snapstore.Databases.Odbc;

/// <summary>How an unknown DBMS is written to: standard SQL.</summary>
internal sealed partial class OdbcGeneric
{
    /// <inheritdoc/>
    public override bool HasSchemas => true;

    // Not every DBMS turns text into a number or a date by itself; every driver can.
    /// <inheritdoc/>
    public override short ParameterType(OdbcColumn column, int chars) => column.Kind switch
    {
        ColumnKind.Integer => OdbcNative.SqlBigInt,
        ColumnKind.Decimal or ColumnKind.Unsigned => OdbcNative.SqlDecimal,
        ColumnKind.Float => OdbcNative.SqlDouble,
        ColumnKind.Date => OdbcNative.SqlDate,
        ColumnKind.Time => OdbcNative.SqlTime,
        ColumnKind.Timestamp => OdbcNative.SqlTimestamp,
        _ => base.ParameterType(column, chars),
    };

    // Not every DBMS can add one later.
    /// <inheritdoc/>
    protected override IEnumerable<string> InnerKeys(OdbcTable table) => table.Key.Count == 0 ? [] : [$"PRIMARY KEY ({Names(table.Key)})"];

    // The driver names a type without its length.
    /// <inheritdoc/>
    protected override OdbcColumn Adopt(OdbcColumn column, OdbcTable table, Action<string> note)
    {
        bool Named(params string[] words) => words.Any(word => column.Type.Contains(word, StringComparison.OrdinalIgnoreCase));
        if (column.Type.Contains('(', StringComparison.Ordinal) || column.Size == 0)
            return column;
        if (Named("char", "binary", "raw"))
            return column with { Type = Sized(column.Type, column.Size) };
        return Named("numeric", "decimal", "number") ? column with { Type = Decimal(column.Type, column) } : column;
    }
}
