namespace Snapstore.Databases.Odbc;

/// <summary>How an unknown DBMS is written to: standard SQL.</summary>
internal sealed partial class OdbcGeneric
{
    /// <inheritdoc/>
    public override bool HasSchemas => true;

    // The driver names a type without its length.
    /// <inheritdoc/>
    protected override OdbcColumn Adopt(OdbcColumn column, OdbcTable table, Action<string> note) =>
        column.Type.Contains('(', StringComparison.Ordinal) || column.Size == 0 ? column : column.Kind switch
        {
            ColumnKind.Text or ColumnKind.FixedText or ColumnKind.Binary => column with { Type = Sized(column.Type, column.Size) },
            ColumnKind.Decimal => column with { Type = Decimal(column.Type, column) },
            _ => column,
        };
}
