using Npgsql;

namespace Snapstore.Databases.Postgres;

/// <summary>One connection, set so that what it reads and writes does not depend on anybody's settings. For one thread.</summary>
internal sealed class PostgresSession : IDisposable
{
    // Names that a server does not know are left out: they came with later versions.
    private const string Settings = """
        SELECT set_config(s.n, s.v, false) FROM (VALUES
            ('search_path', ''), ('synchronize_seqscans', 'off'), ('extra_float_digits', '3'), ('datestyle', 'ISO'),
            ('intervalstyle', 'postgres'), ('bytea_output', 'hex'), ('xmloption', 'content'), ('statement_timeout', '0'),
            ('lock_timeout', '0'), ('idle_in_transaction_session_timeout', '0'), ('transaction_timeout', '0'),
            ('idle_session_timeout', '0'), ('row_security', 'off'), ('max_parallel_workers_per_gather', '0'),
            ('standard_conforming_strings', 'on'), ('default_transaction_read_only', 'off')) AS s(n, v)
        WHERE s.n IN (SELECT name FROM pg_catalog.pg_settings)
        """;

    private readonly NpgsqlDataSource _source;
    private readonly NpgsqlConnection _connection;
    private readonly CancellationTokenRegistration _registration;
    private NpgsqlCommand? _running;

    // Statements go to the server as they stand: the driver would look for parameters in them, and cut them at semicolons.
    static PostgresSession() => AppContext.SetSwitch("Npgsql.EnableSqlRewriting", false);

    private PostgresSession(PostgresServer server, CancellationToken cancel)
    {
        Server = server;
        Cancel = cancel;

        // The slim one: nothing is asked about the database's types, for all values travel as text or bytes.
        NpgsqlSlimDataSourceBuilder builder = new(server.ConnectionString());
        builder.EnableTransportSecurity().ConfigureTypeLoading(loading => loading.EnableTypeLoading(false));
        _source = builder.Build();
        _connection = _source.CreateConnection();
        _registration = cancel.Register(() => Volatile.Read(ref _running)?.Cancel());
    }

    /// <summary>The server.</summary>
    public PostgresServer Server { get; }

    /// <summary>Ends what runs.</summary>
    public CancellationToken Cancel { get; }

    /// <summary>The server's version: 15.18 (Debian 15.18-0+deb12u1).</summary>
    public string Version { get; private set; } = "";

    /// <summary>The first part of the version.</summary>
    public int Major { get; private set; }

    /// <summary>True once an error showed that nothing more can be done with it.</summary>
    public bool IsBroken => _connection.State != System.Data.ConnectionState.Open;

    /// <summary>Connects.</summary>
    /// <exception cref="SourceException">It cannot, or the server refuses.</exception>
    public static PostgresSession Connect(PostgresServer server, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        PostgresSession session = new(server, cancel);
        try
        {
            session.Guard("connecting", session._connection.Open);
            session.Run(Settings, "setting up the connection");
            session.Version = session.One("SHOW server_version", "asking for the version") ?? "";
            session.Major = session._connection.PostgreSqlVersion.Major;
            if (session.One("SHOW server_encoding", "asking for the encoding") == "SQL_ASCII")
                session.Run("SET client_encoding = 'SQL_ASCII'", "setting up the connection");
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Runs one statement; rows that it changed, -1 where that says nothing.</summary>
    /// <exception cref="SourceException">The server refused it, or is gone.</exception>
    public long Run(string sql, string doing, params string[] values) =>
        Guarded(doing, sql, values, command => (long)command.ExecuteNonQuery());

    /// <summary>All rows of a query whose columns are text.</summary>
    public List<string?[]> Rows(string sql, string doing, params string[] values) => Guarded(doing, sql, values, command =>
    {
        using NpgsqlDataReader reader = command.ExecuteReader();
        List<string?[]> rows = [];
        while (reader.Read())
        {
            string?[] row = new string?[reader.FieldCount];
            for (int i = 0; i < row.Length; i++)
                row[i] = reader.IsDBNull(i) ? null : reader.GetString(i);
            rows.Add(row);
        }

        return rows;
    });

    /// <summary>The only column of the first row, as text; null for NULL and for no row.</summary>
    public string? One(string sql, string doing, params string[] values) =>
        Rows(sql, doing, values) is [[var value, ..], ..] ? value : null;

    /// <summary>A number that a query gives as text.</summary>
    public long Number(string sql, string doing) =>
        long.Parse(One(sql, doing) ?? "0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>A piece of a large object; empty at its end.</summary>
    public byte[] ReadLargeObject(uint oid, long offset, int size) => Guarded(
        $"reading large object {oid}", "SELECT lo_get($1::text::oid, $2::text::int8, $3::text::int4)", [$"{oid}", $"{offset}", $"{size}"],
        command => (byte[])command.ExecuteScalar()!);

    /// <summary>Writes a piece of a large object.</summary>
    public void WriteLargeObject(uint oid, long offset, byte[] bytes) => Guard($"writing large object {oid}", () =>
    {
        using NpgsqlCommand command = new($"SELECT lo_put({oid}, {offset}, $1)", _connection);
        command.Parameters.Add(new NpgsqlParameter<byte[]> { TypedValue = bytes, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Bytea });
        command.ExecuteNonQuery();
    });

    /// <summary>Rows as COPY gives them, as bytes; nothing else runs on this connection until the stream is disposed of.</summary>
    public CopyOutStream CopyOut(string sql, string doing) =>
        Guard(doing, () => new CopyOutStream(this, Raw(_connection.BeginTextExport(sql)), doing));

    /// <summary>Feeds rows to a COPY; where that fails, no row of it stays.</summary>
    public void CopyIn(string sql, string doing, Stream rows, byte[] buffer)
    {
        NpgsqlRawCopyStream copy = Guard(doing, () => (NpgsqlRawCopyStream)((StreamWriter)_connection.BeginTextImport(sql)).BaseStream);
        bool isDone = false;
        try
        {
            // What fails at reading the rows is not the server's error: it passes as it is.
            for (int count; (count = rows.Read(buffer)) > 0;)
            {
                Cancel.ThrowIfCancellationRequested();
                int size = count;
                Guard(doing, () => copy.Write(buffer, 0, size));
            }

            isDone = true;
            Guard(doing, copy.Dispose);
        }
        finally
        {
            // Only disposing of it would commit the rows that were sent.
            if (!isDone)
                GiveUp(copy);
        }
    }

    /// <summary>Runs what may throw errors of the driver.</summary>
    public void Guard(string doing, Action action) => Guard(doing, () =>
    {
        action();
        return true;
    });

    /// <inheritdoc cref="Guard(string, Action)"/>
    public T Guard<T>(string doing, Func<T> action) => Guard(doing, action, static run => run());

    /// <inheritdoc cref="Guard(string, Action)"/>
    public T Guard<TWith, T>(string doing, TWith with, Func<TWith, T> action)
        where TWith : allows ref struct
    {
        try
        {
            return action(with);
        }
        catch (Exception e) when (PostgresErrors.IsOfDriver(e))
        {
            Cancel.ThrowIfCancellationRequested();
            throw PostgresErrors.Of(e, Server, doing);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _registration.Dispose();
        try
        {
            _connection.Dispose();
            _source.Dispose();
        }
        catch (Exception e) when (PostgresErrors.IsOfDriver(e))
        {
            // It was lost; there is nothing to close.
        }
    }

    private T Guarded<T>(string doing, string sql, string[] values, Func<NpgsqlCommand, T> use)
    {
        Cancel.ThrowIfCancellationRequested();
        using NpgsqlCommand command = new(sql, _connection);
        foreach (string value in values)
            command.Parameters.Add(new NpgsqlParameter<string> { TypedValue = value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        Volatile.Write(ref _running, command);
        try
        {
            return Guard(doing, () => use(command));
        }
        finally
        {
            Volatile.Write(ref _running, null);
        }
    }

    private static NpgsqlRawCopyStream Raw(TextReader reader) => (NpgsqlRawCopyStream)((StreamReader)reader).BaseStream;

    private static void GiveUp(NpgsqlRawCopyStream copy)
    {
        try
        {
            copy.Cancel();
            copy.Dispose();
        }
        catch (Exception e) when (PostgresErrors.IsOfDriver(e))
        {
            // The error that led here is the one to tell.
        }
    }
}
