using System.Globalization;
using Snapstore.Backup;
using Snapstore.Databases.MySql;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>Snapshots taken while others write hold one moment, or are not made.</summary>
[Collection(MariaDbCollection.Name)]
public sealed class MariaDbLoadTests(MariaDbServer server)
{
    private const int Accounts = 200, Sum = Accounts * 100;

    private readonly MariaDbRuns _runs = new();

    [Fact]
    public void Money_is_neither_made_nor_lost_under_transfers()
    {
        MakeBank("bank");
        using Workload writers = new(server, 2, (connection, random) => Transfer(connection, random, "bank"));
        for (int i = 0; i < 25; i++)
        {
            BackupReport taken = _runs.Take(server.Url("bank"));
            AssertBalanced(taken);
            _runs.Restore(taken, server.Url("bank_back"), new DatabaseRestoreRequest { Create = true, Clean = true, Confirm = _ => true });
            Assert.Equal($"{Sum}", server.Sql("bank_back", "SELECT (SELECT SUM(b) FROM a) + (SELECT SUM(b) FROM c)"));
            Assert.Equal($"{Sum}", server.Sql("bank_back", "SELECT SUM(b) FROM old"));
        }

        Assert.True(writers.Done > 25, $"only {writers.Done} transfers were made meanwhile");
    }

    [Fact]
    public void A_user_who_may_not_lock_the_server_gets_one_moment_too()
    {
        MakeBank("bank_plain");
        server.Sql("mysql", "CREATE OR REPLACE USER plain@127.0.0.1 IDENTIFIED BY 'pw'; GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON bank_plain.* TO plain@127.0.0.1");
        _runs.Variables["MYSQL_PWD"] = "pw";
        using Workload writers = new(server, 2, (connection, random) => Transfer(connection, random, "bank_plain"));
        for (int i = 0; i < 8; i++)
        {
            BackupReport taken = _runs.Take(server.TcpUrl("plain", "bank_plain"));
            AssertBalanced(taken);
            Assert.Contains("one connection", taken.Manifest.Database!.Consistency, StringComparison.Ordinal);
            Assert.Contains(taken.Manifest.Database.Position, pair => pair.Name == "binlog_position");
        }
    }

    // Each statement leaves either 300 rows or, after TRUNCATE, none: nothing else may be seen.
    [Fact]
    public void Tables_altered_swapped_and_truncated_meanwhile_are_never_wrong()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE storm; USE storm; CREATE TABLE swapped (id INT PRIMARY KEY) AS SELECT seq AS id FROM mysql.help_topic JOIN (SELECT 1 AS x) y ON FALSE"
            + " RIGHT JOIN (SELECT seq FROM seq_1_to_300) s ON TRUE; CREATE TABLE truncated LIKE swapped; INSERT INTO truncated SELECT * FROM swapped; CREATE TABLE still LIKE swapped; INSERT INTO still SELECT * FROM swapped");
        int made = 0, refused = 0;
        using (Workload storm = new(server, 1, (connection, random) => Storm(connection, random)))
        {
            for (int i = 0; i < 20; i++)
            {
                try
                {
                    BackupReport taken = _runs.Take(server.Url("storm"));
                    made++;
                    Dictionary<string, long> rows = _runs.Describe(taken).Tables.ToDictionary(table => table.Name, table => table.Rows);
                    Assert.Equal((300, 300), (rows["swapped"], rows["still"]));
                    Assert.True(rows["truncated"] is 0 or 300, $"{rows["truncated"]} rows");
                }
                catch (SourceException e)
                {
                    refused++;
                    Assert.Contains("tables were altered", e.Message, StringComparison.Ordinal);
                }
            }

            Assert.True(storm.Done > 4, $"only {storm.Done} statements");
        }

        Assert.True(made > 0, $"all {refused} snapshots were refused");
    }

    private void MakeBank(string name) => server.Sql("mysql", $"""
        CREATE OR REPLACE DATABASE {name}; USE {name};
        CREATE TABLE a (id INT PRIMARY KEY, b INT NOT NULL, filler CHAR(100) DEFAULT 'x'); CREATE TABLE c LIKE a; CREATE TABLE old (id INT PRIMARY KEY, b INT NOT NULL) ENGINE=MyISAM;
        INSERT INTO a (id, b) SELECT seq, 100 FROM seq_1_to_{Accounts / 2}; INSERT INTO c (id, b) SELECT seq, 100 FROM seq_1_to_{Accounts / 2}; INSERT INTO old SELECT seq, 100 FROM seq_1_to_{Accounts}
        """);

    private static void Transfer(MySqlConnection connection, Random random, string database)
    {
        int from = random.Next(1, (Accounts / 2) + 1), to = random.Next(1, (Accounts / 2) + 1), amount = random.Next(1, 50);
        connection.Execute("START TRANSACTION");
        connection.Execute($"UPDATE {database}.a SET b = b - {amount} WHERE id = {from}");
        connection.Execute($"UPDATE {database}.c SET b = b + {amount} WHERE id = {to}");
        connection.Execute("COMMIT");

        // Without transactions, one statement is all that can be counted on.
        connection.Execute($"UPDATE {database}.old SET b = b + IF(id = {from}, {amount}, IF(id = {to + (Accounts / 2)}, -{amount}, 0)) WHERE id IN ({from}, {to + (Accounts / 2)})");
    }

    private static void Storm(MySqlConnection connection, Random random)
    {
        string[] statements = random.Next(4) switch
        {
            0 => ["TRUNCATE TABLE storm.truncated", "INSERT INTO storm.truncated SELECT * FROM storm.still"],
            1 => ["CREATE TABLE storm.next LIKE storm.swapped", "INSERT INTO storm.next SELECT * FROM storm.still", "RENAME TABLE storm.swapped TO storm.gone, storm.next TO storm.swapped", "DROP TABLE storm.gone"],
            2 => ["ALTER TABLE storm.still ADD COLUMN more INT", "ALTER TABLE storm.still DROP COLUMN more"],
            _ => ["CREATE TABLE storm.short_lived (id INT)", "DROP TABLE storm.short_lived"],
        };
        foreach (string statement in statements)
            connection.Execute(statement);
        Thread.Sleep(random.Next(60));
    }

    private void AssertBalanced(BackupReport taken)
    {
        Assert.Equal(Sum, Balance(taken, "a") + Balance(taken, "c"));
        Assert.Equal(Sum, Balance(taken, "old"));
    }

    private long Balance(BackupReport taken, string table) => _runs.Read(taken, $"tables/{table}.tsv").Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Sum(line => long.Parse(line.Split('\t')[1], CultureInfo.InvariantCulture));
}
