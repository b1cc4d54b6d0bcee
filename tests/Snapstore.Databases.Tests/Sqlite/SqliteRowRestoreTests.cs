using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Chosen rows into a live table: compared by key, reported, applied only after a yes.</summary>
public sealed class SqliteRowRestoreTests : IDisposable
{
    private readonly SqliteWorld _world = new();
    private readonly string _path;
    private readonly BackupReport _snapshot;

    public SqliteRowRestoreTests()
    {
        _path = _world.Make("rows.db", """
            CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT COLLATE NOCASE, n INT, twice INT AS (n * 2));
            INSERT INTO t (id, name, n) VALUES (1, 'one', 10), (2, 'two', 20), (3, 'three', 30), (4, NULL, 40), (5, 'five', 50);
            CREATE TABLE pairs (a INT, b TEXT, v, PRIMARY KEY (a, b)) WITHOUT ROWID;
            INSERT INTO pairs VALUES (1, 'x', 'v1'), (1, 'y', x'00'), (2, 'x', 1);
            CREATE TABLE bag (x);
            INSERT INTO bag VALUES (1);
            """);
        _snapshot = _world.Take(_path);
        // 1 is gone, 2 differs in case only, 3 differs, 4 is as it was, 5 is out of the question, 6 is new.
        SqliteWorld.Sql(_path, "DELETE FROM t WHERE id = 1; UPDATE t SET name = 'TWO' WHERE id = 2; UPDATE t SET n = NULL WHERE id = 3; UPDATE t SET n = 51 WHERE id = 5; INSERT INTO t VALUES (6, 'six', 5)");
    }

    [Fact]
    public void Differences_are_reported_and_nothing_is_changed()
    {
        string now = SqliteWorld.Dump(_path);
        foreach (DatabaseRestoreRequest request in (DatabaseRestoreRequest[])[new(), new() { Apply = RowChange.Upsert, DryRun = true }])
        {
            DatabaseRestoreReport report = _world.Restore(_snapshot, _path, request with { Table = "t", Where = "id <> 5" }, _ => throw new InvalidOperationException("asked"));
            Assert.Equal(new RowDifferences(Chosen: 4, Missing: 1, Different: 2, Extra: 1, Inserted: 0, Updated: 0), report.Rows);
        }

        Assert.Equal(now, SqliteWorld.Dump(_path));
    }

    [Fact]
    public void Insert_brings_back_what_is_missing_only()
    {
        DatabaseRestoreReport report = _world.Restore(_snapshot, _path, new() { Table = "t", Where = "id <> 5", Apply = RowChange.Insert });
        Assert.Equal(new RowDifferences(4, 1, 2, 1, Inserted: 1, Updated: 0), report.Rows);
        Assert.Equal("1|one|10|20\n2|TWO|20|40\n3|three||\n4||40|80\n5|five|51|102\n6|six|5|10", Rows());
    }

    [Fact]
    public void Upsert_makes_them_what_they_were()
    {
        DatabaseRestoreReport report = _world.Restore(_snapshot, _path, new() { Table = "t", Where = "twice <= 80", Apply = RowChange.Upsert });
        Assert.Equal(new RowDifferences(4, 1, 2, 1, Inserted: 1, Updated: 2), report.Rows);
        Assert.Empty(report.Problems);
        Assert.Equal("1|one|10|20\n2|two|20|40\n3|three|30|60\n4||40|80\n5|five|51|102\n6|six|5|10", Rows());
    }

    [Fact]
    public void All_rows_where_no_expression_chooses()
    {
        _world.Restore(_snapshot, _path, new() { Table = "t", Apply = RowChange.Upsert });
        Assert.Equal("5|five|50|100\n6|six|5|10", SqliteWorld.Sql(_path, "SELECT * FROM t WHERE id > 4"));
    }

    [Fact]
    public void Keys_of_several_columns_and_values_of_other_types()
    {
        SqliteWorld.Sql(_path, "UPDATE pairs SET v = '1' WHERE a = 2; DELETE FROM pairs WHERE b = 'y'");
        DatabaseRestoreReport report = _world.Restore(_snapshot, _path, new() { Table = "pairs", Apply = RowChange.Upsert });
        Assert.Equal(new RowDifferences(3, 1, 1, 0, 1, 1), report.Rows);
        Assert.Equal("1|x|'v1'\n1|y|X'00'\n2|x|1", SqliteWorld.Sql(_path, "SELECT a, b, quote(v) FROM pairs"));
    }

    [Fact]
    public void No_yes_no_change()
    {
        string now = SqliteWorld.Dump(_path), asked = "";
        Assert.Throws<UsageException>(() => _world.Restore(_snapshot, _path, new() { Table = "t", Apply = RowChange.Upsert }, text => (asked = text) == ""));
        Assert.Contains("1 rows are inserted, 3 rows become", asked, StringComparison.Ordinal);
        Assert.Equal(now, SqliteWorld.Dump(_path));
    }

    [Fact]
    public void What_the_live_table_refuses_undoes_all()
    {
        SqliteWorld.Sql(_path, "CREATE TRIGGER no BEFORE UPDATE ON t WHEN new.id = 3 BEGIN SELECT raise(ABORT, 'three is mine'); END");
        string now = SqliteWorld.Dump(_path);
        string failed = Assert.Throws<SourceException>(() => _world.Restore(_snapshot, _path, new() { Table = "t", Apply = RowChange.Upsert })).Message;
        Assert.Contains("three is mine; nothing was changed", failed, StringComparison.Ordinal);
        Assert.Equal(now, SqliteWorld.Dump(_path));
    }

    [Fact]
    public void A_trigger_that_writes_something_else_is_noticed()
    {
        SqliteWorld.Sql(_path, "CREATE TRIGGER t_up AFTER UPDATE ON t WHEN new.id = 3 BEGIN UPDATE t SET n = 0 WHERE id = 3; END");
        DatabaseRestoreReport report = _world.Restore(_snapshot, _path, new() { Table = "t", Apply = RowChange.Upsert });
        Assert.Contains("1 differ", report.Problems.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public void What_changes_between_question_and_answer_stops_it()
    {
        string failed = Assert.Throws<SourceException>(() => _world.Restore(_snapshot, _path, new() { Table = "t", Apply = RowChange.Upsert }, _ =>
        {
            SqliteWorld.Sql(_path, "DELETE FROM t WHERE id = 2");
            return true;
        })).Message;
        Assert.Contains("changed meanwhile", failed, StringComparison.Ordinal);
        Assert.Equal("51", SqliteWorld.Sql(_path, "SELECT n FROM t WHERE id = 5"));
    }

    [Theory]
    [InlineData("absent = 1", "no such column: absent")]
    [InlineData("1; DROP TABLE t", "there is more than one statement, or a bracket too many")]
    [InlineData("1) OR (1", "near \")\": syntax error")]
    [InlineData("", "incomplete input")]
    [InlineData("1 -- ", null)]
    public void Expressions(string expression, string? problem)
    {
        DatabaseRestoreRequest request = new() { Table = "t", Where = expression };
        if (problem is null)
            Assert.Equal(5, _world.Restore(_snapshot, _path, request).Rows!.Chosen);
        else
            Assert.Equal($"the expression cannot be used on table t: {problem}", Assert.Throws<UsageException>(() => _world.Restore(_snapshot, _path, request)).Message);
        Assert.Equal("5", SqliteWorld.Sql(_path, "SELECT count(*) FROM t"));
    }

    [Fact]
    public void Tables_that_rows_cannot_be_put_into()
    {
        Assert.Contains("no key", Refused(new() { Table = "bag", Where = "1" }), StringComparison.Ordinal);
        Assert.Contains("has no table gone", Refused(new() { Table = "t", TableAs = "gone", Where = "1" }), StringComparison.Ordinal);
        SqliteWorld.Sql(_path, "ALTER TABLE t RENAME COLUMN name TO label");
        Assert.Contains("no longer has the columns name", Refused(new() { Table = "t", Where = "1" }), StringComparison.Ordinal);
    }

    public void Dispose() => _world.Dispose();

    private string Refused(DatabaseRestoreRequest request) => Assert.Throws<UsageException>(() => _world.Restore(_snapshot, _path, request)).Message;

    private string Rows() => SqliteWorld.Sql(_path, "SELECT * FROM t");
}
