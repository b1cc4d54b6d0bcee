using System.Diagnostics;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Accounts between which money moves, so that their sum stays.</summary>
internal static class SqliteBank
{
    /// <summary>What is in all accounts together.</summary>
    public const int Sum = 2_000_000;

    public static string Script(string journal) => $"""
        PRAGMA page_size = 1024; PRAGMA journal_mode = {journal};
        CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INT NOT NULL);
        CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, seed INT);
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) INSERT INTO accounts SELECT i, 1000 FROM n;
        INSERT INTO log (what) SELECT hex(randomblob(500)) FROM accounts;
        """;
}

/// <summary>Programs that move money until they are killed.</summary>
internal sealed class SqliteWriters : IDisposable
{
    // Two accounts of a random pair of tables in one transaction; the log grows, so that pages come and go. Now and then a
    // checkpoint that starts the write-ahead log over, or a commit that is taken back.
    private const string Writer = """
        import sqlite3, sys, random
        path, seed, journal = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        r = random.Random(seed)
        c = sqlite3.connect(path, timeout=60, isolation_level=None)
        c.execute('PRAGMA synchronous = OFF')
        c.execute('PRAGMA wal_autocheckpoint = %d' % r.choice([10, 100, 1000]))
        print('ready', flush=True)
        n = 0
        while True:
            n += 1
            c.execute('BEGIN IMMEDIATE')
            a, b, x = r.randrange(2000), r.randrange(2000), r.randrange(100)
            c.execute('UPDATE accounts SET balance = balance - ? WHERE id = ?', (x, a))
            c.execute('INSERT INTO log (what, seed) VALUES (?, ?)', ('x' * r.randrange(2000), seed))
            c.execute('UPDATE accounts SET balance = balance + ? WHERE id = ?', (x, b))
            if n % 7 == 0:
                c.execute('DELETE FROM log WHERE id IN (SELECT id FROM log ORDER BY random() LIMIT 8)')
            c.execute('ROLLBACK' if n % 13 == 0 else 'COMMIT')
            if journal == 'wal' and n % 40 == 0:
                try:
                    c.execute('PRAGMA wal_checkpoint(%s)' % r.choice(['RESTART', 'TRUNCATE', 'PASSIVE', 'FULL'])).fetchall()
                except sqlite3.OperationalError:
                    pass
        """;

    private readonly List<Process> _processes = [];

    /// <summary>Some that move money.</summary>
    public SqliteWriters(string path, string journal, int count)
    {
        for (int seed = 1; seed <= count; seed++)
            _processes.Add(SqliteWorld.Python(Writer, path, $"{seed}", journal));
        WaitUntilReady();
    }

    /// <summary>One that runs another script.</summary>
    public SqliteWriters(string path, string script)
    {
        _processes.Add(SqliteWorld.Python(script, path));
        WaitUntilReady();
    }

    public void AssertAlive() => Assert.All(_processes, process => Assert.False(process.HasExited));

    public void Dispose()
    {
        foreach (Process process in _processes)
        {
            process.Kill();
            process.WaitForExit();
            process.Dispose();
        }
    }

    private void WaitUntilReady()
    {
        foreach (Process process in _processes)
            Assert.Equal("ready", process.StandardOutput.ReadLine());
    }
}
