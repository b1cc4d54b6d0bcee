using System.Globalization;
using System.Text;
using Snapstore.Browse;

namespace Snapstore.Databases.MySql;

/// <summary>Brings chosen rows of a snapshot back into a live table: staged in a temporary table, compared by key, then written in
/// one transaction, if that is wanted.</summary>
internal sealed class RowRestore(RestoreContext context, CapturedDatabasePart part, TableDescription table, string database)
{
    private readonly string _name = context.Request.TableAs ?? table.Name;
    private readonly string _staged = RestoreContext.TemporaryName();
    private readonly List<string> _notes = [];

    private string Title => $"{database}.{_name}";

    private string Live => Sql.Name(database, _name);

    private string Staged => Sql.Name(database, _staged);

    /// <summary>Compares, and restores where that is wanted.</summary>
    public DatabaseRestoreReport Run()
    {
        if (table.File is null)
            throw new UsageException($"the snapshot holds no rows of table {table.Name}");
        if (table.Key.Count == 0)
            throw new UsageException($"table {table.Name} has no primary key, and no other key that is unique and never null: rows cannot be compared; restore the whole table under another name (--as NAME)");
        using MySqlConnection connection = context.Connect();
        List<ColumnDescription> columns = CommonColumns(connection);
        Stage(connection);
        RowStatements sql = new(Live, Staged, columns, table.Key);
        RowDifferences found = Compare(connection, sql);
        if (context.Request.DryRun || context.Request.Apply == RowChange.None)
            return Report(found);
        long updates = context.Request.Apply == RowChange.Upsert ? found.Different : 0;
        if (found.Missing + updates == 0)
            return Report(found);
        string what = updates > 0 ? $"{found.Missing} rows will be inserted into {Title} and {updates} changed" : $"{found.Missing} rows will be inserted into {Title}";
        if (!context.Request.Confirm($"{what} at {context.Address.Place}"))
            throw new UsageException("not confirmed; nothing was changed");
        return Report(Apply(connection, sql, found));
    }

    private List<ColumnDescription> CommonColumns(MySqlConnection connection)
    {
        List<string?[]> live = connection.QueryText("SELECT COLUMN_NAME, GENERATION_EXPRESSION FROM information_schema.COLUMNS"
            + $" WHERE TABLE_SCHEMA={Sql.Text(database)} AND TABLE_NAME={Sql.Text(_name)}");
        if (live.Count == 0)
            throw new UsageException($"there is no table {Title} at {context.Address.Place} whose rows could be compared; restore the whole table: without --where");
        string?[] writable = [.. live.Where(row => string.IsNullOrEmpty(row[1])).Select(row => row[0])];
        string[] lost = [.. table.Columns.Where(column => !writable.Contains(column.Name) && !VersionColumns.Contains(column.Name)).Select(column => column.Name)];
        if (table.Key.FirstOrDefault(key => !writable.Contains(key)) is { } missing)
            throw new UsageException($"table {Title} has no column {missing}, which is in the key of the snapshot's rows");
        if (lost.Length > 0)
            _notes.Add($"{Title} has no columns {string.Join(", ", lost)} any more: they are neither compared nor written");
        return [.. table.Columns.Where(column => writable.Contains(column.Name))];
    }

    private string[] VersionColumns => table.Properties.ContainsKey("history") ? [.. table.Columns.TakeLast(2).Select(column => column.Name)] : [];

    private void Stage(MySqlConnection connection)
    {
        using SnapshotFiles files = context.Captured.Open();
        byte[] definition = new ObjectWriter(connection, files, part.Name).TableDefinition(table, database);
        string[] versions = VersionColumns;
        string create = new TableDefinitionText(Encoding.Latin1.GetString(definition)).Temporary(_staged, [.. versions.Select(name => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Sql.Name(name))))]);
        connection.Execute($"USE {Sql.Name(database)}");
        connection.Execute(Encoding.Latin1.GetBytes(create));
        TableLoader loader = new(connection, context.Request, context.Cancel);
        loader.Stage(files, table, Staged);
        _notes.AddRange(loader.Notes);
        if (versions.Length > 0)
            connection.Execute($"DELETE FROM {Staged} WHERE {Sql.Name(versions[1])} < '2038-01-19 03:14:07.999999'");
        Choose(connection);
    }

    private void Choose(MySqlConnection connection)
    {
        try
        {
            // Shows a condition that ends its own parenthesis and goes on.
            connection.Execute($"SELECT CASE WHEN {context.Request.Where}\nTHEN 1 END FROM {Staged} LIMIT 0");
            connection.Execute($"DELETE FROM {Staged} WHERE NOT COALESCE(({context.Request.Where}\n), 0)");
        }
        catch (MySqlRefusal e)
        {
            throw new UsageException($"the expression that chooses rows is none for table {table.Name}: {e.Message}");
        }
    }

    private RowDifferences Compare(MySqlConnection connection, RowStatements sql) => new(
        Count(connection, $"SELECT COUNT(*) FROM {Staged}"),
        Count(connection, sql.CountMissing),
        Count(connection, sql.CountDifferent),
        Count(connection, sql.CountExtra(context.Request.Where!)),
        0,
        0);

    private RowDifferences Apply(MySqlConnection connection, RowStatements sql, RowDifferences found)
    {
        SessionSettings.ApplyForLiveRows(connection);
        connection.Execute("START TRANSACTION");
        try
        {
            long updated = context.Request.Apply == RowChange.Upsert ? connection.Execute(sql.Update) : 0;
            long inserted = connection.Execute(sql.Insert);
            connection.Execute("COMMIT");
            return found with { Inserted = inserted, Updated = updated };
        }
        catch (MySqlRefusal e)
        {
            connection.Execute("ROLLBACK");
            throw new SourceException($"the rows could not be written into {Title} ({e.Message}); {(HasTransactions(connection) ? "it is as it was" : "its storage engine has no transactions, so that some of them may have been: compare again, without --apply")}", e);
        }
    }

    private bool HasTransactions(MySqlConnection connection) => connection.QueryValue(
        $"SELECT e.TRANSACTIONS FROM information_schema.TABLES t JOIN information_schema.ENGINES e ON e.ENGINE=t.ENGINE WHERE t.TABLE_SCHEMA={Sql.Text(database)} AND t.TABLE_NAME={Sql.Text(_name)}") == "YES";

    private static long Count(MySqlConnection connection, string query) => long.Parse(connection.QueryValue(query)!, CultureInfo.InvariantCulture);

    private DatabaseRestoreReport Report(RowDifferences rows) => new() { Rows = rows, Notes = _notes };
}
