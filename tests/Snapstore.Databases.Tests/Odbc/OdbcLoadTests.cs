using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>Money moves between accounts of two tables while snapshots are taken; in each the sum is what it always was.</summary>
[Collection("Odbc")]
public sealed class OdbcLoadTests(OdbcServers servers)
{
    private const int Snapshots = 25, Accounts = 400, Sum = 2 * Accounts * 100;

    private readonly OdbcWorld _world = new();

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void The_sum_is_the_same_in_every_snapshot(string dbms)
    {
        OdbcDatabase from = servers.New(dbms);
        string rows = string.Join(',', Enumerable.Range(1, Accounts).Select(id => $"({id}, 100)"));
        from.Run((dbms == "SQLite" ? "PRAGMA journal_mode = wal; " : "") + $"CREATE TABLE left_side (id int PRIMARY KEY, balance int); CREATE TABLE right_side (id int PRIMARY KEY, balance int); INSERT INTO left_side VALUES {rows}; INSERT INTO right_side VALUES {rows}");
        HashSet<string> states = [];
        List<BackupReport> reports = [];
        using (Writers writers = new(dbms == "SQLite" ? 1 : 2, seed => from.Start(Transfers(dbms, seed))))
        {
            for (int i = 0; i < Snapshots; i++)
            {
                BackupReport report = _world.Take(from);
                Assert.Empty(report.Warnings);
                string left = RowsOf(report, dbms, "left_side"), right = RowsOf(report, dbms, "right_side");
                Assert.Equal(Sum, Total(left) + Total(right));
                states.Add(left);
                reports.Add(report);
            }

            writers.AssertBusy();
        }

        Assert.True(states.Count > Snapshots / 2, $"only {states.Count} states were seen: the writers did not write");
        Assert.All(reports, report => AssertRestores(report, dbms));
    }

    [Fact]
    public void Tables_rewritten_while_the_snapshot_begins_are_never_seen_empty()
    {
        OdbcDatabase from = servers.New("PostgreSQL");
        from.Run("CREATE TABLE a (id int PRIMARY KEY, v text); CREATE TABLE b (id int); INSERT INTO a SELECT i, i FROM generate_series(1, 200) i; INSERT INTO b SELECT * FROM generate_series(1, 300)");
        string storm = string.Concat(Enumerable.Repeat("""
            BEGIN; CREATE TABLE s AS SELECT * FROM b; TRUNCATE b; INSERT INTO b SELECT * FROM s; DROP TABLE s; COMMIT;
            ALTER TABLE a ADD c int DEFAULT random(); ALTER TABLE a DROP c; ALTER TABLE a RENAME TO a2; ALTER TABLE a2 RENAME TO a;
            SELECT pg_sleep(0.02);

            """, 3000));
        int taken = 0;
        using Writers writers = new(1, _ => from.Start(storm));
        for (int i = 0; i < 15; i++)
        {
            try
            {
                BackupReport report = _world.Take(from);
                foreach (TableDescription table in _world.Describe(report).Tables.Where(table => table.Name is "a" or "a2" or "b"))
                    Assert.Equal(table.Name == "b" ? 300 : 200, table.Rows);
                taken++;
            }
            catch (SourceException e)
            {
                Assert.DoesNotContain("internal", e.Message, StringComparison.OrdinalIgnoreCase);
            }
        }

        writers.AssertBusy();
        Assert.True(taken > 0, "no snapshot came through");
    }

    private static string Transfers(string dbms, int seed)
    {
        Random random = new(seed);
        StringBuilder script = new();
        for (int i = 0; i < 60_000; i++)
        {
            int amount = random.Next(50), from = random.Next(1, Accounts), to = random.Next(1, Accounts);
            script.Append(CultureInfo.InvariantCulture, $"BEGIN{(dbms == "SQLite" ? " IMMEDIATE" : "")}; UPDATE left_side SET balance = balance - {amount} WHERE id = {from}; UPDATE right_side SET balance = balance + {amount} WHERE id = {to}; COMMIT;\n");
        }

        return script.ToString();
    }

    private string RowsOf(BackupReport report, string dbms, string table) => _world.Read(report, dbms == "PostgreSQL" ? $"tables/public/{table}.ndjson" : $"tables/{table}.ndjson");

    private static long Total(string rows) => rows.Split('\n', StringSplitOptions.RemoveEmptyEntries).Sum(line =>
    {
        JsonElement balance = JsonDocument.Parse(line).RootElement.GetProperty("balance");
        return balance.ValueKind == JsonValueKind.Number ? balance.GetInt64() : long.Parse(balance.GetString()!, CultureInfo.InvariantCulture);
    });

    private void AssertRestores(BackupReport report, string dbms)
    {
        OdbcDatabase to = servers.New(dbms);
        _world.RestoreAll(report, to);
        Assert.Equal(Sum.ToString(CultureInfo.InvariantCulture), to.Query("SELECT (SELECT sum(balance) FROM left_side) + (SELECT sum(balance) FROM right_side)"));
    }

    /// <summary>Shells at work; the script goes in from a thread, for it is longer than a pipe.</summary>
    private sealed class Writers : IDisposable
    {
        private readonly List<Process> _processes = [];

        public Writers(int count, Func<int, Process> start)
        {
            for (int seed = 1; seed <= count; seed++)
                _processes.Add(start(seed));
        }

        public void AssertBusy() => Assert.All(_processes, process => Assert.False(process.HasExited, "a writer ended"));

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
