using System.Text;
using System.Text.RegularExpressions;

namespace Snapstore.Databases.MySql;

/// <summary>Reads tables through the connections of a moment, several at once, and notices those that are not any more what
/// they were at that moment.</summary>
internal sealed partial class TableReads
{
    private readonly SnapshotMoment _moment;
    private readonly CancellationToken _cancel;
    private readonly ConnectionQueue _workers, _holder;
    private string? _changed;
    private volatile bool _isGivenUp;

    public TableReads(SnapshotMoment moment, CancellationToken cancel)
    {
        _moment = moment;
        _cancel = cancel;
        _workers = new ConnectionQueue(moment.Workers);
        _holder = new ConnectionQueue(moment.Holder is { } holder ? [holder] : []);
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
        ConnectionQueue queue = isHeld ? _holder : _workers;
        long ticket = queue.Ticket();
        return () => Open(table, queue.Take(ticket, IsGivenUp), whenRead);
    }

    private bool IsGivenUp()
    {
        _cancel.ThrowIfCancellationRequested();
        return _isGivenUp || Changed is not null;
    }

    /// <summary>Whoever waits for a connection waits no longer: the run has failed.</summary>
    public void GiveUp() => _isGivenUp = true;

    private Stream Open(MySqlTable table, MySqlConnection? connection, Action<Measured> whenRead)
    {
        if (connection is null || Changed is not null || _isGivenUp)
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
        catch (MySqlRefusal e) when (e.IsTableChanged || e.Code == MySqlRefusal.LockWaitTimeout)
        {
            return Stale($"{table.Listed.Title}: {e.Message}");
        }
        catch (Exception e) when (MySqlErrors.IsExplained(e))
        {
            GiveUp();
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
        Interlocked.CompareExchange(ref _changed, reason, null);
        return Stream.Null;
    }

    private Exception? Done(MySqlTable table, MySqlConnection connection, Exception? error)
    {
        if (error is not null)
        {
            GiveUp();
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
            if (_holder.Return(connection))
                _moment.ReleaseHolder();
            return;
        }

        // Lets go of the table's metadata: it may be altered again.
        connection.Execute("ROLLBACK TO SAVEPOINT snapstore");
        _workers.Return(connection);
    }

    private Exception Explain(Exception e, MySqlTable table) => _cancel.IsCancellationRequested
        ? new OperationCanceledException(_cancel)
        : MySqlErrors.Explain(e, _moment.CatalogConnection.Address, $"reading table {table.Listed.Title}");

    [GeneratedRegex(@" AUTO_INCREMENT=\d+")]
    private static partial Regex Counter();
}
