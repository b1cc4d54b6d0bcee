using System.Globalization;

namespace Snapstore.Databases.Odbc;

/// <summary>What differs between the DBMSs when rows are written.</summary>
internal abstract partial class OdbcDialect
{
    private const int LongChars = 4000;

    /// <summary>Statements for a connection that writes.</summary>
    public virtual IReadOnlyList<string> WritingSession => [];

    /// <summary>True where tables are made and dropped within transactions.</summary>
    public virtual bool HasTransactionalDefinitions => Connection.Transactions == 2;

    /// <summary>True where tables can be exchanged for others in one statement: <see cref="Swap"/>.</summary>
    public virtual bool CanSwap => false;

    /// <summary>True where a table has a schema beside its name.</summary>
    public virtual bool HasSchemas => false;

    /// <summary>The schema of tables that come from a DBMS without schemas.</summary>
    public virtual string DefaultSchema => "";

    /// <summary>The statement that makes a schema; null where it is there, or the DBMS has none.</summary>
    public virtual string? CreateSchema(string schema) => null;

    /// <summary>The statement that makes a table.</summary>
    public string CreateTable(OdbcTable table, string name)
    {
        List<string> parts = [.. table.Columns.Select(DefineColumn)];
        parts.AddRange(InnerKeys(table));
        string options = table.Options.Length == 0 ? "" : $" {table.Options}";
        return $"CREATE TABLE {Quote(table.Schema, name)} ({string.Join(", ", parts)}){options}";
    }

    /// <summary>The statements that complete a table once it has its rows: keys, indexes, counters.</summary>
    public virtual IEnumerable<string> CompleteTable(OdbcTable table, string name)
    {
        if (table.Key.Count > 0 && !InnerKeys(table).Any())
            yield return $"ALTER TABLE {Quote(table.Schema, name)} ADD PRIMARY KEY ({Names(table.Key)})";
        foreach (OdbcIndex index in table.Indexes)
            yield return $"CREATE {(index.IsUnique ? "UNIQUE " : "")}INDEX {Quote(index.Name)} ON {Quote(table.Schema, name)} ({Names(index.Columns)})";
    }

    /// <summary>A table of a snapshot as this DBMS can have it.</summary>
    /// <param name="table">The table.</param>
    /// <param name="note">Told what is not the same.</param>
    public OdbcTable Translate(OdbcTable table, Action<string> note)
    {
        bool isSame = table.Dbms == Dbms;
        if (!isSame && table.Columns.Any(column => column.Default is not null || column.IsGenerated))
            note($"{table.FullName}: defaults and computed columns are not carried over from {table.Dbms} to {Dbms}");
        return table with
        {
            Dbms = Dbms,
            Schema = HasSchemas ? (table.Schema.Length == 0 ? DefaultSchema : table.Schema) : "",
            Columns = [.. table.Columns.Select(column => isSame ? Adopt(column, table, note) : Translate(column, table))],
            Options = isSame ? table.Options : "",
            Indexes = [.. table.Indexes.Where(index => isSame || index.IsUnique)],
        };
    }

    /// <summary>What stands for a value in a statement that writes this column.</summary>
    public virtual string Placeholder(OdbcColumn column) => "?";

    /// <summary>The type of ODBC that a text goes as: what the driver turns it into.</summary>
    public virtual short ParameterType(OdbcColumn column, int chars) => chars > LongChars ? OdbcNative.SqlWideLongVarchar : OdbcNative.SqlWideVarchar;

    /// <summary>A text that holds a zero byte, as SQL; null where the driver takes it as a parameter, or the DBMS has no such text.</summary>
    public virtual string? TextWithZero(ReadOnlySpan<byte> utf8) => null;

    /// <summary>A text of another DBMS as this one takes it.</summary>
    public virtual string Adapt(OdbcColumn from, string text) => text;

    /// <summary>What says that a row may give its own value for a column that the DBMS numbers.</summary>
    public virtual string Overriding => "";

    /// <summary>The statement that makes an empty temporary table of these columns of another; not seen by others.</summary>
    public virtual string CreateStage(string stage, OdbcTable of, IReadOnlyList<OdbcColumn> columns) =>
        $"CREATE TEMPORARY TABLE {stage} AS SELECT {Names(columns.Select(column => column.Name))} FROM {of.From} WHERE 1=0";

    /// <summary>SQL that is true where two values of a column are not the same to the last bit.</summary>
    public virtual string NotSame(OdbcColumn column, string a, string b) => $"({a} <> {b} OR ({a} IS NULL) <> ({b} IS NULL))";

    /// <summary>SQL that is true where the keys of two rows are the same.</summary>
    public virtual string SameKey(string a, string b) => $"{a} = {b}";

    /// <summary>The statement that gives rows of `t` the values of rows of a stage `s`.</summary>
    public virtual string Update(OdbcTable table, string stage, string match, IReadOnlyList<string> columns, string where) =>
        $"UPDATE {table.From} AS t SET {string.Join(", ", columns.Select(name => $"{Quote(name)} = s.{Quote(name)}"))} FROM {stage} AS s WHERE {match} AND ({where})";

    /// <summary>The statement that puts new tables in the place of others, all at once.</summary>
    /// <param name="renames">Schema, name now, name then; in order.</param>
    public virtual string Swap(IEnumerable<(string Schema, string Now, string Then)> renames) => throw new NotSupportedException();

    /// <summary>Names with commas between.</summary>
    public string Names(IEnumerable<string> names) => string.Join(", ", names.Select(Quote));

    /// <summary>A common type in the words of this DBMS.</summary>
    protected virtual string TypeFor(OdbcColumn column, OdbcTable table) => column.Kind switch
    {
        ColumnKind.FixedText => Sized("CHAR", column.Size),
        ColumnKind.Binary => Sized("VARBINARY", column.Size == 0 ? 4000 : column.Size),
        ColumnKind.Boolean or ColumnKind.Integer when column.Size <= 2 => "SMALLINT",
        ColumnKind.Integer when column.Size == 4 => "INTEGER",
        ColumnKind.Unsigned when column.Size == 2 => "INTEGER",
        ColumnKind.Integer => "BIGINT",
        ColumnKind.Unsigned => "DECIMAL(20)",
        ColumnKind.Decimal when column.Size > 0 => Decimal("DECIMAL", column),
        ColumnKind.Float => column.Size == 4 ? "REAL" : "DOUBLE PRECISION",
        ColumnKind.Date => "DATE",
        ColumnKind.Time => "TIME",
        ColumnKind.Timestamp or ColumnKind.Moment => "TIMESTAMP",
        _ => Sized("VARCHAR", column.Size == 0 ? 4000 : column.Size),
    };

    /// <summary>A column of a snapshot of the same DBMS.</summary>
    protected virtual OdbcColumn Adopt(OdbcColumn column, OdbcTable table, Action<string> note) => column;

    /// <summary>Keys that are part of the statement that makes the table: "PRIMARY KEY (a)".</summary>
    protected virtual IEnumerable<string> InnerKeys(OdbcTable table) => [];

    /// <summary>What the DBMS calls a column that it numbers.</summary>
    protected virtual string IdentityClause => "";

    /// <summary>`NAME(size)`; without the size where there is none.</summary>
    protected static string Sized(string type, int size) => size == 0 ? type : string.Create(CultureInfo.InvariantCulture, $"{type}({size})");

    /// <summary>`NAME(digits, fractional digits)`.</summary>
    protected static string Decimal(string type, OdbcColumn column) => string.Create(CultureInfo.InvariantCulture, $"{type}({column.Size},{column.Digits})");

    /// <summary>True where a column is part of the key or of an index.</summary>
    protected static bool IsIndexed(OdbcColumn column, OdbcTable table) =>
        table.Key.Contains(column.Name) || table.Indexes.Any(index => index.Columns.Contains(column.Name));

    private OdbcColumn Translate(OdbcColumn column, OdbcTable table) =>
        column with { Type = TypeFor(column, table), Default = null, IsGenerated = false, Expression = null };

    private string DefineColumn(OdbcColumn column)
    {
        string definition = $"{Quote(column.Name)} {column.Type}";
        if (column.Expression is not null)
            return $"{definition} GENERATED ALWAYS AS {column.Expression}";
        if (column.Default is not null && !column.IsIdentity)
            definition += $" DEFAULT {column.Default}";
        if (!column.IsNullable)
            definition += " NOT NULL";
        return column.IsIdentity && IdentityClause.Length > 0 ? $"{definition} {IdentityClause}" : definition;
    }
}
