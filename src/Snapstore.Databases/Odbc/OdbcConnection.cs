namespace Snapstore.Databases.Odbc;

/// <summary>One connection. Its statements are used by one thread at a time.</summary>
internal sealed unsafe class OdbcConnection : IDisposable
{
    private const int VersionAttribute = 200, Version3 = 3, AutoCommitAttribute = 102, IsolationAttribute = 108, ReadOnlyAttribute = 101;
    private const ushort DriverInfo = 6, DbmsNameInfo = 17, DbmsVersionInfo = 18, DatabaseInfo = 16, QuoteInfo = 29, EscapeInfo = 14, TransactionsInfo = 46, IsolationsInfo = 72;

    /// <summary>What errors of connecting say.</summary>
    public const string Refused = "cannot be connected to";

    private nint _environment, _handle;
    private bool _isConnected;

    private OdbcConnection(string name, string? secret)
    {
        Name = name;
        Secret = secret;
    }

    /// <summary>What it is connected to.</summary>
    public string Name { get; }

    /// <summary>The password, which no message may repeat.</summary>
    public string? Secret { get; }

    /// <summary>The driver manager's handle.</summary>
    public nint Handle => _handle;

    /// <summary>The DBMS as it names itself.</summary>
    public string Dbms => Info(DbmsNameInfo);

    /// <summary>Its version.</summary>
    public string Version => Info(DbmsVersionInfo);

    /// <summary>The driver's file.</summary>
    public string Driver => Info(DriverInfo);

    /// <summary>The database, or catalog.</summary>
    public string Database => Info(DatabaseInfo);

    /// <summary>What stands around names; "" where the DBMS knows no such thing.</summary>
    public string Quote => Info(QuoteInfo).Trim();

    /// <summary>What takes the meaning from % and _ in patterns of names.</summary>
    public string PatternEscape => Info(EscapeInfo);

    /// <summary>0 no transactions, 1 and 3 and 4 without definitions, 2 with definitions.</summary>
    public int Transactions => InfoShort(TransactionsInfo);

    /// <summary>Isolation levels as bits: 1 read uncommitted, 2 read committed, 4 repeatable read, 8 serializable.</summary>
    public int Isolations => InfoInt(IsolationsInfo);

    /// <summary>The isolation level now, one of those bits; 0 where the driver does not say.</summary>
    public int Isolation
    {
        get
        {
            int value = 0;
            return OdbcNative.SQLGetConnectAttrW(_handle, IsolationAttribute, &value, sizeof(int), out _) is OdbcNative.Success or OdbcNative.SuccessWithInfo ? value : 0;
        }
    }

    /// <summary>Connects.</summary>
    /// <param name="name">What errors call it.</param>
    /// <param name="text">The connection string.</param>
    /// <param name="secret">What errors must not repeat.</param>
    /// <exception cref="OdbcException">The driver or the server refuses.</exception>
    public static OdbcConnection Open(string name, string text, string? secret)
    {
        OdbcConnection connection = new(name, secret);
        try
        {
            connection.Connect(text);
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>From now on statements form transactions; sets this isolation level where the driver lets us.</summary>
    public void BeginTransactions(int isolation, bool isReadOnly)
    {
        if (isReadOnly)
            _ = OdbcNative.SQLSetConnectAttrW(_handle, ReadOnlyAttribute, 1, 0);
        // Drivers may answer with another level, or not at all: what is in force is asked for, not assumed.
        if (isolation != 0)
            _ = OdbcNative.SQLSetConnectAttrW(_handle, IsolationAttribute, isolation, 0);
        if (Transactions != 0)
            Check(OdbcNative.SQLSetConnectAttrW(_handle, AutoCommitAttribute, 0, 0), "turn transactions on");
    }

    /// <summary>Commits.</summary>
    public void Commit() => Check(OdbcNative.SQLEndTran(OdbcNative.Connection, _handle, 0), "commit");

    /// <summary>Rolls back; says nothing where the connection is gone.</summary>
    public void Rollback() => _ = OdbcNative.SQLEndTran(OdbcNative.Connection, _handle, 1);

    /// <summary>Runs a statement; the rows it changed, -1 where that is not known.</summary>
    public long Execute(string sql, string? what = null)
    {
        using OdbcStatement statement = new(this);
        statement.Execute(sql, what ?? Named(sql));
        return statement.Columns > 0 ? 0 : statement.RowsChanged;
    }

    /// <summary>The rows of a small result.</summary>
    public List<string?[]> Query(string sql, string? what = null)
    {
        using OdbcStatement statement = new(this);
        statement.Execute(sql, what ?? Named(sql));
        return ReadAll(statement);
    }

    /// <summary>The first value of a result; null for none.</summary>
    public string? Scalar(string sql, string? what = null) => Query(sql, what) is [[string value, ..], ..] ? value : null;

    /// <summary>All rows that a statement gives.</summary>
    public static List<string?[]> ReadAll(OdbcStatement statement)
    {
        List<string?[]> rows = [];
        int columns = statement.Columns;
        while (statement.Fetch("read a result"))
        {
            string?[] row = new string?[columns];
            for (int i = 0; i < columns; i++)
                row[i] = statement.Text(i + 1);
            rows.Add(row);
        }

        return rows;
    }

    /// <summary>What the driver says of a call that failed.</summary>
    public OdbcException Failed(string what) => OdbcException.Of(OdbcNative.Connection, _handle, what, Secret);

    /// <inheritdoc/>
    public void Dispose()
    {
        nint handle = Interlocked.Exchange(ref _handle, 0), environment = Interlocked.Exchange(ref _environment, 0);
        if (_isConnected)
        {
            _ = OdbcNative.SQLEndTran(OdbcNative.Connection, handle, 1);
            _ = OdbcNative.SQLDisconnect(handle);
        }

        if (handle != 0)
            _ = OdbcNative.SQLFreeHandle(OdbcNative.Connection, handle);
        if (environment != 0)
            _ = OdbcNative.SQLFreeHandle(OdbcNative.Environment, environment);
    }

    private static string Named(string sql) => sql.Length <= 80 ? sql : string.Concat(sql.AsSpan(0, 77), "...");

    private void Connect(string text)
    {
        if (OdbcNative.Allocate(OdbcNative.Environment, 0, out _environment) != OdbcNative.Success)
            throw new OdbcException("the ODBC driver manager does not start", "");
        _ = OdbcNative.SQLSetEnvAttr(_environment, VersionAttribute, Version3, 0);
        if (OdbcNative.Allocate(OdbcNative.Connection, _environment, out _handle) is not (OdbcNative.Success or OdbcNative.SuccessWithInfo))
            throw OdbcException.Of(OdbcNative.Environment, _environment, "make a connection", Secret);
        short result = OdbcNative.SQLDriverConnectW(_handle, 0, text, (short)text.Length, 0, 0, out _, 0);
        if (result is not (OdbcNative.Success or OdbcNative.SuccessWithInfo))
            throw Failed($"{Name} {Refused}");
        _isConnected = true;
    }

    private void Check(short result, string what)
    {
        if (result is not (OdbcNative.Success or OdbcNative.SuccessWithInfo))
            throw Failed(what);
    }

    private string Info(ushort what)
    {
        const int CharsMax = 512;
        char* text = stackalloc char[CharsMax];
        short result = OdbcNative.SQLGetInfoW(_handle, what, text, CharsMax * sizeof(char), out short length);
        return result is OdbcNative.Success or OdbcNative.SuccessWithInfo ? new string(text, 0, Math.Clamp(length / sizeof(char), 0, CharsMax - 1)) : "";
    }

    private int InfoShort(ushort what)
    {
        ushort value = 0;
        return OdbcNative.SQLGetInfoW(_handle, what, &value, sizeof(ushort), out _) is OdbcNative.Success or OdbcNative.SuccessWithInfo ? value : 0;
    }

    private int InfoInt(ushort what)
    {
        int value = 0;
        return OdbcNative.SQLGetInfoW(_handle, what, &value, sizeof(int), out _) is OdbcNative.Success or OdbcNative.SuccessWithInfo ? value : 0;
    }
}
