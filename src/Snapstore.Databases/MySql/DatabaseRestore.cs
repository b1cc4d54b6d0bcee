using System.Collections.Concurrent;
using System.Text;
using Snapstore.Browse;

namespace Snapstore.Databases.MySql;

/// <summary>Restores one database: into a new one, into an empty one, or beside one that is emptied at the very end.</summary>
/// <remarks>DDL has no transactions here. So whatever was made is removed again when something fails; and where something is to
/// be replaced, all is made and filled in a database of its own first, views and routines included, and moved then.</remarks>
internal sealed class DatabaseRestore(RestoreContext context, CapturedDatabasePart part, string target)
{
    private static readonly string[] BeforeTables = ["sequence"];
    private static readonly string[] AfterTables = ["package", "package body", "function", "procedure", "view", "trigger"];

    private readonly List<string> _problems = [], _notes = [];
    private bool _exists, _isEmpty = true, _wasTouched, _isReplacing;
    private string _work = "";

    /// <summary>What is there and would be removed; null for nothing.</summary>
    public string? InTheWay { get; private set; }

    /// <summary>Looks whether the target is as the request expects.</summary>
    /// <exception cref="UsageException">It is not.</exception>
    public void Check(MySqlConnection connection, bool isNamed)
    {
        RestoreTarget found = new(connection);
        _exists = found.HasDatabase(target);
        if (!_exists)
        {
            if (isNamed && !context.Request.Create)
                throw new UsageException($"there is no database {target} at {context.Address.Place}; --create makes it");
            return;
        }

        List<(string Kind, string Name)> contents = found.Contents(target);
        _isEmpty = contents.Count == 0;
        if (_isEmpty)
            return;
        if (!context.Request.Clean)
            throw new UsageException($"the database {target} at {context.Address.Place} is not empty: it holds {RestoreTarget.Describe(contents)}; restore into another one, or replace it: --clean");
        InTheWay = $"all of database {target} at {context.Address.Place} ({RestoreTarget.Describe(contents)})";
    }

    /// <summary>What would be restored.</summary>
    public DatabaseRestoreReport Preview() => new()
    {
        Tables = [.. part.Tables.Where(table => table.File is not null).Select(table => new TableOutcome(TitleOf(table), table.Rows, table.Rows, IsVerified: false))],
        Objects = [.. Counts()],
        Notes = InTheWay is null ? [] : [$"would be removed: {InTheWay}"],
    };

    /// <summary>Restores.</summary>
    public DatabaseRestoreReport Run()
    {
        _isReplacing = _exists && !_isEmpty;
        _work = _isReplacing ? RestoreContext.TemporaryName() : target;
        using SnapshotFiles files = context.Captured.Open();
        using MySqlConnection connection = context.Connect();
        ObjectWriter writer = new(connection, files, part.Name);
        PrepareDatabase(connection, writer);
        foreach (ObjectDescription item in part.OfKind(BeforeTables))
            writer.Create(item, _work);
        foreach (TableDescription table in part.Tables)
            Create(writer, table);
        IReadOnlyList<TableOutcome> outcomes = LoadTables();
        if (_isReplacing)
            DatabaseRestoreReport.RefuseToReplace(_problems, "restore into another database and look");
        writer.CreateAll(part.OfKind(AfterTables), _work);
        if (_isReplacing)
            Replace(connection, writer);
        foreach (ObjectDescription item in part.OfKind("event"))
            writer.Create(item, target);
        return new DatabaseRestoreReport { Tables = outcomes, Objects = [.. Counts()], Problems = _problems, Notes = _notes };
    }

    /// <summary>Removes what was made, as far as that is possible.</summary>
    /// <param name="cause">Why: an error about the removing tells it too.</param>
    public void Undo(Exception cause)
    {
        if (!_wasTouched)
            return;
        try
        {
            using MySqlConnection connection = context.Connect();
            if (_exists && !_isReplacing)
                new RestoreTarget(connection).Empty(target);
            else
                connection.Execute($"DROP DATABASE IF EXISTS {Sql.Name(_work)}");
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e) || e is SourceException)
        {
            throw new SourceException($"the restore failed ({cause.Message}), and what it had made in database {_work} could not be removed ({e.Message}); remove it by hand", e);
        }
    }

    private void PrepareDatabase(MySqlConnection connection, ObjectWriter writer)
    {
        // "CREATE DATABASE `x` CHARACTER SET ...": what follows the name holds for any name.
        string create = Encoding.UTF8.GetString(writer.Read(part.OfKind("database").First().File!).Statement);
        string options = create[(create.LastIndexOf(" CHARACTER SET ", StringComparison.Ordinal) + 1)..];
        _wasTouched = true;
        try
        {
            connection.Execute(_exists && !_isReplacing ? $"ALTER DATABASE {Sql.Name(_work)} {options}" : $"CREATE DATABASE {Sql.Name(_work)} {options}");
        }
        catch (MySqlRefusal)
        {
            // Not ours: somebody else may have made it a moment ago.
            _wasTouched = false;
            throw;
        }
    }

    private void Create(ObjectWriter writer, TableDescription table)
    {
        try
        {
            writer.CreateTable(table, _work);
        }
        catch (MySqlRefusal e)
        {
            throw new MySqlRefusal(e.Code, $"table {TitleOf(table)}: {e.Message}");
        }
    }

    private TableOutcome[] LoadTables()
    {
        TableDescription[] tables = [.. part.Tables.Where(table => table.File is not null)];
        TableOutcome?[] outcomes = new TableOutcome?[tables.Length];
        ConcurrentQueue<int> waiting = new(Enumerable.Range(0, tables.Length).OrderByDescending(i => tables[i].Bytes));
        using CancellationTokenSource failed = CancellationTokenSource.CreateLinkedTokenSource(context.Cancel);
        Exception? first = null;
        Thread[] threads = [.. Enumerable.Range(0, Math.Clamp(context.Request.Workers, 1, Math.Max(1, tables.Length))).Select(_ => new Thread(Work) { IsBackground = true, Name = "restore rows" })];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        if (first is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(first);
        return outcomes!;

        void Work()
        {
            try
            {
                Load(tables, waiting, outcomes, failed.Token);
            }
#pragma warning disable CA1031 // thrown again on the thread that waits
            catch (Exception e)
#pragma warning restore CA1031
            {
                Interlocked.CompareExchange(ref first, e, null);
                failed.Cancel();
            }
        }
    }

    private void Load(TableDescription[] tables, ConcurrentQueue<int> waiting, TableOutcome?[] outcomes, CancellationToken cancel)
    {
        using SnapshotFiles files = context.Captured.Open();
        using MySqlConnection connection = context.Connect();
        TableLoader loader = new(connection, context.Request, cancel);
        while (waiting.TryDequeue(out int i))
        {
            cancel.ThrowIfCancellationRequested();
            context.Request.Progress.At(Encoding.UTF8.GetBytes(TitleOf(tables[i])));
            outcomes[i] = loader.Load(files, tables[i], _work, tables[i].Name, TitleOf(tables[i]));
        }

        lock (_problems)
        {
            _problems.AddRange(loader.Problems);
            _notes.AddRange(loader.Notes);
        }
    }

    // From here on the target changes. All of it could be made once, in the database beside.
    private void Replace(MySqlConnection connection, ObjectWriter writer)
    {
        RestoreTarget there = new(connection);
        List<(string Kind, string Name)> made = there.Contents(_work);
        try
        {
            there.Empty(target);
            foreach (ObjectDescription trigger in part.OfKind("trigger"))
                connection.Execute($"DROP TRIGGER {Sql.Name(_work, trigger.Name)}");
            List<string> moves = [.. made.Where(item => item.Kind is "TABLE" or "SEQUENCE").Select(item => $"{Sql.Name(_work, item.Name)} TO {Sql.Name(target, item.Name)}")];
            if (moves.Count > 0)
                connection.Execute($"RENAME TABLE {string.Join(", ", moves)}");
            PointToSequences(connection, writer);
            writer.CreateAll(part.OfKind(AfterTables), target);
            connection.Execute($"DROP DATABASE {Sql.Name(_work)}");
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            _wasTouched = false;
            throw new SourceException($"replacing what is in database {target} failed midway ({e.Message}): some of it is removed, and the restored tables are in database {_work} or already in {target}; mend the cause and restore again", e);
        }
    }

    // A default that takes the next number names the database that the sequence was in.
    private void PointToSequences(MySqlConnection connection, ObjectWriter writer)
    {
        foreach (TableDescription table in part.Tables)
        {
            TableDefinitionText definition = new(Encoding.Latin1.GetString(writer.TableDefinition(table, target)));
            foreach (string column in definition.ColumnsWithSequences)
            {
                string alter = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes($"ALTER TABLE {Sql.Name(target, table.Name)} MODIFY COLUMN "));
                connection.Execute("SET SESSION system_versioning_alter_history=KEEP");
                connection.Execute(Encoding.Latin1.GetBytes(alter + column));
            }
        }
    }

    private IEnumerable<(string Kind, long Count)> Counts() =>
        part.Objects.Where(item => item.Kind != "database").GroupBy(item => item.Kind).Select(group => (group.Key == "package body" ? "package bodies" : $"{group.Key}s", group.LongCount()));

    private string TitleOf(TableDescription table) => $"{target}.{table.Name}";
}
