using Snapstore.Browse;

namespace Snapstore.Databases.Odbc;

/// <summary>Restores a snapshot of tables, or one of them, or rows of one.</summary>
internal static class OdbcRestore
{
    /// <summary>Does what the request says.</summary>
    public static DatabaseRestoreReport Run(OdbcPlace place, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel)
    {
        using SnapshotFiles files = captured.Open();
        IReadOnlyList<CapturedTable> tables = CapturedTable.ReadAll(captured, files);
        CapturedTable? one = request.Table is { } name ? CapturedTable.Find(tables, name) : null;
        using OdbcSession session = OdbcSession.Open(place, mayCreate: request.Create);
        if (request.Create && session.Dialect is not OdbcSqlite)
            throw new UsageException("ODBC has no way to make a database; make an empty one by the means of its DBMS and restore without --create");
        foreach (string statement in session.Dialect.WritingSession)
            session.Connection.Execute(statement);
        OdbcRestoreRun run = new(place, session, request, files, cancel);
        if (one is null)
            return new OdbcTablesRestore(run).Whole(tables);
        return request.Where is not null || request.Apply != RowChange.None
            ? new OdbcRowsRestore(run).Restore(one)
            : new OdbcTablesRestore(run).One(one);
    }
}

/// <summary>What one restore works with and reports.</summary>
internal sealed record OdbcRestoreRun(
    OdbcPlace Place, OdbcSession Session, DatabaseRestoreRequest Request, SnapshotFiles Files, CancellationToken Cancel)
{
    private IReadOnlyList<OdbcTable>? _targets;

    /// <summary>What is worth knowing.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>What is not as it was recorded.</summary>
    public List<string> Problems { get; } = [];

    /// <summary>The tables that the target has; read before anything is written.</summary>
    public IReadOnlyList<OdbcTable> Targets => _targets ??= Session.Dialect.ReadCatalog().Tables;

    /// <summary>The target's table of a name; null where there is none.</summary>
    public OdbcTable? Target(string schema, string name) => Targets.FirstOrDefault(table => table.Name == name && (schema.Length == 0 || table.Schema == schema));

    /// <summary>A name in the target, such as `--as` gives it: schema "" where none is said.</summary>
    public (string Schema, string Name) SplitName(string name)
    {
        int dot = Session.Dialect.HasSchemas ? name.IndexOf('.', StringComparison.Ordinal) : -1;
        return dot < 0 ? ("", name) : (name[..dot], name[(dot + 1)..]);
    }

    /// <summary>Rows that a table of the target has now.</summary>
    public long Count(string from) =>
        long.Parse(Session.Connection.Scalar($"SELECT count(*) FROM {from}", $"count the rows of {from}") ?? "0", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Runs what changes the target; where it fails, that is rolled back and the error says so.</summary>
    /// <param name="work">What is done.</param>
    /// <param name="clean">Removes what a rollback does not; may be null.</param>
    public void OrNothing(Action work, Func<string>? clean)
    {
        try
        {
            work();
        }
        catch (Exception e) when (e is OdbcException or SnapstoreException or IOException or OperationCanceledException)
        {
            Session.Connection.Rollback();
            string left = clean?.Invoke() ?? "";
            if (e is not (OdbcException or SourceException or IOException))
                throw;
            string state = left.Length == 0 ? "the target is as it was" : $"the target's own tables are as they were; left over: {left}";
            throw new SourceException($"{(e is OdbcException driver ? OdbcErrors.Explain(driver).Message : e.Message)}; {state}", e);
        }
    }

    /// <summary>The report.</summary>
    public DatabaseRestoreReport Report(IReadOnlyList<TableOutcome> tables, RowDifferences? rows = null) =>
        new() { Tables = tables, Rows = rows, Notes = Notes, Problems = Problems };
}
