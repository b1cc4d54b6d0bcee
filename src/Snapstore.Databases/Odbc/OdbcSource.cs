using System.Text;
using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Databases.Odbc;

/// <summary>A snapshot of the tables that an ODBC driver shows: one connection, one transaction, one table after the other.</summary>
internal sealed class OdbcSource(OdbcPlace place, DatabaseSelection selection) : ISource
{
    private const int AttemptsMax = 5;

    private readonly List<TableDescription> _tables = [];
    private readonly List<string> _warnings = [];

    /// <inheritdoc/>
    public SourceKind Kind => SourceKind.Database;

    /// <inheritdoc/>
    public byte[] Name => Encoding.UTF8.GetBytes(place.Name);

    /// <inheritdoc/>
    public SourceFacts Facts { get; private set; } = new();

    /// <inheritdoc/>
    public void Capture(ISourceTree tree, CancellationToken cancel) => OdbcErrors.Explained(() =>
    {
        using OdbcSession session = OdbcSession.Open(place, mayCreate: false);
        OdbcCatalog catalog = Begin(session);
        DatabaseDescription description = Describe(session, catalog);
        foreach ((string name, string text) in catalog.Notes)
            tree.Note(Encoding.UTF8.GetBytes(name), text);
        foreach ((string name, string problem) in catalog.Skipped)
            Warn(tree, name, problem);
        if (!session.Dialect.IsConsistent)
            Warn(tree, place.Name, $"the tables may be of different moments ({description.Consistency}): this driver offers no better");
        string? mark = session.Dialect.TransactionMark;
        foreach (OdbcTable table in catalog.Tables)
            Capture(session, table, mark, tree, cancel);
        Complete(tree, description);
        return 0;
    });

    /// <inheritdoc/>
    public void Dispose()
    {
    }

    // The moment of the snapshot, and tables whose definitions stay as they are from then on.
    private OdbcCatalog Begin(OdbcSession session)
    {
        for (int attempt = 1; ; attempt++)
        {
            session.Dialect.BeginReading();
            OdbcCatalog catalog = session.Dialect.ReadCatalog();
            TableChoice choice = new(selection);
            choice.Keep(catalog.Tables, place.Name);
            try
            {
                if (catalog.Tables.Count > 0)
                    session.Dialect.Pin(catalog.Tables);
                return catalog;
            }
            catch (OdbcChangedException e) when (attempt < AttemptsMax)
            {
                _ = e;
                session.Connection.Rollback();
            }
            catch (OdbcChangedException e)
            {
                throw new SourceException($"{e.Message}; the same happened {AttemptsMax} times: take the snapshot when no table is being rebuilt, or leave that one out (--exclude-table)", e);
            }
        }
    }

    private void Capture(OdbcSession session, OdbcTable table, string? mark, ISourceTree tree, CancellationToken cancel)
    {
        string file = FileNames.PathOf("tables", table.Schema, table.Name, place.Format == RowFormat.Csv ? ".csv" : ".ndjson");
        string definition = FileNames.PathOf("tables", table.Schema, table.Name, ".schema.json");
        if (!table.IsTransactional)
            Warn(tree, table.FullName, "its engine knows no transactions: its rows may be of another moment than the rest");
        Measured measured = default;
        long rows = 0;
        tree.Put(Encoding.UTF8.GetBytes(definition), SourceContent.Of(table.Encode()));
        tree.Put(Encoding.UTF8.GetBytes(file), new SourceContent(() => new MeasuredStream(
            new OdbcRowStream(new OdbcRowReader(session.Connection, session.Dialect, table), RowText.Of(place.Format, table), count => rows = count, cancel),
            whole => measured = whole)));
        // One connection: the next table is begun when this one is read.
        tree.WaitUntilRead();
        if (session.Dialect.TransactionMark != mark)
            throw new SourceException($"the transaction that reads {place.Name} ended before its time; take the snapshot again");
        _tables.Add(new TableDescription
        {
            Schema = table.Schema,
            Name = table.Name,
            File = file,
            Definition = definition,
            Rows = rows,
            Bytes = measured.Bytes,
            Checksum = measured.Checksum,
            Columns = [.. table.Columns.Select(column => new ColumnDescription(column.Name, column.Type, column.IsNullable))],
            Key = table.Key,
            Order = session.Dialect.Order(table),
        });
    }

    private DatabaseDescription Describe(OdbcSession session, OdbcCatalog catalog) => new()
    {
        Engine = OdbcEngine.EngineName,
        Version = session.Dialect.Version,
        Database = session.Connection.Database,
        Consistency = session.Dialect.Consistency,
        Position = new(session.Dialect.Position.ToDictionary(pair => pair.Name, pair => pair.Value)),
        Properties = new(new Dictionary<string, string>
        {
            ["dbms"] = session.Dialect.Dbms,
            ["driver"] = session.Connection.Driver,
            ["row_format"] = place.Format == RowFormat.Csv ? "csv" : "ndjson",
        }),
        Objects = catalog.Others,
    };

    private void Complete(ISourceTree tree, DatabaseDescription begun)
    {
        if (begun.Objects.Count > 0)
            tree.Note(Name, $"ODBC captures tables only; {begun.Objects.Count} views, sequences and the like are named in {DatabaseDescription.FileName} and not captured");
        DatabaseDescription whole = begun with { Tables = _tables, Warnings = _warnings };
        tree.Put(Encoding.UTF8.GetBytes(DatabaseDescription.FileName), SourceContent.Of(whole.Encode()));
        tree.WaitUntilRead();
        Facts = new SourceFacts(new DatabaseFacts
        {
            Engine = whole.Engine,
            Version = whole.Version,
            Consistency = whole.Consistency,
            Position = [.. whole.Position.Select(pair => (pair.Key, pair.Value))],
            Tables = _tables.Count,
            Rows = _tables.Sum(table => table.Rows),
        });
    }

    private void Warn(ISourceTree tree, string name, string problem)
    {
        _warnings.Add($"{name}: {problem}");
        tree.Warn(Encoding.UTF8.GetBytes(name), problem);
    }
}
