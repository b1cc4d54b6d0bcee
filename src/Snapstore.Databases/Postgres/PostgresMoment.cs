namespace Snapstore.Databases.Postgres;

/// <summary>One moment of a database, held open by a transaction whose snapshot other connections share.</summary>
/// <remarks>
/// A table that is rewritten, renamed or replaced between a snapshot and the lock on it would be found empty, or another would
/// be found under its name, without any error. So the tables are listed and locked first, and the snapshot is taken after:
/// what it shows under the names that were locked must be the very tables of the list, or all begins again at a later moment.
/// </remarks>
internal sealed class PostgresMoment : IDisposable
{
    private const int AttemptsMax = 8;
    private const int TablesInStatement = 200;

    // Lock entries that the other connections may take beforehand: the server's table has 6400 by default, for everybody.
    private const int LocksAheadMax = 2000;

    private const string UndefinedTable = "42P01", UndefinedSchema = "3F000", LockNotAvailable = "55P03";

    private readonly HashSet<string> _locked = [];

    private PostgresMoment(PostgresSession main)
    {
        Main = main;
        IsStandby = main.One("SELECT pg_is_in_recovery()::text", "asking whether the server is a standby") == "true";
        Readers = new PostgresReaders(main.Server, main.Cancel);
    }

    /// <summary>The connection whose transaction holds the moment.</summary>
    public PostgresSession Main { get; }

    /// <summary>The name under which others join the moment.</summary>
    public string Snapshot { get; private set; } = "";

    /// <summary>Connections that join it.</summary>
    public PostgresReaders Readers { get; }

    /// <summary>All tables of the database.</summary>
    public List<PostgresTable> AllTables { get; private set; } = [];

    /// <summary>Those that are captured.</summary>
    public PostgresSelection Selection { get; private set; } = null!;

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
            PostgresMoment moment = Connect(server, cancel);
            string? change = moment.HoldOrDispose(wanted, begin);
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

    private static PostgresMoment Connect(PostgresServer server, CancellationToken cancel)
    {
        PostgresSession main = PostgresSession.Connect(server, cancel);
        try
        {
            return new PostgresMoment(main);
        }
        catch
        {
            main.Dispose();
            throw;
        }
    }

    private string? HoldOrDispose(DatabaseSelection wanted, Action<PostgresMoment> begin)
    {
        bool isHeld = false;
        try
        {
            string? change = Hold(wanted, begin);
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
    private string? Hold(DatabaseSelection wanted, Action<PostgresMoment> begin)
    {
        try
        {
            Readers.Connect(wanted.Workers);
            Lock(Main, ToRead(PostgresSelection.Of(wanted, PostgresCatalog.ReadTables(Main))));
            Snapshot = Main.One("SELECT pg_export_snapshot()", "exporting the snapshot")!;
            AllTables = PostgresCatalog.ReadTables(Main);
            Selection = PostgresSelection.Of(wanted, AllTables);
            List<PostgresTable> tables = ToRead(Selection);
            HashSet<string> rewritten = PostgresCatalog.ReadRewritten(Main);
            if (tables.Find(table => !_locked.Contains(Identity(table)) || rewritten.Contains(table.Oid)) is { } changed)
                return $"table {changed.FullName} was made, renamed or rewritten while the snapshot began";
            Readers.Join(Snapshot, tables.Count * (long)wanted.Workers <= LocksAheadMax ? LockStatements(tables, " NOWAIT") : []);
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
        && (message.Contains("canceling statement due to", StringComparison.Ordinal)
            || message.Contains("cache lookup failed", StringComparison.Ordinal)
            || message.Contains("could not open relation", StringComparison.Ordinal)
            || message.Contains("does not exist", StringComparison.Ordinal));

    private static string Identity(PostgresTable table) => $"{table.Oid} {table.Quoted}";

    private List<PostgresTable> ToRead(PostgresSelection selection) =>
        [.. selection.Tables.Where(table => table.HasRows && !IsUnreadable(table))];

    // The transaction has no snapshot until its first query: a lock is none.
    private void Lock(PostgresSession session, List<PostgresTable> tables)
    {
        session.Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "beginning the transaction");
        foreach (string statement in LockStatements(tables, ""))
            session.Run(statement, "locking the tables against changes of their form");
        _locked.UnionWith(tables.Select(Identity));
    }

    private static IEnumerable<string> LockStatements(List<PostgresTable> tables, string waiting) => tables.Chunk(TablesInStatement)
        .Select(some => $"LOCK TABLE {string.Join(", ", some.Select(table => $"ONLY {table.Quoted}"))} IN ACCESS SHARE MODE{waiting}");
}
