using System.Collections.Concurrent;

namespace Snapstore.Databases.Postgres;

/// <summary>Connections that see one moment, for as many threads as read at once.</summary>
/// <remarks>Never makes a thread wait for another: contents are stored in order, so whoever waited for a later one to end
/// would wait for ever.</remarks>
internal sealed class PostgresReaders(PostgresServer server, string snapshot, CancellationToken cancel) : IDisposable
{
    private readonly ConcurrentBag<PostgresSession> _idle = [];

    /// <summary>A connection that nobody uses; made where there is none.</summary>
    public PostgresSession Take() => _idle.TryTake(out PostgresSession? session) ? session : Join();

    /// <summary>A new connection.</summary>
    public PostgresSession Join()
    {
        PostgresSession session = PostgresSession.Connect(server, cancel);
        try
        {
            session.Run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY", "beginning a transaction");
            session.Run($"SET TRANSACTION SNAPSHOT {Sql.Text(snapshot)}", "joining the exported snapshot");
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
}
