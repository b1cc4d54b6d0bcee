namespace Snapstore.Databases.Postgres;

/// <summary>One moment of a database, held open by a transaction whose snapshot other connections share.</summary>
/// <remarks>
/// Between the snapshot and the locks a table can be rewritten or renamed: the snapshot then finds it empty, or finds another
/// table under its name, without any error. So after the locks the catalog of now is compared with that of the snapshot; where
/// they differ all begins again at a later moment. After the locks nothing of these tables can change.
/// </remarks>
internal sealed class PostgresMoment : IDisposable
{
    private const int AttemptsMax = 5;
    private const int TablesInStatement = 200;

    // Lock entries that the other connections may take beforehand: the server's table has 6400 by default, for everybody.
    private const int LocksAheadMax = 2000;

    private const string UndefinedTable = "42P01", UndefinedSchema = "3F000", LockNotAvailable = "55P03";

    private readonly List<PostgresTable> _locked;

    private PostgresMoment(PostgresSession main, DatabaseSelection wanted)
    {
        Main = main;
        main.Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "beginning the transaction");
        Snapshot = main.One("SELECT pg_export_snapshot()", "exporting the snapshot")!;
        AllTables = PostgresCatalog.ReadTables(main);
        Selection = PostgresSelection.Of(wanted, AllTables);
        IsStandby = main.One("SELECT pg_is_in_recovery()::text", "asking whether the server is a standby") == "true";
        _locked = [.. Selection.Tables.Where(table => table.HasRows && !IsUnreadable(table))];
        Readers = new PostgresReaders(main.Server, Snapshot, main.Cancel);
    }

    /// <summary>The connection whose transaction holds the moment.</summary>
    public PostgresSession Main { get; }

    /// <summary>The name under which others join the moment.</summary>
    public string Snapshot { get; }

    /// <summary>Connections that join it.</summary>
    public PostgresReaders Readers { get; }

    /// <summary>All tables of the database.</summary>
    public List<PostgresTable> AllTables { get; }

    /// <summary>Those that are captured.</summary>
    public PostgresSelection Selection { get; }

    /// <summary>True where the server only follows another.</summary>
    public bool IsStandby { get; }

    /// <summary>Takes hold of a moment, and of the definitions that belong to it.</summary>
    /// <param name="server">The server.</param>
    /// <param name="wanted">What is captured.</param>
    /// <param name="begin">Begins to read the definitions; what it throws may be a sign of a change meanwhile.</param>
    /// <param name="note">Told why another moment was taken.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="SourceException">Tables changed again and again, or the server refuses.</exception>
    public static PostgresMoment Take(
        PostgresServer server, DatabaseSelection wanted, Action<PostgresMoment> begin, Action<string> note, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            PostgresMoment moment = Begin(server, wanted, cancel);
            string? change = moment.HoldOrDispose(wanted.Workers, begin);
            if (change is null)
                return moment;
            if (attempt == AttemptsMax)
                throw new SourceException($"{server.Name}: {change}, at each of {AttemptsMax} attempts; run again when the tables are not being rewritten or renamed, or leave them out by --exclude-table");
            note($"{change}; all was begun again at a later moment");
        }
    }

    /// <summary>True where a standby does not have the rows.</summary>
    public bool IsUnreadable(PostgresTable table) => IsStandby && table.IsUnlogged;

    /// <inheritdoc/>
    public void Dispose()
    {
        Readers.Dispose();
        Main.Dispose();
    }

    private static PostgresMoment Begin(PostgresServer server, DatabaseSelection wanted, CancellationToken cancel)
    {
        PostgresSession main = PostgresSession.Connect(server, cancel);
        try
        {
            return new PostgresMoment(main, wanted);
        }
        catch
        {
            main.Dispose();
            throw;
        }
    }

    private string? HoldOrDispose(int workers, Action<PostgresMoment> begin)
    {
        bool isHeld = false;
        try
        {
            string? change = Hold(workers, begin);
            isHeld = change is null;
            return change;
        }
        finally
        {
            if (!isHeld)
                Dispose();
        }
    }

    // What changed meanwhile; null where nothing did.
    private string? Hold(int workers, Action<PostgresMoment> begin)
    {
        try
        {
            Lock(Main, "");
            if (Changed() is { } table)
                return $"table {table.FullName} was rewritten, renamed or altered while the snapshot began";
            for (int i = 0; i < workers; i++)
                LockAhead(workers);
            begin(this);
            return null;
        }
        catch (SourceException e) when (PostgresErrors.CodeOf(e) is UndefinedTable or UndefinedSchema or LockNotAvailable || IsChange(e.Message))
        {
            return $"objects changed while the snapshot began ({e.Message})";
        }
    }

    // What pg_dump says when something goes away under its hands, or when somebody waits to change a table.
    private static bool IsChange(string message) =>
        message.StartsWith("pg_dump", StringComparison.Ordinal)
        && (message.Contains("lock timeout", StringComparison.Ordinal)
            || message.Contains("cache lookup failed", StringComparison.Ordinal)
            || message.Contains("could not open relation", StringComparison.Ordinal)
            || message.Contains("does not exist", StringComparison.Ordinal));

    private void Lock(PostgresSession session, string waiting)
    {
        foreach (PostgresTable[] some in _locked.Chunk(TablesInStatement))
            session.Run($"LOCK TABLE {string.Join(", ", some.Select(table => $"ONLY {table.Quoted}"))} IN ACCESS SHARE MODE{waiting}", "locking the tables against changes of their form");
    }

    private PostgresTable? Changed()
    {
        HashSet<string> rewritten = PostgresCatalog.ReadRewritten(Main);
        using PostgresSession now = PostgresSession.Connect(Main.Server, Main.Cancel);
        HashSet<string> signatures = [.. PostgresCatalog.ReadTables(now).Select(table => table.Signature)];
        return _locked.Find(table => rewritten.Contains(table.Oid) || !signatures.Contains(table.Signature));
    }

    // Somebody who waits to change a table makes all who come later wait behind him, and he waits for us: connections that
    // already have their locks when he comes do not.
    private void LockAhead(int workers)
    {
        if (_locked.Count * (long)workers > LocksAheadMax)
            return;
        PostgresSession session = Readers.Join();
        Lock(session, " NOWAIT");
        Readers.GiveBack(session);
    }
}
