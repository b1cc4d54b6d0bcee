using System.Diagnostics;
using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Money moves between accounts while snapshots are taken; in each of them the sum is what it always was.</summary>
public sealed class SqliteLoadTests : IDisposable
{
    private const int Snapshots = 25;

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

    private readonly SqliteWorld _world = new() { Engine = new() { Wait = TimeSpan.FromSeconds(60) } };

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Every_snapshot_holds_one_moment(string journal)
    {
        string path = Bank("bank.db", journal);
        List<BackupReport> reports = [];
        using (Writers writers = new(path, journal, 2))
        {
            for (int i = 0; i < Snapshots; i++)
                reports.Add(_world.Take(path));
            writers.AssertAlive();
        }

        foreach (BackupReport report in reports)
            AssertBalanced(report);
        // They did write meanwhile.
        Assert.True(reports.Select(report => _world.Describe(report).Properties["checksum"]).Distinct().Count() > Snapshots / 2);
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Writers_that_are_killed_leave_what_can_be_read(string journal)
    {
        string path = Bank("killed.db", journal);
        for (int i = 0; i < 4; i++)
        {
            using (Writers writers = new(path, journal, 2))
                Thread.Sleep(150 + (i * 37));
            AssertBalanced(_world.Take(path));
        }

        Assert.Equal("2000000", SqliteWorld.Sql(path, "SELECT sum(balance) FROM accounts"));
    }

    [Fact]
    public void A_transaction_that_was_cut_off_is_undone_first()
    {
        string path = Bank("hot.db", "delete");
        // A cache of one page writes to the file in the middle of the transaction.
        using (SqliteReader writer = new(path, "PRAGMA cache_size = 1; PRAGMA synchronous = OFF; BEGIN; UPDATE accounts SET balance = 0; UPDATE log SET what = 'y'"))
            writer.Kill();
        Assert.True(new FileInfo(path + "-journal").Length > 0);
        AssertBalanced(_world.Take(path));
    }

    [Fact]
    public void A_program_killed_in_the_middle_leaves_no_snapshot_and_no_lock()
    {
        string path = Bank("held.db", "wal");
        using SqliteReader reader = new(path);
        using Cli.Tests.SnapstoreProgram program = Cli.Tests.SnapstoreProgram.WithRepository();
        for (int i = 0; i < 3; i++)
        {
            using Process snapshot = program.Start(Cli.Tests.SnapstoreProgram.File, "snapshot", $"sqlite:{path}");
            Thread.Sleep(100 + (i * 100));
            snapshot.Kill();
            snapshot.WaitForExit();
            SqliteWorld.Sql(path, "BEGIN IMMEDIATE; UPDATE accounts SET balance = balance + 1 WHERE id = 1; UPDATE accounts SET balance = balance - 1 WHERE id = 2; COMMIT");
        }

        Assert.Equal("0|0|0", SqliteWorld.Sql(path, "PRAGMA wal_checkpoint(TRUNCATE)"));
        AssertBalanced(_world.Take(path));
    }

    [Fact]
    public void Writers_of_a_database_with_a_log_are_not_held_up()
    {
        string path = Bank("free.db", "wal");
        using SqliteReader other = new(path);
        using SlowSource source = new(path, _world);
        // In the middle of a snapshot: a commit goes through at once, and the snapshot does not see it.
        source.TakeWith(() => SqliteWorld.Sql(path, "PRAGMA busy_timeout = 0; UPDATE accounts SET balance = balance + 7 WHERE id = 5; INSERT INTO log (what) VALUES (hex(randomblob(300000)))"));
        AssertBalanced(source.Report!);
        Assert.Equal("2000007", SqliteWorld.Sql(path, "SELECT sum(balance) FROM accounts"));
    }

    public void Dispose() => _world.Dispose();

    private string Bank(string name, string journal) => _world.Make(name, $"""
        PRAGMA page_size = 1024; PRAGMA journal_mode = {journal};
        CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INT NOT NULL);
        CREATE TABLE log (id INTEGER PRIMARY KEY, what TEXT, seed INT);
        WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 1999) INSERT INTO accounts SELECT i, 1000 FROM n;
        INSERT INTO log (what) SELECT hex(randomblob(500)) FROM accounts;
        """);

    private void AssertBalanced(BackupReport report)
    {
        string restored = _world.RestoreNew(report);
        Assert.Equal("ok", SqliteWorld.Sql(restored, "PRAGMA integrity_check"));
        Assert.Equal("2000000", SqliteWorld.Sql(restored, "SELECT sum(balance) FROM accounts"));
        File.Delete(restored);
    }

    private sealed class Writers : IDisposable
    {
        private readonly List<Process> _processes = [];

        public Writers(string path, string journal, int count)
        {
            for (int seed = 1; seed <= count; seed++)
                _processes.Add(SqliteWorld.Python(Writer, path, $"{seed}", journal));
            foreach (Process process in _processes)
                Assert.Equal("ready", process.StandardOutput.ReadLine());
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
    }
}
