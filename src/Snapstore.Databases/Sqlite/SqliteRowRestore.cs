namespace Snapstore.Databases.Sqlite;

/// <summary>Compares chosen rows of a captured table with the live one, by key, and puts back what is missing or different.</summary>
internal sealed class SqliteRowRestore(SqliteTarget target, DatabaseRestoreRequest request)
{
    private const string Staged = "temp.snapstore_chosen";

    private readonly SqliteConnection _connection = target.Connection;

    public DatabaseRestoreReport Run()
    {
        Comparison comparison = Prepare();
        _connection.Run("BEGIN");
        RowDifferences found = Guarded(() => Compare(comparison));
        _connection.RollBack();
        bool isDone = request.DryRun || request.Apply == RowChange.None
            || (found.Missing == 0 && (found.Different == 0 || request.Apply == RowChange.Insert));
        if (isDone)
            return Report(comparison, found, []);
        string changed = request.Apply == RowChange.Upsert ? $", {found.Different} rows become what they were" : "";
        if (!request.Confirm($"table {comparison.Name} of sqlite:{target.Path}: {found.Missing} rows are inserted{changed}"))
            throw new UsageException("not confirmed; nothing was changed");
        return Apply(comparison, found);
    }

    private DatabaseRestoreReport Apply(Comparison comparison, RowDifferences confirmed)
    {
        _connection.Run("PRAGMA foreign_keys = ON"); // a row that names none is refused, as for anybody who writes
        _connection.Run("BEGIN IMMEDIATE");
        return Guarded(() =>
        {
            if (Compare(comparison) != confirmed)
                throw new SourceException($"table {comparison.Name} of sqlite:{target.Path} was changed meanwhile; nothing was changed by this restore, run again");
            _connection.Run($"INSERT INTO {comparison.Live} ({comparison.Columns}) SELECT {comparison.Columns} FROM {Staged} AS s WHERE NOT EXISTS (SELECT 1 FROM {comparison.Live} AS l WHERE {comparison.SameKey})");
            long inserted = _connection.Changes, updated = 0;
            if (request.Apply == RowChange.Upsert && comparison.Others.Length > 0)
            {
                _connection.Run($"UPDATE {comparison.Live} AS l SET ({comparison.Others}) = (SELECT {comparison.Others} FROM {Staged} AS s WHERE {comparison.SameKey}) WHERE EXISTS (SELECT 1 FROM {Staged} AS s WHERE {comparison.SameKey} AND ({comparison.IsDifferent}))");
                updated = _connection.Changes;
            }

            RowDifferences after = Compare(comparison);
            List<string> problems = [];
            if (after.Missing > 0 || (request.Apply == RowChange.Upsert && after.Different > 0))
                problems.Add($"table {comparison.Name}: {after.Missing} of the rows are still missing and {after.Different} differ: a trigger of the table changes what is written");
            _connection.Run("COMMIT");
            return Report(comparison, confirmed with { Inserted = inserted, Updated = updated }, problems);
        });
    }

    // Either all of it or nothing.
    private T Guarded<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch
        {
            _connection.RollBack();
            throw;
        }
    }

    private Comparison Prepare()
    {
        string table = target.FindCaptured(request.Table!);
        string wanted = request.TableAs ?? table;
        string live = target.Find("main", wanted) ?? throw new UsageException($"sqlite:{target.Path} has no table {wanted} for the rows; it has: {target.Names("main")}");
        List<string> columns = [.. SqliteCatalog.Columns(_connection, SqliteTarget.Captured, table).Select(column => column.Name)];
        List<string> key = SqliteCatalog.Key(_connection, SqliteTarget.Captured, table);
        if (key.Count == 0)
            throw new UsageException($"table {table} has no key by which rows could be told apart; restore it beside the live one with --as NAME and compare there");
        HashSet<string> there = new(SqliteCatalog.Columns(_connection, "main", live).Select(column => column.Name), StringComparer.OrdinalIgnoreCase);
        List<string> gone = [.. columns.Where(column => !there.Contains(column))];
        if (gone.Count > 0)
            throw new UsageException($"table {live} no longer has the columns {string.Join(", ", gone)}; restore the captured one beside it with --as NAME");
        return new Comparison(table, live, columns, key, Stage(table, key));
    }

    // The expression sees the captured table under its own name, computed columns too, and is part of a query: it cannot write.
    private string Stage(string table, List<string> key)
    {
        string where = request.Where ?? "1";
        string source = $"{SqliteCatalog.Qualified(SqliteTarget.Captured, table)} AS {SqliteConnection.Quote(table)}";
        try
        {
            using SqliteStatement check = _connection.Prepare($"SELECT 1 FROM {source} WHERE {where}\n");
            _connection.Run($"CREATE TEMP TABLE {Staged["temp.".Length..]} AS SELECT * FROM {source} WHERE ({where}\n)");
            _connection.Run($"CREATE INDEX {Staged}_key ON {Staged["temp.".Length..]} ({string.Join(", ", key.Select(SqliteConnection.Quote))})");
            return where;
        }
        catch (SqliteException e) when (e.BasicCode == 1)
        {
            throw new UsageException($"the expression cannot be used on table {table}: {e.Message}");
        }
    }

    private RowDifferences Compare(Comparison c)
    {
        long chosen = _connection.Number($"SELECT count(*) FROM {Staged}");
        long missing = _connection.Number($"SELECT count(*) FROM {Staged} AS s WHERE NOT EXISTS (SELECT 1 FROM {c.Live} AS l WHERE {c.SameKey})");
        long different = c.IsDifferent.Length == 0
            ? 0
            : _connection.Number($"SELECT count(*) FROM {Staged} AS s WHERE EXISTS (SELECT 1 FROM {c.Live} AS l WHERE {c.SameKey} AND ({c.IsDifferent}))");
        long extra = _connection.Number(
            $"SELECT count(*) FROM (SELECT * FROM {c.Live} AS {SqliteConnection.Quote(c.Table)} WHERE ({c.Where}\n)) AS l WHERE NOT EXISTS (SELECT 1 FROM {SqliteCatalog.Qualified(SqliteTarget.Captured, c.Table)} AS s WHERE {c.SameKey})");
        return new RowDifferences(chosen, missing, different, extra, 0, 0);
    }

    private static DatabaseRestoreReport Report(Comparison comparison, RowDifferences found, List<string> problems) => new()
    {
        Tables = [new TableOutcome(comparison.Name, found.Inserted + found.Updated, null, IsVerified: problems.Count == 0)],
        Rows = found,
        Problems = problems,
    };

    /// <summary>The parts of the queries; `l` is a row of the live table, `s` one of the snapshot.</summary>
    private sealed record Comparison(string Table, string Name, IReadOnlyList<string> ColumnNames, IReadOnlyList<string> Key, string Where)
    {
        public string Live => SqliteCatalog.Qualified("main", Name);

        public string Columns => List(ColumnNames);

        public string Others => List(OtherNames);

        public string SameKey => string.Join(" AND ", Key.Select(SqliteConnection.Quote).Select(column => $"l.{column} IS s.{column}"));

        public string IsDifferent => string.Join(" OR ", OtherNames.Select(SqliteConnection.Quote)
            .Select(column => $"l.{column} COLLATE BINARY IS NOT s.{column} OR typeof(l.{column}) <> typeof(s.{column})"));

        private IEnumerable<string> OtherNames => ColumnNames.Where(column => !Key.Contains(column, StringComparer.OrdinalIgnoreCase));

        private static string List(IEnumerable<string> names) => string.Join(", ", names.Select(SqliteConnection.Quote));
    }
}
