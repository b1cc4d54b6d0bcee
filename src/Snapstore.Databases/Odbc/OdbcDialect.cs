namespace Snapstore.Databases.Odbc;

/// <summary>What differs between the DBMSs behind ODBC when rows are read. This class knows what every driver knows; those of
/// known DBMSs read their own catalogs and lose nothing of a value.</summary>
internal abstract partial class OdbcDialect(OdbcConnection connection)
{
    /// <summary>The connection it works on.</summary>
    protected OdbcConnection Connection { get; } = connection;

    /// <summary>The DBMS: what a schema file is written for.</summary>
    public abstract string Dbms { get; }

    /// <summary>True where each value says what it is, whatever its column's type (SQLite).</summary>
    public virtual bool HasTypedValues => false;

    /// <summary>Statements for a new connection, before anything else.</summary>
    public virtual IReadOnlyList<string> Session => [];

    /// <summary>The DBMS and its version, for people.</summary>
    public virtual string Version => $"{Connection.Dbms} {Connection.Version}";

    /// <summary>How the reading transaction came out, in words; asked once it has begun.</summary>
    public virtual string Consistency => $"one transaction, {IsolationName(Connection.Isolation)}";

    /// <summary>True where all tables are of one moment.</summary>
    public virtual bool IsConsistent => Connection.Transactions != 0 && Connection.Isolation >= 4;

    /// <summary>Begins the transaction that reads; the moment of the snapshot.</summary>
    public virtual void BeginReading() => Connection.BeginTransactions(BestIsolation(), isReadOnly: true);

    /// <summary>The tables with their columns and keys, and what else is there and not captured.</summary>
    public abstract OdbcCatalog ReadCatalog();

    /// <summary>Keeps the definitions of these tables from changing until the transaction ends.</summary>
    /// <exception cref="OdbcChangedException">One was changed since the transaction began; another one may do better.</exception>
    public virtual void Pin(IReadOnlyList<OdbcTable> tables)
    {
        foreach (OdbcTable table in tables)
            Connection.Execute($"SELECT {Select(table)} FROM {table.From} WHERE 1=0", $"read table {table.FullName}");
    }

    /// <summary>Something that stays the same as long as the transaction lives; null where there is no such thing.</summary>
    public virtual string? TransactionMark => null;

    /// <summary>Where in the history of the DBMS the transaction stands.</summary>
    public virtual IReadOnlyList<(string Name, string Value)> Position => [];

    /// <summary>The columns as they are read.</summary>
    public string Select(OdbcTable table) =>
        table.Columns.Count == 0 ? "1" : string.Join(", ", table.Columns.Select(column => ReadExpression(column)));

    /// <summary>The SQL that reads the first rows.</summary>
    public virtual string FirstPage(OdbcTable table) => $"SELECT {Select(table)} FROM {table.From}{OrderBy(table)}";

    /// <summary>Rows of a page; 0 where one statement reads all in bounded memory.</summary>
    public virtual long PageRows(OdbcTable table) => 0;

    /// <summary>The SQL that reads the page behind these rows.</summary>
    /// <param name="table">The table.</param>
    /// <param name="last">The last row read.</param>
    /// <param name="rows">Rows read so far.</param>
    public virtual string NextPage(OdbcTable table, OdbcRow last, long rows) => throw new NotSupportedException();

    /// <summary>"key" or "heap".</summary>
    public virtual string Order(OdbcTable table) => table.Key.Count > 0 ? "key" : "heap";

    /// <summary>Adds the value of a column to a row.</summary>
    public virtual void Read(OdbcStatement statement, int number, OdbcColumn column, OdbcRow row)
    {
        if (column.Kind == ColumnKind.Binary)
            statement.AddBinary(number, row);
        else
            statement.AddText(number, row);
    }

    /// <summary>A name as SQL.</summary>
    public virtual string Quote(string name)
    {
        string mark = Connection.Quote;
        return mark.Length == 0 ? name : mark + name.Replace(mark, mark + mark, StringComparison.Ordinal) + mark;
    }

    /// <summary>A name with its schema as SQL.</summary>
    public string Quote(string schema, string name) => schema.Length == 0 ? Quote(name) : $"{Quote(schema)}.{Quote(name)}";

    /// <summary>A text as SQL.</summary>
    public virtual string Literal(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    /// <summary>What reads a column without loss.</summary>
    protected virtual string ReadExpression(OdbcColumn column) => Quote(column.Name);

    /// <summary>" ORDER BY key"; "" where there is no key.</summary>
    protected string OrderBy(OdbcTable table) =>
        table.Key.Count == 0 ? "" : " ORDER BY " + string.Join(", ", table.Key.Select(Quote));

    /// <summary>The level asked for: repeatable read is enough where that is a snapshot, else the highest there is.</summary>
    protected virtual int BestIsolation()
    {
        int offered = Connection.Isolations;
        return (offered & 8) != 0 ? 8 : (offered & 4) != 0 ? 4 : offered & 2;
    }

    private static string IsolationName(int level) => level switch
    {
        0 => "isolation level unknown",
        1 => "READ UNCOMMITTED",
        2 => "READ COMMITTED",
        4 => "REPEATABLE READ",
        8 => "SERIALIZABLE",
        _ => $"isolation level {level}",
    };
}

/// <summary>What a DBMS says is in a database.</summary>
internal sealed record OdbcCatalog
{
    /// <summary>Its tables, sorted by schema and name.</summary>
    public List<OdbcTable> Tables { get; } = [];

    /// <summary>Views, sequences and other things that ODBC does not capture.</summary>
    public List<ObjectDescription> Others { get; } = [];

    /// <summary>Tables whose rows are not captured, and why.</summary>
    public List<(string Name, string Problem)> Skipped { get; } = [];

    /// <summary>What is worth knowing.</summary>
    public List<(string Name, string Text)> Notes { get; } = [];
}

/// <summary>A table changed between the moment of the snapshot and the moment it was pinned.</summary>
internal sealed class OdbcChangedException(string message) : IOException(message);
