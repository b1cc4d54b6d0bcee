using System.Text;
using Snapstore.Browse;

namespace Snapstore.Databases.MySql;

/// <summary>Restores one table into a live database: filled beside under another name, put in place by one RENAME. Other tables
/// stay untouched.</summary>
internal sealed class TableRestore(RestoreContext context, CapturedDatabasePart part, TableDescription table, string database)
{
    private readonly string _name = context.Request.TableAs ?? table.Name;
    private readonly string _made = RestoreContext.TemporaryName();
    private readonly List<string> _problems = [], _notes = [];
    private bool _isMade;

    private string Title => $"{database}.{_name}";

    /// <summary>Restores.</summary>
    public DatabaseRestoreReport Run()
    {
        using MySqlConnection connection = context.Connect();
        RestoreTarget target = new(connection);
        if (!target.HasDatabase(database))
            throw new UsageException($"there is no database {database} at {context.Address.Place}");
        bool isThere = target.HasTable(database, _name);
        if (context.Request.DryRun)
            return Report([new TableOutcome(Title, table.Rows, table.Rows, IsVerified: false)], isThere ? [$"would be replaced: {Title}"] : []);
        if (isThere && !context.Request.Confirm($"table {Title} at {context.Address.Place} is there and will be replaced"))
            throw new UsageException($"table {Title} is there already, and replacing it was not confirmed; nothing was changed. It can be restored under another name: --as NAME");
        using SnapshotFiles files = context.Captured.Open();
        ObjectWriter writer = new(connection, files, part.Name);
        TableDefinitionText definition = new(Encoding.Latin1.GetString(writer.TableDefinition(table, database)));
        TableOutcome? outcome;
        try
        {
            outcome = Fill(connection, files, definition);
            if (isThere)
                DatabaseRestoreReport.RefuseToReplace(_problems, "restore the table beside it (--as NAME) and look");
        }
        catch (Exception e)
        {
            // Its transaction may hold the lock of the table that is to go.
            connection.Abort();
            Remove(e);
            throw;
        }

        Place(connection, target, isThere);
        AddForeignKeys(connection, definition);
        AddTriggers(writer);
        return Report(outcome is null ? [] : [outcome], []);
    }

    private TableOutcome? Fill(MySqlConnection connection, SnapshotFiles files, TableDefinitionText definition)
    {
        connection.Execute($"USE {Sql.Name(database)}");
        Make(connection, definition);
        if (table.File is null)
            return null;
        TableLoader loader = new(connection, context.Request, context.Cancel);
        TableOutcome outcome = loader.Load(files, table, database, _made, Title);
        _problems.AddRange(loader.Problems);
        _notes.AddRange(loader.Notes);
        return outcome;
    }

    private void Make(MySqlConnection connection, TableDefinitionText definition)
    {
        _isMade = true;
        try
        {
            connection.Execute(Encoding.Latin1.GetBytes(definition.WithoutForeignKeys(_made)));
        }
        catch (MySqlRefusal)
        {
            _isMade = false;
            throw;
        }
    }

    private void Place(MySqlConnection connection, RestoreTarget target, bool isThere)
    {
        string made = Sql.Name(database, _made), place = Sql.Name(database, _name), old = Sql.Name(database, $"{_made}_old");
        try
        {
            if (!isThere)
            {
                connection.Execute($"RENAME TABLE {made} TO {place}");
            }
            else if (target.IsReferenced(database, _name))
            {
                // A rename would take the foreign keys of other tables along to the old one; after a drop they find the new one.
                connection.Execute($"DROP TABLE {place}");
                connection.Execute($"RENAME TABLE {made} TO {place}");
            }
            else
            {
                connection.Execute($"RENAME TABLE {place} TO {old}, {made} TO {place}");
                connection.Execute($"DROP TABLE {old}");
            }
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            throw new SourceException($"table {Title} is restored as {database}.{_made} and could not be put in its place ({e.Message}); rename it by hand, or drop it", e);
        }
    }

    private void AddForeignKeys(MySqlConnection connection, TableDefinitionText definition)
    {
        // A name of a foreign key stands once in a database: a copy's gets one from the server.
        IEnumerable<string> keys = _name == table.Name ? definition.ForeignKeys : definition.ForeignKeys.Select(key => key[key.IndexOf("FOREIGN KEY (", StringComparison.Ordinal)..]);
        foreach (string key in keys)
            TryOrTell(() => connection.Execute(Encoding.Latin1.GetBytes($"ALTER TABLE {Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(Sql.Name(database, _name)))} ADD {key}")), "a foreign key");
    }

    private void AddTriggers(ObjectWriter writer)
    {
        string[] names = table.Properties.GetValueOrDefault("triggers", "").Split('\0', StringSplitOptions.RemoveEmptyEntries);
        if (names.Length > 0 && _name != table.Name)
        {
            _notes.Add($"the table's triggers ({string.Join(", ", names)}) were not restored: they name the table {table.Name}");
            return;
        }

        foreach (string name in names)
            TryOrTell(() => writer.Create(part.OfKind("trigger").First(item => item.Name == name), database), $"trigger {name}");
    }

    private void TryOrTell(Action create, string what)
    {
        try
        {
            create();
        }
        catch (MySqlRefusal e)
        {
            _problems.Add($"{Title}: its rows are restored, {what} is not: {e.Message}");
        }
    }

    // The connection may be in the middle of a statement: another one cleans up.
    private void Remove(Exception cause)
    {
        if (!_isMade)
            return;
        try
        {
            using MySqlConnection connection = context.Connect();
            connection.Execute($"DROP TABLE IF EXISTS {Sql.Name(database, _made)}");
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e) || e is SourceException)
        {
            throw new SourceException($"the restore of table {Title} failed ({cause.Message}); it is unchanged, and what was made, {database}.{_made}, could not be removed ({e.Message})", e);
        }
    }

    private DatabaseRestoreReport Report(IReadOnlyList<TableOutcome> outcomes, IReadOnlyList<string> more) =>
        new() { Tables = outcomes, Problems = _problems, Notes = [.. _notes, .. more] };
}
