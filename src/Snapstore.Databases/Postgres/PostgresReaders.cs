using System.Collections.Concurrent;

namespace Snapstore.Databases.Postgres;

/// <summary>Connections that see one moment, for as many threads as read at once.</summary>
/// <remarks>Somebody who waits to change a table makes all who come later wait behind him, and he waits for us: connections
/// that already have their locks when he comes do not. So they connect before the moment and take their locks right after.</remarks>
internal sealed class PostgresReaders(PostgresServer server, CancellationToken cancel) : IDisposable
{
    private readonly ConcurrentBag<PostgresSession> _idle = [];
    private string _snapshot = "";

    /// <summary>Connects this many, which see nothing yet.</summary>
    public void Connect(int count)
    {
        for (int i = 0; i < count; i++)
            _idle.Add(PostgresSession.Connect(server, cancel));
    }

    /// <summary>All join a moment.</summary>
    /// <param name="snapshot">The exported snapshot.</param>
    /// <param name="locks">Statements that take the locks; none where that would be too many.</param>
    public void Join(string snapshot, IEnumerable<string> locks)
    {
        _snapshot = snapshot;
        foreach (PostgresSession session in _idle)
            Join(session, locks);
    }

    /// <summary>A connection that nobody uses; made where there is none, for no thread waits for another here.</summary>
    public PostgresSession Take()
    {
        if (_idle.TryTake(out PostgresSession? idle))
            return idle;
        PostgresSession session = PostgresSession.Connect(server, cancel);
        try
        {
            Join(session, []);
            return session;
        }
        catch
        {
            session.Dispose();
            throw;
        }
    }

    /// <summary>Takes back one that is in order.</summary>
    public void GiveBack(PostgresSession session) => _idle.Add(session);

    /// <inheritdoc/>
    public void Dispose()
    {
        while (_idle.TryTake(out PostgresSession? session))
            session.Dispose();
    }

    private void Join(PostgresSession session, IEnumerable<string> locks)
    {
        session.Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "beginning a transaction");
        session.Run($"SET TRANSACTION SNAPSHOT {Sql.Text(_snapshot)}", "joining the exported snapshot");
        foreach (string statement in locks)
            session.Run(statement, "locking the tables");
    }
}
