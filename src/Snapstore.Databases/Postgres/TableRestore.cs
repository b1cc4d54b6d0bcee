namespace Snapstore.Databases.Postgres;

/// <summary>One table into a live database: under its own name with all that belongs to it, under another as a plain copy.</summary>
internal sealed class TableRestore(RestoreJob job)
{
    private const string DependentsExist = "2BP01";

    // Under another name: what is about its rows. Foreign keys, triggers, rules, policies and grants would act on others.
    private static readonly TableStatementKind[] OfCopies =
        [TableStatementKind.Setting, TableStatementKind.Create, TableStatementKind.Column, TableStatementKind.Key, TableStatementKind.Index, TableStatementKind.Comment];

    private const string Publications =
        "SELECT p.pubname::text FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid WHERE r.prrelid = to_regclass($1)";

    private const string DefaultGrants = """
        SELECT DISTINCT CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(a.grantee)) END,
            CASE c.relkind WHEN 'S' THEN 'SEQUENCE' ELSE 'TABLE' END
        FROM pg_class c, aclexplode(c.relacl) a WHERE c.oid = to_regclass($1) AND a.grantee <> c.relowner
        """;

    private readonly PostgresSession _session = job.Session;
    private readonly RestoredTable _table = RestoredTable.Find(job.Description, job.Request);
    private readonly RestoredRows _rows = new(job.Session, job.Files, job.Request);
    private readonly List<string> _notes = [];

    /// <summary>Restores.</summary>
    public DatabaseRestoreReport Run()
    {
        List<TableStatement> statements = Statements();
        bool isThere = Exists(_table.Target);
        RequireSchema();
        if (job.Request.DryRun)
            return Plan(isThere);
        if (isThere)
            job.Confirm($"table {_table.Target} of {_session.Server.Name} is there, with {Rows()} rows, and will be replaced");
        job.Request.Progress.Expect(_table.WithRows.Count(), _table.WithRows.Sum(table => table.Bytes));
        return job.InTransaction(() => Restore(statements, isThere));
    }

    private DatabaseRestoreReport Plan(bool isThere) => new()
    {
        Tables = [.. _table.WithRows.Select(table => new TableOutcome(_table.IsRenamed ? _table.Target : RestoredTable.NameOf(table), table.Rows, table.Rows, false))],
        Notes = isThere ? [$"table {_table.Target} is there and would be replaced"] : [],
    };

    private List<TableStatement> Statements()
    {
        HashSet<string> tables = [.. (_table.IsRenamed ? [_table.Table] : _table.Family).Select(RestoredTable.NameOf)];
        List<TableStatement> statements = TableStatement.Of(tables, () => ReadAll("pre-data.sql", "sequences.sql", "post-data.sql"));
        bool isDefined = statements.Exists(statement => statement.Kind == TableStatementKind.Create);
        return isDefined
            ? statements
            : throw new UsageException($"the snapshot's {PostgresDefinitions.PreData} holds no definition of {_table.Table.Schema}.{_table.Table.Name}");
    }

    private IEnumerable<(string File, SqlStatement Statement)> ReadAll(params string[] files) =>
        files.SelectMany(file => PostgresScript.Read(job.Files, file).Select(statement => (file, statement)));

    private DatabaseRestoreReport Restore(List<TableStatement> statements, bool isThere)
    {
        if (isThere)
            Drop();
        List<TableOutcome> outcomes = _table.IsRenamed ? MakeCopy(statements) : MakeSame(statements);
        if (isThere)
            DatabaseRestoreReport.RefuseToReplace(_rows.Problems, "restore the table beside it (--as NAME) and look");
        _session.Run("RESET search_path", "computing statistics");
        _session.Run($"ANALYZE {_table.Target}", "computing statistics");
        return new DatabaseRestoreReport { Tables = outcomes, Problems = _rows.Problems, Notes = _notes };
    }

    private List<TableOutcome> MakeSame(List<TableStatement> statements)
    {
        if (job.SkipsOwners)
            statements = [.. statements.Where(statement => !PostgresScript.IsOfOwners(statement.Statement.Text))];

        // A partition whose table is live is attached at the end: the server then takes the indexes that fit.
        TableStatement[] attaching = IsPartOfLiveTable
            ? [.. statements.Where(statement => statement.Kind == TableStatementKind.Attach && statement.Table == _table.Target)]
            : [];
        IEnumerable<TableStatement> all = statements.Where(statement => !attaching.Contains(statement) && !(attaching.Length > 0 && statement.Kind == TableStatementKind.AttachIndex));
        RunAll(all.Where(statement => statement.File == PostgresDefinitions.PreData));
        List<TableOutcome> outcomes = [];
        foreach (TableDescription table in _table.WithRows)
            outcomes.Add(_rows.Outcome(table, RestoredTable.NameOf(table), _rows.Copy(table, RestoredTable.NameOf(table))));
        RunAll(all.Where(statement => statement.File != PostgresDefinitions.PreData).Concat(attaching));
        return outcomes;
    }

    private bool IsPartOfLiveTable => _table.Table.Properties.ContainsKey(PostgresDescriber.PartitionOf);

    private List<TableOutcome> MakeCopy(List<TableStatement> statements)
    {
        string create = statements.First(statement => statement.Kind == TableStatementKind.Create).Statement.Text;
        bool isPlain = !create.Contains("\nINHERITS (", StringComparison.Ordinal);
        if (!isPlain)
            MakeFromColumns();
        RunCopies(statements.Where(statement => isPlain && statement.File == PostgresDefinitions.PreData));
        Measured[] read = [.. _table.WithRows.Select(table => _rows.Copy(table, _table.Target))];
        TableOutcome outcome = Total(read);
        SetIdentities();
        RunCopies(statements.Where(statement => isPlain && statement.File == PostgresDefinitions.PostData));
        _notes.Add($"{_table.Target} has columns, defaults, checks, keys and indexes of {_table.Table.Schema}.{_table.Table.Name}; no foreign keys, triggers, rules, policies and grants");
        return [outcome];
    }

    private TableOutcome Total(Measured[] read)
    {
        if (!_table.IsPartitioned)
            return _rows.Outcome(_table.Table, _table.Target, read[0]) with { Table = _table.Target };
        long expected = _table.WithRows.Sum(table => table.Rows);
        long count = _session.Number($"SELECT count(*)::text FROM {_table.Target}", "counting the rows");
        if (count != expected)
            _rows.Problems.Add($"table {_table.Target} has {count} rows, the snapshot recorded {expected}");
        return new TableOutcome(_table.Target, count, expected, count == expected && _rows.Problems.Count == 0);
    }

    // The copy's identities have sequences of their own, which go on where its rows end.
    private void SetIdentities()
    {
        const string Columns = "SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass($1) AND attidentity <> '' AND attnum > 0 AND NOT attisdropped";
        foreach (string?[] row in _session.Rows(Columns, "looking for identity columns", _table.Target))
        {
            string column = Sql.Name(row[0]!);
            _session.Run($"SELECT setval(pg_get_serial_sequence({Sql.Text(_table.Target)}, {Sql.Text(row[0]!)}), max({column})) FROM {_table.Target} HAVING max({column}) IS NOT NULL", "setting the identity");
        }
    }

    // A table that inherits is defined with its parents only; the copy has none.
    private void MakeFromColumns()
    {
        IEnumerable<string> columns = _table.Table.Columns.Select(column => $"{Sql.Name(column.Name)} {column.Type}{(column.IsNullable ? "" : " NOT NULL")}");
        IEnumerable<string> key = _table.Table.Key.Count > 0 ? [$"PRIMARY KEY ({Sql.Names(_table.Table.Key)})"] : [];
        _session.Run($"CREATE TABLE {_table.Target} ({string.Join(", ", columns.Concat(key))})", $"making table {_table.Target}");
    }

    private void RunCopies(IEnumerable<TableStatement> statements)
    {
        string own = RestoredTable.NameOf(_table.Table);
        foreach (TableStatement statement in statements.Where(one => OfCopies.Contains(one.Kind) && (one.Table == own || one.Table.Length == 0)))
        {
            // The sequence of a serial column belongs to the table; the copy must not draw from it.
            if (statement.Kind == TableStatementKind.Column && statement.Statement.Text.Contains("nextval(", StringComparison.Ordinal))
                continue;
            PostgresScript.Run(_session, statement.Kind == TableStatementKind.Setting ? statement.Statement : statement.For(_table.Target), statement.File);
        }
    }

    private void RunAll(IEnumerable<TableStatement> statements)
    {
        foreach (TableStatement statement in statements)
        {
            PostgresScript.Run(_session, statement.Statement, statement.File);
            if (statement.IsNewRelation)
                RevokeDefaults(statement.Table);
        }
    }

    // Default privileges of today are not what the table had; what it had is granted after this.
    private void RevokeDefaults(string relation)
    {
        foreach (string?[] row in _session.Rows(DefaultGrants, "looking at default privileges", relation))
            _session.Run($"REVOKE ALL ON {row[1]} {relation} FROM {row[0]}", "revoking default privileges");
    }

    private void Drop()
    {
        foreach (string?[] row in _session.Rows(Publications, "looking for publications", _table.Target))
            _notes.Add($"the table that was replaced was in publication {row[0]}, the new one is not: ALTER PUBLICATION ... ADD TABLE");
        try
        {
            _session.Run($"DROP TABLE {_table.Target}", $"replacing table {_table.Target}");
        }
        catch (SourceException e) when (PostgresErrors.CodeOf(e) == DependentsExist)
        {
            throw new SourceException($"table {_table.Target} cannot be replaced, other objects depend on it: {e.Message}; restore it under another name (--as NAME), or bring its rows back (--where true --apply upsert)", e);
        }
    }

    private bool Exists(string quoted) => _session.One("SELECT to_regclass($1)::text", "looking for the table", quoted) is not null;

    private long Rows() => _session.Number($"SELECT count(*)::text FROM {_table.Target}", "counting the rows");

    private void RequireSchema()
    {
        if (_session.One("SELECT to_regnamespace($1)::text", "looking for the schema", Sql.Name(_table.TargetSchema)) is null)
            throw new UsageException($"{_session.Server.Name} has no schema {_table.TargetSchema}; make it first, or restore under another (--as SCHEMA.NAME); nothing was changed");
    }
}
