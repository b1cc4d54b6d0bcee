namespace Snapstore.Databases.Odbc;

/// <summary>The rows of a table, one by one, in bounded memory.</summary>
internal sealed class OdbcRowReader : IDisposable
{
    private readonly OdbcDialect _dialect;
    private readonly OdbcTable _table;
    private readonly OdbcStatement _statement;
    private readonly OdbcRow _row = new();
    private readonly long _pageRows;
    private readonly string _what;
    private long _inPage;

    public OdbcRowReader(OdbcConnection connection, OdbcDialect dialect, OdbcTable table)
    {
        (_dialect, _table, _pageRows) = (dialect, table, dialect.PageRows(table));
        _what = $"read table {table.FullName}";
        _statement = new OdbcStatement(connection);
        try
        {
            _statement.Execute(dialect.FirstPage(table), _what);
        }
        catch
        {
            _statement.Dispose();
            throw;
        }
    }

    /// <summary>Rows so far.</summary>
    public long Rows { get; private set; }

    /// <summary>The next row, valid until the next call; null at the end.</summary>
    public OdbcRow? Next()
    {
        if (!FetchNext())
            return null;
        _row.Clear();
        for (int i = 0; i < _table.Columns.Count; i++)
            _dialect.Read(_statement, i + 1, _table.Columns[i], _row);
        Rows++;
        _inPage++;
        return _row;
    }

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private bool FetchNext()
    {
        if (_statement.Fetch(_what))
            return true;
        if (_pageRows == 0 || _inPage < _pageRows)
            return false;
        _statement.CloseResult();
        _inPage = 0;
        _statement.Execute(_dialect.NextPage(_table, _row, Rows), _what);
        return _statement.Fetch(_what);
    }
}
