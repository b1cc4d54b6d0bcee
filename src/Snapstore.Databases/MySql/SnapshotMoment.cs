namespace Snapstore.Databases.MySql;

/// <summary>Connections that all see the server at one moment: transactions begun while a lock holds all commits back, or one
/// transaction where that lock may not be taken; and a connection that holds the tables without transactions still.</summary>
internal sealed class SnapshotMoment : IDisposable
{
    private const string BeginTransaction = "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY";

    private readonly MySqlAddress _address;
    private readonly List<MySqlConnection> _workers = [];
    private MySqlConnection? _holder;

    private SnapshotMoment(MySqlAddress address)
    {
        _address = address;
        CatalogConnection = MySqlConnection.Open(address);
        CatalogConnection.Execute("SET SESSION character_set_results=binary");
        Catalog = new Catalog(CatalogConnection);
    }

    /// <summary>A connection outside of all transactions.</summary>
    public MySqlConnection CatalogConnection { get; }

    /// <summary>What the server says of itself, through that connection.</summary>
    public Catalog Catalog { get; }

    /// <summary>The connections that see the moment.</summary>
    public IReadOnlyList<MySqlConnection> Workers => _workers;

    /// <summary>The connection that reads the tables without transactions, and holds them still; null where there are none, or
    /// where the user may not.</summary>
    public MySqlConnection? Holder => _holder;

    /// <summary>The tables, views and sequences of that moment that were chosen.</summary>
    public List<ListedTable> Tables { get; private set; } = [];

    /// <summary>Where in the binary log.</summary>
    public SortedDictionary<string, string> Position { get; private set; } = [];

    /// <summary>How all of it belongs to one moment.</summary>
    public string Consistency { get; private set; } = "";

    /// <summary>What is not as it should be.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>Finds the moment.</summary>
    /// <param name="address">The server.</param>
    /// <param name="list">Lists what was chosen.</param>
    /// <param name="workers">Connections wanted.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Null where tables were made, dropped or renamed meanwhile: try again.</returns>
    public static SnapshotMoment? Begin(MySqlAddress address, Func<Catalog, List<ListedTable>> list, int workers, CancellationToken cancel)
    {
        SnapshotMoment moment = new(address);
        try
        {
            // Listed once before: the list is quick under the lock then.
            List<ListedTable> before = list(moment.Catalog);
            for (int i = 0; i < Math.Max(1, workers); i++)
                moment._workers.Add(MySqlConnection.Open(address));
            using ServerLock? held = ServerLock.Take(address, cancel);
            bool isFound = held is not null ? moment.BeginLocked(held, list) : moment.BeginUnlocked(before, list);
            if (isFound)
                return moment;
            moment.Dispose();
            return null;
        }
        catch
        {
            moment.Dispose();
            throw;
        }
    }

    /// <summary>Lets the tables without transactions go.</summary>
    public void ReleaseHolder() => _holder?.Execute("UNLOCK TABLES");

    /// <summary>Closes all connections at once, whatever they do.</summary>
    public void Abort()
    {
        foreach (MySqlConnection connection in All())
            connection.Abort();
    }

    /// <summary>Closes all connections.</summary>
    public void Dispose()
    {
        CatalogConnection.Dispose();
        foreach (MySqlConnection worker in _workers)
            worker.Dispose();
        _holder?.Dispose();
    }

    private bool BeginLocked(ServerLock held, Func<Catalog, List<ListedTable>> list)
    {
        // Whoever alters a table now waits for this lock: nobody may wait for them under it.
        int shortest = CatalogConnection.IsMariaDb ? 0 : 1;
        CatalogConnection.Execute(FormattableString.Invariant($"SET SESSION lock_wait_timeout={shortest}"));
        Tables = list(Catalog);
        HoldTables(isLocked: true);
        CatalogConnection.Execute(FormattableString.Invariant($"SET SESSION lock_wait_timeout={SessionSettings.LockWait}"));
        foreach (MySqlConnection worker in _workers)
            worker.Execute(BeginTransaction);
        Position = BinaryLog.Position(CatalogConnection);
        held.Release();
        Consistency = $"{held.Name}, then START TRANSACTION WITH CONSISTENT SNAPSHOT on every connection";
        return true;
    }

    // One transaction needs no lock. Whether a table was dropped around its beginning is seen by listing twice.
    private bool BeginUnlocked(List<ListedTable> before, Func<Catalog, List<ListedTable>> list)
    {
        foreach (MySqlConnection spare in _workers.Skip(1))
            spare.Dispose();
        _workers.RemoveRange(1, _workers.Count - 1);
        Tables = before;
        HoldTables(isLocked: false);
        _workers[0].Execute(BeginTransaction);
        Position = BinaryLog.PositionOfTransaction(_workers[0]);
        Consistency = "START TRANSACTION WITH CONSISTENT SNAPSHOT on one connection (the user has no privilege RELOAD)";
        return before.SequenceEqual(list(Catalog));
    }

    private void HoldTables(bool isLocked)
    {
        List<ListedTable> unsafeTables = [.. Tables.Where(table => table.HasRows && !table.IsTransactional && table.Engine.Length > 0)];
        if (unsafeTables.Count == 0)
            return;
        _holder = MySqlConnection.Open(_address);
        try
        {
            if (isLocked)
                _holder.Execute("SET SESSION lock_wait_timeout=1");
            _holder.Execute($"LOCK TABLES {string.Join(", ", unsafeTables.Select(table => $"{table.SqlName} READ"))}");
        }
        catch (MySqlRefusal e) when (e.IsAccessDenied)
        {
            _holder.Dispose();
            _holder = null;
            Warnings.AddRange(unsafeTables.Select(table =>
                $"{table.Title} ({table.Engine}) has no transactions and could not be locked (the user lacks LOCK TABLES): its rows may be of another moment"));
        }
        catch (MySqlRefusal e) when (e.Code == MySqlRefusal.LockWaitTimeout)
        {
            if (isLocked)
                throw new MySqlRefusal(MySqlRefusal.DefinitionChanged, $"a table without transactions is being altered ({e.Message})");

            throw new SourceException($"{_address.Place}: the tables without transactions ({string.Join(", ", unsafeTables.Take(5).Select(table => table.Title))}) could not be locked within {SessionSettings.LockWait} s, for they are being written; no snapshot was made", e);
        }
    }

    private IEnumerable<MySqlConnection> All() => [CatalogConnection, .. _workers, .. _holder is { } holder ? [holder] : Array.Empty<MySqlConnection>()];
}
