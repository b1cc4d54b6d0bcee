using Snapstore.Backup;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>Every kind of object comes back as it was: the server's own dumps before and after are the same bytes.</summary>
[Collection(MariaDbCollection.Name)]
public sealed class MariaDbZooTests(MariaDbServer server)
{
    private static readonly DatabaseRestoreRequest Create = new() { Create = true, Verify = true };

    private readonly MariaDbRuns _runs = new();

    private static string Zoo => Checkout.PathOf("tests", "Snapstore.Databases.Tests", "MySql", "zoo.sql");

    [Fact]
    public void A_database_comes_back_identical()
    {
        server.Load("zoo", Zoo);
        string before = server.Dump("zoo");
        BackupReport taken = _runs.Take(server.Url("zoo"));
        Assert.Empty(taken.Manifest.Warnings);
        server.Sql("mysql", "DROP DATABASE zoo");

        DatabaseRestoreReport restored = _runs.Restore(taken, server.Url("zoo"), Create);

        Assert.Empty(restored.Problems);
        Assert.All(restored.Tables, table => Assert.True(table.IsVerified, table.Table));
        Assert.Equal(before, server.Dump("zoo"));
    }

    [Fact]
    public void Replacing_a_database_is_asked_first_and_comes_out_identical()
    {
        server.Load("zoo_clean", Zoo);
        string before = server.Dump("zoo_clean");
        BackupReport taken = _runs.Take(server.Url("zoo_clean"));
        server.Sql("zoo_clean", "DROP TABLE texts; INSERT INTO hen VALUES (7, NULL); CREATE TABLE later (id INT)");
        string changed = server.Dump("zoo_clean");

        UsageException full = Assert.Throws<UsageException>(() => _runs.Restore(taken, server.Url("zoo_clean"), Create));
        Assert.Contains("--clean", full.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => _runs.Restore(taken, server.Url("zoo_clean"), Create with { Clean = true }));
        Assert.Equal(changed, server.Dump("zoo_clean"));

        string asked = "";
        DatabaseRestoreReport restored = _runs.Restore(taken, server.Url("zoo_clean"), Create with { Clean = true, Confirm = question => (asked = question).Length > 0 });
        Assert.Contains("zoo_clean", asked, StringComparison.Ordinal);
        Assert.Empty(restored.Problems);
        Assert.Equal(before, server.Dump("zoo_clean"));
        Assert.DoesNotContain("snapstore_", server.Sql("mysql", "SHOW DATABASES"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_second_snapshot_shares_and_knows_its_parent()
    {
        server.Load("zoo_twice", Zoo);
        BackupReport first = _runs.Take(server.Url("zoo_twice"));
        Assert.Equal(first.Manifest.Counts.Files, _runs.Take(server.Url("zoo_twice")).Manifest.Counts.FilesUnchanged);
        server.Sql("zoo_twice", "INSERT INTO hen VALUES (9, NULL)");
        BackupReport second = _runs.Take(server.Url("zoo_twice"));

        // hen.tsv; audit.tsv and its counter, by the trigger; the description with its new position.
        Assert.Equal((0, 4), (second.Manifest.Counts.FilesNew, second.Manifest.Counts.FilesChanged));
        Assert.Equal("MariaDB", second.Manifest.Database!.Engine);
        Assert.Contains(second.Manifest.Database.Position, pair => pair.Name == "binlog_position");
        Assert.Contains(second.Manifest.Database.Position, pair => pair.Name == "gtid");
    }

    [Fact]
    public void A_whole_server_comes_back_on_another_one()
    {
        using MariaDbServer first = new(), second = new();
        first.Load("zoo", Zoo);
        first.Sql("mysql", """
            CREATE DATABASE `a/b`; CREATE TABLE `a/b`.t (id INT PRIMARY KEY); INSERT INTO `a/b`.t VALUES (1);
            CREATE USER ann@localhost IDENTIFIED BY 'secret'; CREATE ROLE reader; GRANT SELECT ON zoo.* TO reader; GRANT reader TO ann@localhost;
            SET DEFAULT ROLE reader FOR ann@localhost; GRANT EXECUTE ON FUNCTION zoo.plus_one TO ann@localhost; GRANT SELECT (id) ON `a/b`.t TO ann@localhost
            """);
        BackupReport taken = _runs.Take(first.Url(""));
        DatabaseRestoreReport restored = _runs.Restore(taken, second.Url(""), new DatabaseRestoreRequest());

        Assert.Empty(restored.Problems);
        Assert.Equal(first.Dump("zoo"), second.Dump("zoo"));
        Assert.Equal(first.Dump("a/b"), second.Dump("a/b"));
        Assert.Equal(first.DumpUsers().Split('\n').Order(), second.DumpUsers().Split('\n').Order());
        Assert.Equal("1", _runs.Read(taken, "a%2Fb/tables/t.tsv").TrimEnd('\n'));

        DatabaseRestoreReport one = _runs.Restore(taken, second.Url("zoo"), Create with { Clean = true, Confirm = _ => true });
        Assert.Empty(one.Problems);
        Assert.Equal(first.Dump("zoo"), second.Dump("zoo"));
    }

    [Fact]
    public void A_value_of_more_than_one_frame_comes_back()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE big; CREATE TABLE big.b (id INT PRIMARY KEY, v LONGBLOB, t LONGTEXT);"
            + " INSERT INTO big.b VALUES (0, REPEAT('a', 1000000), NULL), (1, REPEAT(x'00010aff', 5000000), 'x'), (2, '', REPEAT('y\\n', 9000000)), (3, REPEAT('z', 16777211), NULL)");
        string before = server.Sql("big", "CHECKSUM TABLE b");
        BackupReport taken = _runs.Take(server.Url("big"));
        server.Sql("mysql", "DROP DATABASE big");
        DatabaseRestoreReport restored = _runs.Restore(taken, server.Url("big"), Create);

        Assert.Empty(restored.Problems);
        Assert.Equal(before, server.Sql("big", "CHECKSUM TABLE b"));

        string allowed = server.Sql("mysql", "SELECT @@GLOBAL.max_allowed_packet; SET GLOBAL max_allowed_packet = 16777216");
        SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, server.Url("big_again"), Create));
        SourceException alone = Assert.Throws<SourceException>(() => _runs.Restore(taken, server.Url("big"), new DatabaseRestoreRequest { Table = "b", TableAs = "c" }));
        string tables = server.Sql("big", "SHOW TABLES");
        server.Sql("mysql", $"SET GLOBAL max_allowed_packet = {allowed}; DROP DATABASE big");
        Assert.All([failed, alone], error => Assert.Contains("raise max_allowed_packet", error.Message, StringComparison.Ordinal));
        Assert.Equal("b", tables);
    }
}
