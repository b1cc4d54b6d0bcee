using Snapstore.Hashing;

namespace Snapstore.Databases.Odbc;

/// <summary>Restores whole tables: all in one transaction, or under other names that take the place of the old ones at the end.</summary>
internal sealed class OdbcTablesRestore(OdbcRestoreRun run)
{
    private const string TableBeside = "restore the table beside it (--as NAME) and look";

    private readonly OdbcDialect _dialect = run.Session.Dialect;
    private readonly OdbcConnection _connection = run.Session.Connection;
    private readonly List<TableOutcome> _outcomes = [];

    /// <summary>Restores all tables into a target that has none, or none that may not be removed.</summary>
    public DatabaseRestoreReport Whole(IReadOnlyList<CapturedTable> tables)
    {
        List<Job> jobs = [.. tables.Select((table, i) => JobOf(table, schema: null, name: null, i))];
        if (jobs.GroupBy(job => (job.Table.Schema, job.Name)).FirstOrDefault(group => group.Count() > 1) is { } twice)
            throw new UsageException($"tables of several schemas are called {twice.Key.Name}, and the target knows no schemas; restore one after the other with --table and --as");
        CheckEmpty(jobs);
        if (run.Request.DryRun)
            return Planned(jobs);
        Restore(jobs);
        return run.Report(_outcomes);
    }

    /// <summary>Restores one table under its own name or another.</summary>
    public DatabaseRestoreReport One(CapturedTable table)
    {
        (string Schema, string Name) named = run.SplitName(run.Request.TableAs ?? "");
        Job job = JobOf(table, named.Schema.Length == 0 ? null : named.Schema, named.Name.Length == 0 ? null : named.Name, 0);
        bool inPlace = job.Old is not null && HoldsAllColumns(job.Old, table.Table) && (job.Old.IsTransactional || _dialect.HasTransactionalDefinitions);
        if (run.Request.DryRun)
            return Planned([job]);
        if (job.Old is not null)
            Confirm(job, inPlace);
        if (inPlace)
            ReplaceRows(job);
        else
            Restore([job]);
        return run.Report(_outcomes);
    }

    private static bool HoldsAllColumns(OdbcTable target, OdbcTable source) =>
        source.Columns.All(column => target.Columns.Any(there => there.Name == column.Name));

    private Job JobOf(CapturedTable captured, string? schema, string? name, int number)
    {
        OdbcTable table = _dialect.Translate(captured.Table, run.Notes.Add);
        table = table with { Schema = schema ?? table.Schema };
        string final = name ?? table.Name;
        // Names of indexes are those of a schema or a database, where the original may still stand.
        if (name is not null && name != table.Name)
            table = table with { Indexes = [.. table.Indexes.Select((index, i) => index with { Name = $"{name}_{i + 1}_idx" })] };
        OdbcTable? old = run.Target(table.Schema, final);
        string working = _dialect.HasTransactionalDefinitions || !_dialect.CanSwap ? final : OwnName("new", number, final);
        return new Job(captured, table, final, working, old);
    }

    // Ours beyond doubt, and the same for the same table, so that leftovers are found again.
    private static string OwnName(string what, int number, string name)
    {
        byte[] hash = new byte[32];
        Blake3.Hash(System.Text.Encoding.UTF8.GetBytes(name), hash);
        return string.Create(System.Globalization.CultureInfo.InvariantCulture, $"snapstore_{what}_{number}_{Convert.ToHexStringLower(hash.AsSpan(0, 6))}");
    }

    private void CheckEmpty(List<Job> jobs)
    {
        // What an interrupted restore left is made anew.
        OdbcTable[] there = [.. run.Targets.Where(table => !jobs.Exists(job => job.Working == table.Name && job.Working != job.Name))];
        if (there.Length == 0)
            return;
        OdbcTable[] inTheWay = [.. jobs.Where(job => job.Old is not null).Select(job => job.Old!)];
        if (!run.Request.Clean)
            throw new UsageException($"{run.Place.Name} is not empty, it has the tables {TableChoice.Some(there)}; restore into an empty database, one table with --table, or add --clean to have the tables of the same names removed");
        if (there.Length > inTheWay.Length)
            run.Notes.Add($"{there.Length - inTheWay.Length} tables that the snapshot does not have stay as they are");
        if (inTheWay.Length > 0 && !run.Request.DryRun && !run.Request.Confirm($"remove {inTheWay.Length} tables of {run.Place.Name} and restore them from the snapshot: {TableChoice.Some(inTheWay)}"))
            throw new UsageException("not agreed to: nothing was changed");
    }

    private void Confirm(Job job, bool inPlace)
    {
        long rows = run.Count(job.Old!.From);
        string text = inPlace
            ? $"replace all {rows} rows of table {job.Old.FullName} by the {job.Captured.Description.Rows} of the snapshot"
            : $"remove table {job.Old.FullName} with its {rows} rows, for it has not the columns of the snapshot's, and make it anew";
        if (!run.Request.Confirm(text))
            throw new UsageException("not agreed to: nothing was changed");
    }

    private void ReplaceRows(Job job)
    {
        _connection.BeginTransactions(0, isReadOnly: false);
        run.OrNothing(
            () =>
            {
                _connection.Execute($"DELETE FROM {job.Old!.From}");
                Load(job, job.Old, job.Old.Into);
                DatabaseRestoreReport.RefuseToReplace(run.Problems, TableBeside);
                Commit();
            },
            null);
        run.Notes.Add($"table {job.Old!.FullName} was there: its rows were replaced; its definition, indexes, triggers and grants are as they were");
    }

    private void Restore(List<Job> jobs)
    {
        if (!_dialect.HasTransactionalDefinitions && !_dialect.CanSwap && jobs.Exists(job => job.Old is not null))
            throw new UsageException($"{_connection.Dbms} cannot replace a table within a transaction; rename or drop the table of that name first, or restore with --as");
        DropLeftovers(jobs);
        _connection.BeginTransactions(0, isReadOnly: false);
        run.OrNothing(
            () =>
            {
                if (_dialect.HasTransactionalDefinitions && jobs.Exists(job => job.Old is not null))
                    Drop(jobs.Where(job => job.Old is not null).Select(job => job.Old!.Into));
                foreach (Job job in jobs)
                    Make(job);
                if (jobs.Exists(job => job.Old is not null))
                    DatabaseRestoreReport.RefuseToReplace(run.Problems, jobs.Count == 1 ? TableBeside : "restore into another database and look");
                if (_dialect.CanSwap && !_dialect.HasTransactionalDefinitions)
                    Swap(jobs);
                Commit();
            },
            () => _dialect.HasTransactionalDefinitions ? "" : Discard(jobs));
        DropReplaced(jobs);
    }

    private void Drop(IEnumerable<string> tables)
    {
        // One statement where that helps tables that refer to each other.
        foreach (string some in _dialect is OdbcPostgres ? [string.Join(", ", tables)] : tables)
            _connection.Execute($"DROP TABLE {some}", "remove the tables in the way (views or foreign keys of other tables may need them)");
    }

    private void Make(Job job)
    {
        if (job.Table.Schema.Length > 0 && _dialect.CreateSchema(job.Table.Schema) is { } schema)
            _connection.Execute(schema);
        _connection.Execute(_dialect.CreateTable(job.Table, job.Working), $"make table {job.Name}");
        string into = _dialect.Quote(job.Table.Schema, job.Working);
        Load(job, job.Table, into);
        foreach (string statement in _dialect.CompleteTable(job.Table, job.Working))
            _connection.Execute(statement, $"complete table {job.Name}");
    }

    private void Load(Job job, OdbcTable target, string into)
    {
        OdbcColumn[] columns = [.. job.Captured.Table.Columns
            .Select(column => target.Columns.First(there => there.Name == column.Name))
            .Where(column => !column.IsGenerated)];
        using OdbcInsert insert = new(run.Session, into, job.Captured.Table, columns);
        Loaded loaded = job.Captured.Load(run.Files, insert, run.Request.Progress, run.Cancel);
        long rows = run.Count(into);
        bool isVerified = loaded.IsAsRecorded && rows == job.Captured.Description.Rows;
        if (!isVerified)
            run.Problems.Add($"table {job.Name}: {rows} rows of {job.Captured.Description.Rows} recorded, checksum {(loaded.IsAsRecorded ? "as recorded" : "or number of rows not as recorded")}");
        if (run.Request.Verify)
            isVerified &= ReadBack(job, target, into, loaded.Sum);
        _outcomes.Add(new TableOutcome(target.Schema.Length == 0 ? job.Name : $"{target.Schema}.{job.Name}", rows, job.Captured.Description.Rows, isVerified));
    }

    // Reads what the target has now and compares it with what was written, whatever the order of rows.
    private bool ReadBack(Job job, OdbcTable target, string from, RowSum written)
    {
        OdbcTable source = job.Captured.Table;
        if (source.Dbms != _dialect.Dbms)
        {
            run.Notes.Add($"table {job.Name}: rows were counted, not compared, for {_dialect.Dbms} writes values in another way than {source.Dbms}");
            return true;
        }

        OdbcTable there = target with
        {
            From = from,
            Columns = [.. source.Columns.Select(column => target.Columns.First(other => other.Name == column.Name))],
            Key = target.Key.All(key => source.Columns.Any(column => column.Name == key)) ? target.Key : [],
        };
        RowSum sum = new(source);
        using OdbcRowReader rows = new(_connection, _dialect, there);
        while (rows.Next() is { } row)
            sum.Add(row);
        bool isSame = sum.IsSameAs(written);
        if (!isSame)
            run.Problems.Add($"table {job.Name}: the target gives other rows back than were written; triggers or other column types may have changed them");
        return isSame;
    }

    private void Swap(List<Job> jobs)
    {
        List<(string Schema, string Now, string Then)> renames = [];
        foreach (Job job in jobs)
        {
            if (job.Old is not null)
                renames.Add((job.Old.Schema, job.Name, job.Replaced));
            renames.Add((job.Table.Schema, job.Working, job.Name));
        }

        if (renames.Count > 0)
            _connection.Execute(_dialect.Swap(renames), "put the restored tables in their place");
    }

    // Of a run that was killed; their names are ours.
    private void DropLeftovers(List<Job> jobs)
    {
        if (_dialect.HasTransactionalDefinitions || !_dialect.CanSwap)
            return;
        foreach (Job job in jobs)
        {
            if (run.Target("", job.Replaced) is not null)
                throw new UsageException($"{run.Place.Name} has a table {job.Replaced}, the old {job.Name} that an interrupted restore put aside; look at it, then drop or rename it");
            _connection.Execute($"DROP TABLE IF EXISTS {_dialect.Quote(job.Working)}");
        }
    }

    // Tables under working names, or under their own where the DBMS knows no better; what cannot be dropped is told.
    private string Discard(List<Job> jobs)
    {
        List<string> left = [];
        foreach (Job job in jobs)
        {
            try
            {
                _connection.Execute($"DROP TABLE IF EXISTS {_dialect.Quote(job.Table.Schema, job.Working)}");
                _connection.Commit();
            }
            catch (OdbcException)
            {
                left.Add(job.Working);
            }
        }

        return string.Join(", ", left);
    }

    private void DropReplaced(List<Job> jobs)
    {
        if (_dialect.HasTransactionalDefinitions)
            return;
        foreach (Job job in jobs.Where(job => job.Old is not null))
        {
            _connection.Execute($"DROP TABLE {_dialect.Quote(job.Replaced)}", $"drop the old table, which is now called {job.Replaced}");
            _connection.Commit();
        }
    }

    private void Commit() => _connection.Commit();

    private DatabaseRestoreReport Planned(List<Job> jobs)
    {
        foreach (Job job in jobs.Where(job => job.Old is not null))
            run.Notes.Add($"table {job.Old!.FullName} is there with {run.Count(job.Old.From)} rows and would be replaced");
        return run.Report([.. jobs.Select(job => new TableOutcome(job.Name, job.Captured.Description.Rows, job.Captured.Description.Rows, false))]);
    }

    /// <summary>One table to be restored.</summary>
    /// <param name="Captured">Where from.</param>
    /// <param name="Table">As the target will have it.</param>
    /// <param name="Name">What it is called in the end.</param>
    /// <param name="Working">What it is called until then.</param>
    /// <param name="Old">What has that name now.</param>
    private sealed record Job(CapturedTable Captured, OdbcTable Table, string Name, string Working, OdbcTable? Old)
    {
        /// <summary>What the old table is called once it is replaced and not yet dropped.</summary>
        public string Replaced => Working.Replace("snapstore_new_", "snapstore_old_", StringComparison.Ordinal);
    }
}
