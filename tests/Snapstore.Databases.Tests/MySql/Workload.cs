using Snapstore.Databases.MySql;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>Threads that do the same again and again, each on a connection of its own, until they are told to stop.</summary>
internal sealed class Workload : IDisposable
{
    private readonly Thread[] _threads;
    private volatile bool _isOver;
    private long _done;
    private Exception? _failure;

    public Workload(MariaDbServer server, int threads, Action<MySqlConnection, Random> work)
    {
        _threads = [.. Enumerable.Range(0, threads).Select(i => new Thread(() => Run(server, i, work)))];
        Array.ForEach(_threads, thread => thread.Start());
    }

    /// <summary>How often it was done.</summary>
    public long Done => Volatile.Read(ref _done);

    public void Dispose()
    {
        _isOver = true;
        Array.ForEach(_threads, thread => thread.Join());
        Assert.Null(_failure);
    }

    private void Run(MariaDbServer server, int seed, Action<MySqlConnection, Random> work)
    {
        try
        {
            using MySqlConnection connection = MySqlConnection.Open(MySqlAddress.Find(server.Url(""), _ => null));
            Random random = new(seed);
            while (!_isOver)
            {
                work(connection, random);
                Interlocked.Increment(ref _done);
            }
        }
        catch (Exception e)
        {
            _failure = e;
        }
    }
}
