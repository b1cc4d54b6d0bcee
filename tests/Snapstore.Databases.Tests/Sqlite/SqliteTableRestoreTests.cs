using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>One table into a live database: everything else there stays as it is.</summary>
public sealed class SqliteTableRestoreTests : IDisposable
{
    private readonly SqliteWorld _world = new() { Engine = new() { Wait = TimeSpan.FromMilliseconds(500) } };
    private readonly string _path;
    private readonly BackupReport _snapshot;

    public SqliteTableRestoreTests()
    {
        _path = _world.Make("zoo.db", SqliteZoo.Script);
        _snapshot = _world.Take(_path);
    }

    [Theory]
    [InlineData("people")]
    [InlineData("pairs")]
    [InlineData("strict_types")]
    [InlineData("computed")]
    [InlineData("no key")]
    [InlineData("cycle_a")]
    [InlineData("empty")]
    [InlineData("numbers")]
    [InlineData("docs")]
    [InlineData("PEOPLE_BY_MAIL")]
    public void A_table_that_was_dropped_comes_back_with_its_indexes_and_triggers(string table)
    {
        string before = Sorted(SqliteWorld.Dump(_path));
        SqliteWorld.Sql(_path, $"PRAGMA foreign_keys = OFF; DROP TABLE \"{table}\"");
        DatabaseRestoreReport report = _world.Restore(_snapshot, _path, new() { Table = table, Verify = true });

        Assert.Empty(report.Problems);
        Assert.True(report.Tables.Single().IsVerified);
        Assert.Equal(Unanalyzed(before), Unanalyzed(Sorted(SqliteWorld.Dump(_path))));
        Assert.Equal("ok", SqliteWorld.Sql(_path, "PRAGMA integrity_check"));
    }

    [Theory]
    [InlineData("people", "people then")]
    [InlineData("pairs", "pairs\"2")]
    [InlineData("computed", "c")]
    public void Under_another_name_the_live_one_stays(string table, string name)
    {
        string before = SqliteWorld.Sql(_path, $"SELECT * FROM \"{table}\"");
        SqliteWorld.Sql(_path, $"PRAGMA foreign_keys = OFF; DELETE FROM \"{table}\"");
        DatabaseRestoreReport report = _world.Restore(_snapshot, _path, new() { Table = table, TableAs = name, Verify = true });

        Assert.Empty(report.Problems);
        Assert.Equal(before, SqliteWorld.Sql(_path, $"SELECT * FROM \"{name.Replace("\"", "\"\"")}\""));
        Assert.Equal("", SqliteWorld.Sql(_path, $"SELECT * FROM \"{table}\""));
        if (table == "people")
        {
            Assert.Contains(report.Notes, note => note.Contains("people_log", StringComparison.Ordinal));
            Assert.Equal("2", SqliteWorld.Sql(_path, "SELECT count(*) FROM pragma_index_list('people then')"));
        }
    }

    [Fact]
    public void A_table_that_is_there_is_replaced_only_after_a_yes()
    {
        SqliteWorld.Sql(_path, "UPDATE people SET name = 'nobody'; CREATE INDEX later ON people (boss)");
        string now = SqliteWorld.Dump(_path);
        string asked = "";
        Assert.Throws<UsageException>(() => _world.Restore(_snapshot, _path, new() { Table = "people" }, text => (asked = text) == ""));
        Assert.Contains("a table people with 4 rows", asked, StringComparison.Ordinal);
        Assert.Contains("index later", asked, StringComparison.Ordinal);
        Assert.Equal(now, SqliteWorld.Dump(_path));

        _world.Restore(_snapshot, _path, new() { Table = "people" });
        Assert.Equal("Ada", SqliteWorld.Sql(_path, "SELECT name FROM people WHERE id = 1"));
        // What AUTOINCREMENT counts from came back too: the number of the row that was deleted is not given again.
        Assert.Equal("6", SqliteWorld.Sql(_path, "INSERT INTO people (name) VALUES ('new') RETURNING id"));
    }

    [Fact]
    public void A_restore_that_fails_leaves_the_table_as_it_was()
    {
        SqliteWorld.Sql(_path, "DROP INDEX people_age; UPDATE people SET age = 1; CREATE INDEX people_age ON pairs (c)");
        string now = SqliteWorld.Dump(_path);
        string failed = Assert.Throws<SourceException>(() => _world.Restore(_snapshot, _path, new() { Table = "people" })).Message;
        Assert.Contains("people_age already exists", failed, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", failed, StringComparison.Ordinal);
        Assert.Equal(now, SqliteWorld.Dump(_path));
    }

    [Theory]
    [InlineData("search")]
    [InlineData("boxes")]
    public void Virtual_tables_whose_rows_are_all(string table)
    {
        string before = SqliteWorld.Sql(_path, $"SELECT rowid, * FROM {table}");
        SqliteWorld.Sql(_path, $"DELETE FROM {table}");
        _world.Restore(_snapshot, _path, new() { Table = table, Verify = true });
        Assert.Equal(before, SqliteWorld.Sql(_path, $"SELECT rowid, * FROM {table}"));
        Assert.Equal("two", SqliteWorld.Sql(_path, "SELECT title FROM search WHERE search MATCH 'lazy'") is var found && table == "search" ? found : "two");
    }

    [Fact]
    public void Virtual_tables_that_keep_their_rows_elsewhere_are_refused()
    {
        string path = _world.Make("fts.db", "CREATE VIRTUAL TABLE f USING fts5 (a, content = ''); INSERT INTO f (rowid, a) VALUES (1, 'x')");
        BackupReport snapshot = _world.Take(path);
        Assert.Contains("virtual table (fts5)", Assert.Throws<UsageException>(() => _world.Restore(snapshot, path, new() { Table = "f" })).Message, StringComparison.Ordinal);
        Assert.Contains("part of a virtual table", Assert.Throws<UsageException>(() => _world.Restore(snapshot, path, new() { Table = "f_data" })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_asked_wrongly_is_refused()
    {
        Assert.Contains("has no table nothing; it has: boxes, boxes_node", Refused(_path, new() { Table = "nothing" }), StringComparison.Ordinal);
        Assert.Contains("has a view adults", Refused(_path, new() { Table = "people", TableAs = "adults" }), StringComparison.Ordinal);
        Assert.Contains("does not exist; --create", Refused(_world["new.db"], new() { Table = "people" }), StringComparison.Ordinal);
        Assert.Contains("--table", Refused(_path, new() { Where = "1" }), StringComparison.Ordinal);
        Assert.Contains("SQLite's own", Refused(_path, new() { Table = "sqlite_sequence" }), StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => _world.Restore(_snapshot, _world["new.db"], new() { Table = "nothing", Create = true }));
        Assert.False(File.Exists(_world["new.db"]));
    }

    [Fact]
    public void Into_a_new_database()
    {
        _world.Restore(_snapshot, _world["new.db"], new() { Table = "pairs", Create = true });
        Assert.Equal("2", SqliteWorld.Sql(_world["new.db"], "SELECT count(*) FROM pairs"));
    }

    [Fact]
    public void Into_a_database_that_others_use_and_not_into_one_they_lock()
    {
        using (SqliteReader reader = new(_path, "BEGIN; SELECT 1"))
            _world.Restore(_snapshot, _path, new() { Table = "pairs" });
        using SqliteReader writer = new(_path, "BEGIN IMMEDIATE");
        string now = SqliteWorld.Dump(_path);
        Assert.Contains("locked by another program", Assert.Throws<SourceException>(() => _world.Restore(_snapshot, _path, new() { Table = "pairs" })).Message, StringComparison.Ordinal);
        Assert.Equal(now, SqliteWorld.Dump(_path));
    }

    [Fact]
    public void Another_encoding()
    {
        string path = _world.Make("utf16.db", "PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a); INSERT INTO t VALUES ('ü')");
        BackupReport snapshot = _world.Take(path);
        Assert.Contains("another encoding", Assert.Throws<UsageException>(() => _world.Restore(snapshot, _path, new() { Table = "t" })).Message, StringComparison.Ordinal);
        _world.Restore(snapshot, _world["new.db"], new() { Table = "t", Create = true });
        Assert.Equal("ü", SqliteWorld.Sql(_world["new.db"], "SELECT a FROM t"));
    }

    public void Dispose() => _world.Dispose();

    private string Refused(string target, DatabaseRestoreRequest request) => Assert.Throws<UsageException>(() => _world.Restore(_snapshot, target, request)).Message;

    // A table that comes back stands behind the others.
    private static string Sorted(string dump) => string.Join('\n', dump.Split('\n').Order(StringComparer.Ordinal));

    // What ANALYZE found belongs to no table.
    private static string Unanalyzed(string dump) => string.Join('\n', dump.Split('\n').Where(line => !line.Contains("sqlite_stat", StringComparison.Ordinal)));
}
