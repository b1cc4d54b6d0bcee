using System.Globalization;

namespace Snapstore.Databases.Odbc;

/// <summary>Compares chosen rows of a snapshot with a live table, and puts them back.</summary>
internal sealed class OdbcRowsRestore(OdbcRestoreRun run)
{
    private readonly OdbcDialect _dialect = run.Session.Dialect;
    private readonly OdbcConnection _connection = run.Session.Connection;

    private string Stage => _dialect.Quote("snapstore_rows");

    /// <summary>Does so, all in one transaction.</summary>
    public DatabaseRestoreReport Restore(CapturedTable table)
    {
        (string schema, string name) = run.Request.TableAs is { } other ? run.SplitName(other) : (_dialect.HasSchemas ? table.Table.Schema : "", table.Table.Name);
        OdbcTable target = run.Target(schema, name)
            ?? throw new UsageException($"{run.Place.Name} has no table {(schema.Length == 0 ? name : $"{schema}.{name}")} to compare rows with; restore the whole table with --table alone");
        OdbcColumn[] columns = Columns(table.Table, target);
        _connection.BeginTransactions(0, isReadOnly: false);
        DatabaseRestoreReport? report = null;
        run.OrNothing(() => report = Restore(table, target, columns), null);
        return report!;
    }

    private static OdbcColumn[] Columns(OdbcTable source, OdbcTable target)
    {
        if (target.Key.Count == 0)
            throw new UsageException($"table {target.FullName} has no key by which rows could be told apart; restore the whole table under another name (--as) and compare there");
        OdbcColumn[] gone = [.. source.Columns.Where(column => !target.Columns.Any(there => there.Name == column.Name))];
        if (gone.Length > 0)
            throw new UsageException($"table {target.FullName} no longer has the column {gone[0].Name} of the snapshot; restore the table under another name (--as)");
        OdbcColumn[] columns = [.. target.Columns.Where(column => !column.IsGenerated && source.Columns.Any(there => there.Name == column.Name))];
        string? missing = target.Key.FirstOrDefault(key => !columns.Any(column => column.Name == key));
        return missing is null ? columns : throw new UsageException($"the snapshot's rows have no {missing}, which is part of the key of table {target.FullName}");
    }

    private DatabaseRestoreReport Restore(CapturedTable table, OdbcTable target, OdbcColumn[] columns)
    {
        _connection.Execute(_dialect.CreateStage(Stage, target, columns), "make the table in which rows are staged");
        Loaded loaded;
        using (OdbcInsert insert = new(run.Session, Stage, table.Table, columns))
            loaded = table.Load(run.Files, insert, run.Request.Progress, run.Cancel);
        if (!loaded.IsAsRecorded)
            run.Problems.Add($"table {table.Table.FullName}: checksum or number of rows not as recorded");
        RowDifferences found = Compare(target, columns);
        RowDifferences done = run.Request.DryRun || run.Request.Apply == RowChange.None ? found : Apply(target, columns, found);
        _connection.Execute($"DROP TABLE {Stage}");
        _connection.Commit();
        return run.Report([new TableOutcome(target.FullName, run.Count(target.From), null, loaded.IsAsRecorded)], done);
    }

    private RowDifferences Compare(OdbcTable target, OdbcColumn[] columns)
    {
        string match = Match(target);
        string chosen = run.Request.Where is { } expression ? $"({expression})" : "1=1";
        long extra = CountChosen($"{target.From} AS t WHERE {chosen} AND NOT EXISTS (SELECT 1 FROM {Stage} AS s WHERE {match})");
        if (run.Request.Where is not null)
            _connection.Execute($"DELETE FROM {Stage} WHERE NOT {chosen} OR {chosen} IS NULL");
        long missing = run.Count($"{Stage} AS s WHERE NOT EXISTS (SELECT 1 FROM {target.From} AS t WHERE {match})");
        long different = run.Count($"{Stage} AS s JOIN {target.From} AS t ON {match} WHERE {NotSame(target, columns)}");
        return new RowDifferences(run.Count(Stage), missing, different, extra, 0, 0);
    }

    // The expression is evaluated here first: what is wrong with it is the user's to know.
    private long CountChosen(string from)
    {
        try
        {
            return run.Count(from);
        }
        catch (OdbcException e) when (run.Request.Where is not null && (e.State == "HY000" || e.State.StartsWith("42", StringComparison.Ordinal)))
        {
            throw new UsageException($"--where cannot be evaluated: {e.Message}");
        }
    }

    private RowDifferences Apply(OdbcTable target, OdbcColumn[] columns, RowDifferences found)
    {
        bool updates = run.Request.Apply == RowChange.Upsert && found.Different > 0;
        if (found.Missing == 0 && !updates)
            return found;
        string change = updates ? string.Create(CultureInfo.InvariantCulture, $" and change {found.Different}") : "";
        if (!run.Request.Confirm(string.Create(CultureInfo.InvariantCulture, $"insert {found.Missing} rows{change} in table {target.FullName} of {run.Place.Name}")))
            throw new UsageException("not agreed to: nothing was changed");
        string match = Match(target), names = _dialect.Names(columns.Select(column => column.Name));
        // Changed before inserted: what was just inserted is not different.
        long updated = updates ? _connection.Execute(_dialect.Update(target, Stage, match, Changeable(target, columns), NotSame(target, columns))) : 0;
        long inserted = found.Missing == 0 ? 0 : _connection.Execute(
            $"INSERT INTO {target.Into} ({names}) {_dialect.Overriding}SELECT {names} FROM {Stage} AS s WHERE NOT EXISTS (SELECT 1 FROM {target.From} AS t WHERE {match})");
        if (inserted != found.Missing || (updates && updated != found.Different))
            throw new SourceException($"table {target.FullName} was changed by others meanwhile ({inserted} of {found.Missing} rows inserted, {updated} of {found.Different} changed); run the restore again");
        return found with { Inserted = inserted, Updated = updated };
    }

    private string Match(OdbcTable target) =>
        string.Join(" AND ", target.Key.Select(key => _dialect.SameKey($"t.{_dialect.Quote(key)}", $"s.{_dialect.Quote(key)}")));

    private static string[] Changeable(OdbcTable target, OdbcColumn[] columns) =>
        [.. columns.Select(column => column.Name).Where(name => !target.Key.Contains(name))];

    private string NotSame(OdbcTable target, OdbcColumn[] columns)
    {
        string[] each = [.. columns.Where(column => !target.Key.Contains(column.Name))
            .Select(column => _dialect.NotSame(column, $"t.{_dialect.Quote(column.Name)}", $"s.{_dialect.Quote(column.Name)}"))];
        return each.Length == 0 ? "1=0" : string.Join(" OR ", each);
    }
}
