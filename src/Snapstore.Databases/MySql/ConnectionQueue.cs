namespace Snapstore.Databases.MySql;

/// <summary>Hands out connections to threads in the order in which they got their tickets.</summary>
/// <remarks>Contents are stored in the order in which they were put: a later one that took the last connection would wait for an
/// earlier one that waits for a connection.</remarks>
internal sealed class ConnectionQueue(IEnumerable<MySqlConnection> connections)
{
    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(100);

    private readonly object _gate = new();
    private readonly Queue<MySqlConnection> _free = new(connections);
    private long _issued, _served, _returned;

    /// <summary>A place in the queue.</summary>
    public long Ticket()
    {
        lock (_gate)
            return _issued++;
    }

    /// <summary>Waits for a connection; null where the work was given up meanwhile.</summary>
    public MySqlConnection? Take(long ticket, Func<bool> isGivenUp)
    {
        lock (_gate)
        {
            while (_served != ticket || _free.Count == 0)
            {
                if (isGivenUp())
                    return null;
                Monitor.Wait(_gate, LookAgain);
            }

            _served++;
            Monitor.PulseAll(_gate);
            return _free.Dequeue();
        }
    }

    /// <summary>Gives a connection back; true where all tickets issued are served.</summary>
    public bool Return(MySqlConnection connection)
    {
        lock (_gate)
        {
            _free.Enqueue(connection);
            Monitor.PulseAll(_gate);
            return ++_returned == _issued;
        }
    }
}
