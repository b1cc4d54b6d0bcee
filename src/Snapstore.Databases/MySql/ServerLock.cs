using System.Globalization;

namespace Snapstore.Databases.MySql;

/// <summary>The lock that holds all commits back for the moment in which the connections begin their transactions.</summary>
internal sealed class ServerLock : IDisposable
{
    private const int Attempts = 4;

    private readonly MySqlConnection _connection;
    private readonly string _release;

    private ServerLock(MySqlConnection connection)
    {
        _connection = connection;
        bool hasStages = connection.IsMariaDb && connection.IsAtLeast(10, 5);
        Name = hasStages ? "BACKUP STAGE BLOCK_COMMIT" : "FLUSH TABLES WITH READ LOCK";
        _release = hasStages ? "BACKUP STAGE END" : "UNLOCK TABLES";
        if (hasStages)
            connection.Execute("BACKUP STAGE START");
        connection.Execute(Name);
    }

    /// <summary>The statement that took it.</summary>
    public string Name { get; }

    /// <summary>Takes the lock; null where the user may not.</summary>
    /// <remarks>While it waits behind a long statement, all that write wait behind it: so it waits shortly, gives way, and
    /// tries again.</remarks>
    /// <exception cref="SourceException">Somebody else holds it up; who.</exception>
    public static ServerLock? Take(MySqlAddress address, CancellationToken cancel)
    {
        for (int attempt = 1; ; attempt++)
        {
            cancel.ThrowIfCancellationRequested();
            MySqlConnection connection = MySqlConnection.Open(address);
            try
            {
                return new ServerLock(connection);
            }
            catch (MySqlRefusal e) when (e.IsAccessDenied)
            {
                connection.Dispose();
                return null;
            }
            catch (MySqlRefusal e) when (e.Code == MySqlRefusal.LockWaitTimeout)
            {
                connection.Dispose();
                if (attempt == Attempts)
                    throw new SourceException($"{address.Place}: {Attempts} times the lock for a consistent snapshot could not be had within {SessionSettings.LockWait} s{Blockers(address)}; no snapshot was made");
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        }
    }

    /// <summary>Lets go of it.</summary>
    /// <exception cref="IOException">The connection was lost, and the lock with it: who knows when.</exception>
    public void Release() => _connection.Execute(_release);

    /// <summary>Ends the connection, and the lock with it.</summary>
    public void Dispose() => _connection.Dispose();

    private static string Blockers(MySqlAddress address)
    {
        using MySqlConnection connection = MySqlConnection.Open(address);
        List<string?[]> rows = connection.QueryText("SELECT ID, USER, TIME, LEFT(INFO, 60) FROM information_schema.PROCESSLIST"
            + " WHERE COMMAND NOT IN ('Sleep', 'Daemon', 'Binlog Dump') AND ID<>CONNECTION_ID() AND INFO IS NOT NULL ORDER BY TIME DESC LIMIT 3");
        return rows.Count == 0
            ? ""
            : $"; at work there: {string.Join("; ", rows.Select(row => string.Create(CultureInfo.InvariantCulture, $"connection {row[0]} of {row[1]} for {row[2]} s: {row[3]}")))}";
    }
}
