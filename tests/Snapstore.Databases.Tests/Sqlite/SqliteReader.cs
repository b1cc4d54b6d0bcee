using System.Diagnostics;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Another program that has a database open and holds a read transaction or a lock, until it is disposed of.</summary>
internal sealed class SqliteReader : IDisposable
{
    private readonly Process _process;

    /// <summary>Opens a database in another process and runs these statements there.</summary>
    public SqliteReader(string path, string sql = "SELECT count(*) FROM sqlite_master")
    {
        _process = SqliteWorld.Python(
            """
            import sqlite3, sys
            c = sqlite3.connect(sys.argv[1], isolation_level=None)
            for s in sys.argv[2].split(';'):
                c.execute(s).fetchall()
            print('ready', flush=True)
            sys.stdin.read()
            """, path, sql);
        Assert.Equal("ready", _process.StandardOutput.ReadLine());
    }

    /// <summary>Kills it, as a crash would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(TimeSpan.FromSeconds(10)))
            _process.Kill();
        _process.Dispose();
    }
}
