using System.Diagnostics;
using System.Globalization;
using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Every snapshot is of one moment, whatever is written and changed meanwhile.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresLoadTests(PostgresTestServer server)
{
    private const int Snapshots = 25, StormSnapshots = 8, Accounts = 400;
    private const long Start = 1000L * Accounts;

    private readonly PostgresSnapshots _snapshots = new(server);

    [Fact]
    public void Sums_hold_in_every_snapshot_while_money_moves()
    {
        server.Make("bank", $"""
            CREATE TABLE a (id int PRIMARY KEY, v bigint NOT NULL); INSERT INTO a SELECT g, 1000 FROM generate_series(1, {Accounts}) g;
            CREATE TABLE b (id int PRIMARY KEY, v bigint NOT NULL); INSERT INTO b SELECT g, 1000 FROM generate_series(1, {Accounts}) g;
            CREATE TABLE moved (id bigserial PRIMARY KEY, n int NOT NULL);
            CREATE PROCEDURE work() LANGUAGE plpgsql AS $$
            DECLARE n int; x int; y int;
            BEGIN
                LOOP
                    n := (random() * 100)::int - 40;
                    x := 1 + (random() * {Accounts - 1})::int;
                    y := 1 + (random() * {Accounts - 1})::int;
                    UPDATE a SET v = v - n WHERE id = x;
                    UPDATE b SET v = v + n WHERE id = y;
                    INSERT INTO moved (n) VALUES (n);
                    COMMIT;
                    PERFORM pg_sleep(0.002);
                END LOOP;
            END $$
            """);
        Process[] writers = [.. Enumerable.Range(0, 3).Select(_ => server.Begin("bank", "CALL work();\n"))];
        long movedBefore = 0;
        for (int i = 0; i < Snapshots; i++)
        {
            BackupReport report = _snapshots.Take("bank", new() { Workers = 1 + (i % 3) });
            long moved = SumOf(report.Id, "moved");
            Assert.Equal((Start - moved, Start + moved), (SumOf(report.Id, "a"), SumOf(report.Id, "b")));
            long count = report.Manifest.Database!.Rows - (2 * Accounts);
            Assert.True(count > movedBefore, "nothing was written meanwhile");
            movedBefore = count;
            AssertRestores(report, $"bank_{i}", moved, count);
        }

        Assert.All(writers, writer => Assert.False(writer.HasExited));
        End("bank", writers);
    }

    [Fact]
    public void Balances_of_pgbench_agree_in_every_restored_snapshot()
    {
        const string Sums = "SELECT (SELECT sum(abalance) FROM pgbench_accounts), (SELECT sum(tbalance) FROM pgbench_tellers), (SELECT sum(bbalance) FROM pgbench_branches), (SELECT coalesce(sum(delta), 0) FROM pgbench_history)";
        server.MakeBench("bench");
        using Process load = server.BeginBench("bench", 4);
        HashSet<string> states = [];
        for (int i = 0; i < Snapshots; i++)
        {
            BackupReport report = _snapshots.Take("bench");
            string restored = $"bench_{i}";
            _snapshots.Restore(report.Id, server.Url(restored), new() { Create = true });
            string[] sums = server.Run(restored, Sums).Split('|');
            Assert.Single(sums.Distinct());
            states.Add(sums[0]);
            server.Run("postgres", $"DROP DATABASE {restored}");
        }

        Assert.False(load.HasExited);
        Assert.True(states.Count > Snapshots / 2, $"only {states.Count} states were seen: nothing was written meanwhile");
        load.Kill();
        load.WaitForExit();
        server.Run("postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'bench'");
    }

    [Fact]
    public void Changes_of_form_lead_to_another_moment_or_an_error_and_never_to_fewer_rows()
    {
        const string Fill = "SELECT g AS id, g AS v FROM generate_series(1, 100) g";
        server.Make("storm", $"""
            CREATE TABLE emptied AS {Fill}; CREATE TABLE widened AS {Fill}; CREATE TABLE live AS {Fill}; CREATE TABLE staged AS {Fill};
            CREATE SCHEMA now; CREATE SCHEMA next; CREATE TABLE now.t AS {Fill}; CREATE TABLE next.t AS {Fill}; CREATE TABLE remade AS {Fill}
            """);
        string[] changes =
        [
            $"TRUNCATE emptied; INSERT INTO emptied {Fill}",
            "ALTER TABLE widened ADD COLUMN c float DEFAULT random(); ALTER TABLE widened DROP COLUMN c",
            "ALTER TABLE live RENAME TO other; ALTER TABLE staged RENAME TO live; ALTER TABLE other RENAME TO staged",
            "ALTER SCHEMA now RENAME TO other; ALTER SCHEMA next RENAME TO now; ALTER SCHEMA other RENAME TO next",
            $"DROP TABLE remade; CREATE TABLE remade AS {Fill}",
        ];
        Process[] writers = [.. changes.Select(change => server.Begin(
            "storm", $"DO $do$ BEGIN LOOP {change}; COMMIT; PERFORM pg_sleep(1 + random() * 3); END LOOP; END $do$;\n"))];
        int taken = 0;
        List<string> failures = [];
        for (int i = 0; i < StormSnapshots; i++)
        {
            try
            {
                BackupReport report = _snapshots.Take("storm");
                taken++;
                Assert.All(_snapshots.Describe(report.Id).Tables, table => Assert.Equal((table.Name, 100L), (table.Name, table.Rows)));
                Assert.Equal(7, report.Manifest.Database!.Tables);
            }
            catch (SourceException e)
            {
                failures.Add(e.Message);
            }
        }

        Assert.All(failures, failure => Assert.Contains("no snapshot was made", failure, StringComparison.Ordinal));
        Assert.True(taken >= StormSnapshots / 4, $"{taken} snapshots taken; {string.Join('\n', failures.Distinct())}");
        End("storm", writers);
    }

    [Theory]
    [InlineData("TRUNCATE t; INSERT INTO t SELECT g FROM generate_series(1, 60) g", false)]
    [InlineData("DROP TABLE t; CREATE TABLE t AS SELECT g FROM generate_series(1, 60) g", true)]
    [InlineData("CREATE TABLE swap AS SELECT g FROM generate_series(1, 60) g; ALTER TABLE t RENAME TO old; ALTER TABLE swap RENAME TO t; DROP TABLE old", true)]
    public async Task What_changes_before_the_locks_are_had_is_noticed(string change, bool needsAnother)
    {
        string database = $"race_{change.Length}";
        server.Make(database, "CREATE TABLE first (id int); CREATE TABLE t AS SELECT g FROM generate_series(1, 50) g");
        Databases.Postgres.PostgresServer target = Databases.Postgres.PostgresServer.Of(DatabaseUrl.Parse(server.Url(database)), _ => null);
        using Process blocker = server.Begin(database, "BEGIN; LOCK TABLE first IN ACCESS EXCLUSIVE MODE; SELECT 'locked';\n");
        Assert.Equal("locked", await blocker.StandardOutput.ReadLineAsync());

        // The first attempt has its list and waits for the lock on the first table; then the second changes.
        Task rewrite = Task.Run(() =>
        {
            while (server.Run(database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'snapstore'") == "0")
                Thread.Sleep(10);
            server.Run(database, $"BEGIN; {change}; COMMIT");
            blocker.StandardInput.WriteLine("COMMIT;");
            blocker.StandardInput.Close();
        });
        List<string> notes = [];
        using Databases.Postgres.PostgresMoment moment = Databases.Postgres.PostgresMoment.Take(target, new DatabaseSelection { Workers = 1 }, _ => { }, notes.Add, default);
        await rewrite;

        Assert.Equal(needsAnother, notes.Count == 1);
        Assert.Equal("60", moment.Main.One("SELECT count(*)::text FROM public.t", "counting"));
        Assert.Equal("60", moment.Readers.Take().One("SELECT count(*)::text FROM public.t", "counting"));
    }

    private void AssertRestores(BackupReport report, string database, long moved, long count)
    {
        _snapshots.Restore(report.Id, server.Url(database), new() { Create = true, Verify = true });
        Assert.Equal($"{Start - moved}|{Start + moved}|{count}", server.Run(database, "SELECT (SELECT sum(v) FROM a), (SELECT sum(v) FROM b), (SELECT count(*) FROM moved)"));
        server.Run("postgres", $"DROP DATABASE {database}");
    }

    private long SumOf(SessionId? id, string table) => _snapshots.Read(id, $"tables/public/{table}.copy")
        .Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(row => long.Parse(row.Split('\t')[1], CultureInfo.InvariantCulture));

    private void End(string database, Process[] writers)
    {
        foreach (Process writer in writers)
        {
            writer.Kill();
            writer.WaitForExit();
            writer.Dispose();
        }

        server.Run("postgres", $"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'");
    }
}
