using System.Diagnostics;
using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Money moves between accounts while snapshots are taken; in each of them the sum is what it always was.</summary>
public sealed class SqliteLoadTests : IDisposable
{
    private const int Snapshots = 25;

    // Tables come, go and change their columns; the file shrinks and grows.
    private const string Storm = """
        import sqlite3, sys
        c = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
        c.execute('PRAGMA synchronous = OFF')
        print('ready', flush=True)
        n = 0
        while True:
            n += 1
            c.execute('BEGIN IMMEDIATE')
            c.execute('CREATE TABLE IF NOT EXISTS extra_%d (a INTEGER PRIMARY KEY, b)' % (n % 5))
            c.execute('INSERT INTO extra_%d (b) SELECT hex(randomblob(300)) FROM accounts LIMIT 300' % (n % 5))
            c.execute('COMMIT')
            c.execute('ALTER TABLE extra_%d ADD COLUMN c%d INT DEFAULT %d' % (n % 5, n, n))
            c.execute('CREATE INDEX i%d ON extra_%d (b)' % (n, n % 5))
            c.execute('DROP TABLE IF EXISTS extra_%d' % ((n + 2) % 5))
            if n % 4 == 0:
                c.execute('VACUUM')
        """;

    private readonly SqliteWorld _world = new() { Engine = new() { Wait = TimeSpan.FromSeconds(60) } };

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Every_snapshot_holds_one_moment(string journal)
    {
        string path = Bank("bank.db", journal);
        List<BackupReport> reports = [];
        using (SqliteWriters writers = new(path, journal, 2))
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
    [InlineData("truncate")]
    public void Definitions_that_change_all_the_time(string journal)
    {
        string path = Bank("storm.db", journal);
        List<BackupReport> reports = [];
        using (SqliteWriters writers = new(path, Storm))
        {
            for (int i = 0; i < 10; i++)
                reports.Add(_world.Take(path));
            writers.AssertAlive();
        }

        // Restoring compares the rows of every table that is described with those that came back.
        foreach (BackupReport report in reports)
            AssertBalanced(report);
        Assert.True(reports.Select(report => _world.Describe(report).Position["schema_version"]).Distinct().Count() > 3);
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Writers_that_are_killed_leave_what_can_be_read(string journal)
    {
        string path = Bank("killed.db", journal);
        for (int i = 0; i < 4; i++)
        {
            using (SqliteWriters writers = new(path, journal, 2))
                Thread.Sleep(150 + (i * 37));
            AssertBalanced(_world.Take(path));
        }

        Assert.Equal($"{SqliteBank.Sum}", SqliteWorld.Sql(path, "SELECT sum(balance) FROM accounts"));
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
        Assert.Equal($"{SqliteBank.Sum + 7}", SqliteWorld.Sql(path, "SELECT sum(balance) FROM accounts"));
    }

    public void Dispose() => _world.Dispose();

    private string Bank(string name, string journal) => _world.Make(name, SqliteBank.Script(journal));

    private void AssertBalanced(BackupReport report)
    {
        string restored = _world.RestoreNew(report);
        Assert.Equal("ok", SqliteWorld.Sql(restored, "PRAGMA integrity_check"));
        Assert.Equal($"{SqliteBank.Sum}", SqliteWorld.Sql(restored, "SELECT sum(balance) FROM accounts"));
        File.Delete(restored);
    }
}
