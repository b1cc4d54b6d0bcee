namespace Snapstore.Databases.Postgres;

/// <summary>Chosen rows into a live table: staged beside it, compared by key, applied as asked.</summary>
/// <remarks>Values are compared as text, byte for byte: that is what "as it was" means, and every type has a text.</remarks>
internal sealed class RowRestore(RestoreJob job)
{
    private const string Staged = "pg_temp.snapstore_rows";
    private const string UndefinedColumn = "42703";
    private const string SyntaxErrorOrWrongName = "42";
    private const string FeatureNotSupported = "0A000";
    private const string Doing = "comparing rows";

    private readonly PostgresSession _session = job.Session;
    private readonly RestoredTable _table = RestoredTable.Find(job.Description, job.Request);
    private readonly RestoredRows _rows = new(job.Session, job.Files, job.Request);
    private readonly List<string> _notes = [];
    private string[] _key = [], _shared = [];

    // A line of its own, so that a comment at the end of the condition does not swallow what follows.
    private string Condition => $"({job.Request.Where}\n)";

    private string Live => _table.IsPartitioned ? _table.Target : $"ONLY {_table.Target}";

    private IEnumerable<string> Others => _shared.Where(column => !_key.Contains(column));

    private string SameKey => string.Join(" AND ", _key.Select(column => $"s.{Sql.Name(column)} = l.{Sql.Name(column)}"));

    private string Different => Others.Any()
        ? string.Join(" OR ", Others.Select(column => $"s.{Sql.Name(column)}::text COLLATE \"C\" IS DISTINCT FROM l.{Sql.Name(column)}::text COLLATE \"C\""))
        : "false";

    /// <summary>Compares and, if asked to, writes.</summary>
    public DatabaseRestoreReport Run()
    {
        LookAtLiveTable();
        UseNamesAsUsersDo();
        job.Request.Progress.Expect(_table.WithRows.Count(), _table.WithRows.Sum(table => table.Bytes));
        return job.InTransaction(Work);
    }

    private DatabaseRestoreReport Work()
    {
        Stage();
        if (_rows.Problems.Count > 0)
            throw new SourceException(_rows.Problems[0]);
        RowDifferences found = Compare();
        bool writes = !job.Request.DryRun && job.Request.Apply != RowChange.None
            && found.Missing + (job.Request.Apply == RowChange.Upsert ? found.Different : 0) > 0;
        if (writes)
            found = Apply(found);
        return new DatabaseRestoreReport { Rows = found, Notes = _notes };
    }

    // The condition may name functions and types without their schema.
    private void UseNamesAsUsersDo()
    {
        _session.Run("RESET search_path", Doing);
        _session.Run("SELECT set_config('search_path', concat_ws(', ', nullif(current_setting('search_path'), ''), quote_ident($1)), false)", Doing, _table.TargetSchema);
    }

    // Columns go by their names, whatever the table became since.
    private void LookAtLiveTable()
    {
        List<string?[]> columns = _session.Rows(
            """
            SELECT a.attname::text, (a.attnotnull AND NOT a.atthasdef AND a.attidentity = '')::text, (a.attgenerated <> '')::text,
                coalesce((SELECT array_position(i.indkey::int2[], a.attnum)::text FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisprimary), '')
            FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum
            """, "looking at the table", _table.Target);
        if (columns.Count == 0 && _session.One("SELECT coalesce(to_regclass($1)::oid::text, '')", "looking at the table", _table.Target) == "")
            throw new UsageException($"{_session.Server.Name} has no table {_table.Target} to compare rows with; restore all of it (without --where), or name the table (--as)");
        _key = [.. columns.Where(column => column[3]!.Length > 0).OrderBy(column => int.Parse(column[3]!, System.Globalization.CultureInfo.InvariantCulture)).Select(column => column[0]!)];
        if (_key.Length == 0)
            throw new UsageException($"table {_table.Target} has no primary key, so that rows cannot be told apart; restore the table under another name (--as NAME) and copy from there");
        string[] captured = [.. _table.Table.Columns.Select(column => column.Name)];
        _shared = [.. columns.Where(column => column[2] == "false" && captured.Contains(column[0])).Select(column => column[0]!)];
        RequireColumns(columns, captured);
    }

    private void RequireColumns(List<string?[]> columns, string[] captured)
    {
        if (_key.FirstOrDefault(column => !_shared.Contains(column)) is { } key)
            throw new UsageException($"the snapshot has no column {key}, which is in the primary key of {_table.Target}");
        if (columns.Find(column => column[1] == "true" && !captured.Contains(column[0])) is { } needed)
            throw new UsageException($"column {needed[0]} of {_table.Target} must not be null, and the snapshot knows no such column; give it a default first");
        string[] gone = [.. captured.Except(_shared)];
        if (gone.Length > 0)
            _notes.Add($"table {_table.Target} no longer has {string.Join(", ", gone)}: left out");
    }

    private void Stage()
    {
        IEnumerable<string> columns = _table.Table.Columns.Select(column => $"{Sql.Name(column.Name)} {column.Type}");
        _session.Run($"CREATE TEMPORARY TABLE snapstore_rows ({string.Join(", ", columns)}) ON COMMIT DROP", "staging the rows");
        RequireCondition();
        _session.Run("SAVEPOINT staging", "staging the rows");
        try
        {
            CopyAll($" WHERE {Condition}");
        }
        catch (SourceException e) when (PostgresErrors.CodeOf(e) == FeatureNotSupported)
        {
            // A condition with a query in it, which COPY does not take.
            _session.Run("ROLLBACK TO SAVEPOINT staging", "staging the rows");
            CopyAll("");
            _session.Run($"DELETE FROM {Staged} WHERE {Condition} IS NOT TRUE", "choosing rows by the condition");
        }

        _session.Run($"ALTER TABLE {Staged} ADD PRIMARY KEY ({Sql.Names(_key)})", "staging the rows");
        _session.Run($"ANALYZE {Staged}", "staging the rows");
    }

    // Here a parenthesis that the condition ends by itself is an error; elsewhere what follows could count for other rows.
    private void RequireCondition()
    {
        try
        {
            _session.Run($"SELECT FROM {Staged} WHERE CASE WHEN {job.Request.Where}\nTHEN true END LIMIT 0", "looking at the condition");
        }
        catch (SourceException e) when (PostgresErrors.CodeOf(e).StartsWith(SyntaxErrorOrWrongName, StringComparison.Ordinal))
        {
            throw new UsageException($"--where is no condition for the rows of table {_table.Target}: {PostgresErrors.WordsOf(e)}; nothing was changed");
        }
    }

    private void CopyAll(string condition)
    {
        foreach (TableDescription table in _table.WithRows)
            _rows.Copy(table, Staged, condition);
    }

    private RowDifferences Compare() => new(
        Chosen: _session.Number($"SELECT count(*)::text FROM {Staged}", Doing),
        Missing: _session.Number($"SELECT count(*)::text FROM {Staged} s WHERE NOT EXISTS (SELECT FROM {Live} l WHERE {SameKey})", Doing),
        Different: _session.Number($"SELECT count(*)::text FROM {Staged} s JOIN {Live} l ON {SameKey} WHERE {Different}", Doing),
        Extra: CountExtra(),
        Inserted: 0,
        Updated: 0);

    private long CountExtra()
    {
        _session.Run("SAVEPOINT extra", Doing);
        try
        {
            return _session.Number($"SELECT count(*)::text FROM (SELECT * FROM {Live} WHERE {Condition}) l WHERE NOT EXISTS (SELECT FROM {Staged} s WHERE {SameKey})", Doing);
        }
        catch (SourceException e) when (PostgresErrors.CodeOf(e) == UndefinedColumn)
        {
            _session.Run("ROLLBACK TO SAVEPOINT extra", Doing);
            _notes.Add($"extra rows are not counted: the condition names a column that {_table.Target} no longer has");
            return 0;
        }
    }

    private RowDifferences Apply(RowDifferences found)
    {
        bool updates = job.Request.Apply == RowChange.Upsert;
        job.Confirm($"table {_table.Target} of {_session.Server.Name}: {found.Missing} rows will be inserted, {(updates ? found.Different : 0)} changed");
        long updated = updates && Others.Any() ? Update() : 0;
        string columns = Sql.Names(_shared);
        long inserted = _session.Run(
            $"INSERT INTO {_table.Target} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {Staged} s WHERE NOT EXISTS (SELECT FROM {Live} l WHERE {SameKey}) ON CONFLICT ({Sql.Names(_key)}) DO NOTHING",
            $"inserting rows into {_table.Target}");
        return found with { Inserted = inserted, Updated = updated };
    }

    private long Update()
    {
        string values = string.Join(", ", Others.Select(column => $"{Sql.Name(column)} = s.{Sql.Name(column)}"));
        return _session.Run($"UPDATE {Live} l SET {values} FROM {Staged} s WHERE {SameKey} AND ({Different})", $"changing rows of {_table.Target}");
    }
}
