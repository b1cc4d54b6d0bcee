using System.Text;
using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Every kind of object comes back as it was: the sqlite3 shell writes the same text of both.</summary>
public sealed class SqliteZooTests : IDisposable
{
    private readonly SqliteWorld _world = new();

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    [InlineData("truncate")]
    [InlineData("persist")]
    public void The_zoo_comes_back(string journal)
    {
        string path = _world.Make("zoo.db", $"PRAGMA journal_mode = {journal};\n{SqliteZoo.Script}");
        BackupReport report = _world.Take(path);
        string restored = _world.RestoreNew(report);

        Assert.Equal(SqliteWorld.Dump(path), SqliteWorld.Dump(restored));
        Assert.Equal("ok", SqliteWorld.Sql(restored, "PRAGMA integrity_check"));
        Assert.Equal("7|1234", SqliteWorld.Sql(restored, "SELECT * FROM pragma_user_version, pragma_application_id"));
        Assert.Empty(report.Warnings);
    }

    [Fact]
    public void The_description_names_tables_rows_columns_and_keys()
    {
        BackupReport report = _world.Take(_world.Make("zoo.db", SqliteZoo.Script));
        DatabaseDescription description = _world.Describe(report);

        Assert.Equal(("SQLite", "zoo.db", "one read transaction"), (description.Engine, description.Database, description.Consistency));
        TableDescription[] tables = [.. description.Tables];
        TableDescription pairs = tables.Single(table => table.Name == "pairs");
        Assert.Equal(["b", "a"], pairs.Key);
        Assert.Equal((2, "key"), (pairs.Rows, pairs.Order));
        Assert.Equal(["email"], tables.Single(table => table.Name == "people_by_mail").Key);
        Assert.Empty(tables.Single(table => table.Name == "no key").Key);
        Assert.Equal(["id", "net"], tables.Single(table => table.Name == "computed").Columns.Select(column => column.Name));
        Assert.Equal(0, tables.Single(table => table.Name == "empty").Rows);
        Assert.Contains(description.Objects, found => found is { Kind: "virtual table", Name: "search" });
        Assert.Contains(description.Objects, found => found is { Kind: "view", Name: "adults" });
        Assert.Contains(description.Objects, found => found is { Kind: "trigger" });
        Assert.Equal("zoo.db", description.Properties["file"]);
        Assert.Equal(report.Manifest.Database!.Rows, tables.Sum(table => table.Rows));
        Assert.Contains("CREATE VIEW adults", Encoding.UTF8.GetString(_world.Read(report, "schema.sql")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(512)]
    [InlineData(1024)]
    [InlineData(4096)]
    [InlineData(16384)]
    [InlineData(65536)]
    public void All_page_sizes_with_a_log_and_without(int pageSize)
    {
        foreach (string journal in (string[])["wal", "delete"])
        {
            string path = _world.Make($"{journal}.db", $"PRAGMA page_size = {pageSize}; PRAGMA journal_mode = {journal}; {SqliteZoo.Rows("t", 3000)}");
            using SqliteReader reader = new(path); // keeps the log from being checkpointed away
            SqliteWorld.Sql(path, "UPDATE t SET b = b || '!' WHERE a % 7 = 0; DELETE FROM t WHERE a BETWEEN 100 AND 900");
            BackupReport report = _world.Take(path);
            Assert.Equal(SqliteWorld.Dump(path), SqliteWorld.Dump(_world.RestoreNew(report)));
            Assert.Equal(pageSize.ToString(), _world.Describe(report).Properties["page_size"]);
        }
    }

    [Theory]
    [InlineData("UTF-8")]
    [InlineData("UTF-16le")]
    [InlineData("UTF-16be")]
    public void Encodings(string encoding)
    {
        string path = _world.Make("e.db", $"PRAGMA encoding = '{encoding}'; CREATE TABLE \"naïve 表\" (\"ключ\" TEXT PRIMARY KEY); INSERT INTO \"naïve 表\" VALUES ('🦊')");
        BackupReport report = _world.Take(path);
        Assert.Equal(SqliteWorld.Dump(path), SqliteWorld.Dump(_world.RestoreNew(report)));
        Assert.Equal("naïve 表", _world.Describe(report).Tables.Single().Name);
    }

    [Fact]
    public void An_empty_file_is_an_empty_database()
    {
        File.WriteAllBytes(_world["none.db"], []);
        BackupReport report = _world.Take(_world["none.db"]);
        Assert.Empty(_world.Describe(report).Tables);
        Assert.Equal("", SqliteWorld.Sql(_world.RestoreNew(report), "SELECT * FROM sqlite_master"));
    }

    [Fact]
    public void A_name_that_the_snapshot_needs_itself()
    {
        BackupReport report = _world.Take(_world.Make("database.json", SqliteZoo.Rows("t", 10)));
        Assert.Equal("10", SqliteWorld.Sql(_world.RestoreNew(report), "SELECT count(*) FROM t"));
    }

    [Fact]
    public void The_second_snapshot_stores_what_changed()
    {
        string path = _world.Make("shared.db", SqliteZoo.Rows("t", 60_000));
        BackupReport first = _world.Take(path);
        BackupReport same = _world.Take(path);
        SqliteWorld.Sql(path, "UPDATE t SET b = 'changed' WHERE a = 500");
        BackupReport changed = _world.Take(path);

        Assert.True(first.Manifest.Counts.DataBytesNew > 5_000_000);
        // The file; its description is small and the same too.
        Assert.Equal(0, same.Manifest.Counts.DataBytesNew);
        Assert.Equal(3, same.Manifest.Counts.FilesUnchanged);
        // The header's page and the row's page, each in a block.
        Assert.InRange(changed.Manifest.Counts.DataBytesNew, 1, 300_000);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Pages_around_the_lock_byte()
    {
        // The page at 1 GiB is never used.
        string path = _world.Make("big.db", "PRAGMA page_size = 65536; PRAGMA journal_mode = wal; CREATE TABLE t (a, b); INSERT INTO t VALUES (1, zeroblob(1000))");
        SqliteWorld.Sql(path, "INSERT INTO t VALUES (2, zeroblob(540000000)), (4, zeroblob(540000000))");
        using SqliteReader reader = new(path);
        SqliteWorld.Sql(path, "INSERT INTO t VALUES (3, 'behind')");
        BackupReport report = _world.Take(path);
        Assert.True(long.Parse(_world.Describe(report).Properties["bytes"]) > 1L << 30);
        string restored = _world.RestoreNew(report);
        Assert.Equal("1|1000\n2|540000000\n3|6\n4|540000000", SqliteWorld.Sql(restored, "SELECT a, length(b) FROM t ORDER BY a"));
    }

    public void Dispose() => _world.Dispose();
}
