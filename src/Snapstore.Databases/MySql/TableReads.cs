using System.Text;
using System.Text.RegularExpressions;

namespace Snapstore.Databases.MySql;

/// <summary>Hands out the connections of a moment to the threads that read tables, in the order in which the tables were put.</summary>
/// <remarks>Contents are stored in that order: a later one that took the last connection would wait for an earlier one that
/// waits for a connection.</remarks>
internal sealed partial class TableReads
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly SnapshotMoment _moment;
    private readonly CancellationToken _cancel;
    private readonly object _gate = new();
    private readonly Queue<MySqlConnection> _free;
    private long _issued, _served;
    private int _held;
    private string? _changed;

    public TableReads(SnapshotMoment moment, CancellationToken cancel)
    {
        _moment = moment;
        _cancel = cancel;
        _free = new Queue<MySqlConnection>(moment.Workers);
    }

    /// <summary>The table that was not any more what it was when the snapshot began, and why; null while all is well. What was
    /// read since is worth nothing.</summary>
    public string? Changed => Volatile.Read(ref _changed);

    /// <summary>How a table's rows are opened later, on another thread.</summary>
    /// <param name="table">The table.</param>
    /// <param name="whenRead">Told what was read, once all was.</param>
    public Func<Stream> Prepare(MySqlTable table, Action<Measured> whenRead)
    {
        bool isHeld = !table.Listed.IsTransactional && _moment.Holder is not null;
        if (isHeld)
        {
            Interlocked.Increment(ref _held);
            return () => Open(table, _moment.Holder, whenRead);
        }

        long ticket = _issued++;
        return () => Open(table, Take(ticket), whenRead);
    }

    private MySqlConnection? Take(long ticket)
    {
        lock (_gate)
        {
            while (_served != ticket || _free.Count == 0)
            {
                _cancel.ThrowIfCancellationRequested();
                if (_changed is not null)
                    return null;
                Monitor.Wait(_gate, LookAgain);
            }

            _served++;
            Monitor.PulseAll(_gate);
            return _free.Dequeue();
        }
    }

    private Stream Open(MySqlTable table, MySqlConnection? connection, Action<Measured> whenRead)
    {
        if (connection is null || Changed is not null)
            return Stream.Null;
        try
        {
            bool isWorker = connection != _moment.Holder;
            if (isWorker)
                connection.Execute("SAVEPOINT snapstore");
            connection.BeginRows(table.Select);
            bool hasRow = connection.NextRow();
            if (!IsSame(table))
                return Stale($"{table.Listed.Title} was altered or replaced");
            bool[] isHex = [.. table.Columns.Select(column => column.IsHex)];
            return new MeasuredStream(new RowStream(connection, hasRow, isHex, error => Done(table, connection, error)), whenRead);
        }
        catch (MySqlRefusal e) when (e.IsTableChanged)
        {
            return Stale($"{table.Listed.Title}: {e.Message}");
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            throw Explain(e, table);
        }
    }

    // While its rows are being read nobody can alter it: what is found now has been so since the moment.
    private bool IsSame(MySqlTable table)
    {
        lock (_moment.Catalog.Lock)
        {
            return _moment.Catalog.Identity(table.Listed) == table.Listed.Identity
                && WithoutCounter(_moment.Catalog.Definition(table.Listed)) == WithoutCounter(table.Definition);
        }
    }

    private static string WithoutCounter(byte[] definition) => Counter().Replace(Encoding.Latin1.GetString(definition), "");

    private Stream Stale(string reason)
    {
        lock (_gate)
        {
            _changed ??= reason;
            Monitor.PulseAll(_gate);
        }

        return Stream.Null;
    }

    private Exception? Done(MySqlTable table, MySqlConnection connection, Exception? error)
    {
        if (error is not null)
        {
            connection.Abort();
            return MySqlErrors.IsExplained(error) ? Explain(error, table) : null;
        }

        try
        {
            Free(connection);
            return null;
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            throw Explain(e, table);
        }
    }

    private void Free(MySqlConnection connection)
    {
        if (connection == _moment.Holder)
        {
            // The last of them is read: whoever waits to write may.
            if (Interlocked.Decrement(ref _held) == 0)
                connection.Execute("UNLOCK TABLES");
            return;
        }

        // Lets go of the table's metadata: it may be altered again.
        connection.Execute("ROLLBACK TO SAVEPOINT snapstore");
        lock (_gate)
        {
            _free.Enqueue(connection);
            Monitor.PulseAll(_gate);
        }
    }

    private Exception Explain(Exception e, MySqlTable table) => _cancel.IsCancellationRequested
        ? new OperationCanceledException(_cancel)
        : MySqlErrors.Explain(e, _moment.CatalogConnection.Address, $"reading table {table.Listed.Title}");

    [GeneratedRegex(@" AUTO_INCREMENT=\d+")]
    private static partial Regex Counter();
}
