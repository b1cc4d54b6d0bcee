namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Chosen rows: compared by key, reported, applied as asked.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresRowRestoreTests(PostgresTestServer server)
{
    private const string Rows = "SELECT id, v, j::text, e, twice FROM t ORDER BY id";

    private readonly PostgresSnapshots _snapshots = new(server);
    private readonly List<string> _asked = [];

    [Fact]
    public void Missing_and_different_rows_come_back_and_extra_ones_stay()
    {
        SessionId? id = Begin("rows");
        string before = server.Run("rows", Rows);
        server.Run("rows", "DELETE FROM t WHERE id IN (3, 5, 40); UPDATE t SET j = '{\"a\":  1}' WHERE id = 7; UPDATE t SET v = NULL WHERE id = 50; INSERT INTO t OVERRIDING SYSTEM VALUE VALUES (1000, 'new', NULL, 'x')");
        string damaged = server.Run("rows", Rows);

        // Rows 40 and 50 are not chosen: they stay as they are.
        DatabaseRestoreReport report = Restore(id, "id < 20 OR id = 1000", RowChange.None);
        Assert.Equal(new RowDifferences(19, 2, 1, 1, 0, 0), report.Rows);
        DatabaseRestoreReport dry = Restore(id, "id < 20 OR id = 1000", RowChange.Upsert, dryRun: true);
        Assert.Equal(new RowDifferences(19, 2, 1, 1, 0, 0), dry.Rows);
        Assert.Empty(_asked);
        Assert.Equal(damaged, server.Run("rows", Rows));

        Assert.Equal(new RowDifferences(19, 2, 1, 1, 2, 0), Restore(id, "id < 20 OR id = 1000", RowChange.Insert).Rows);
        Assert.Equal(new RowDifferences(19, 0, 1, 1, 0, 1), Restore(id, "id < 20 OR id = 1000 -- all", RowChange.Upsert).Rows);
        Assert.Equal(2, _asked.Count);
        Assert.Equal(new RowDifferences(100, 1, 1, 1, 1, 1), Restore(id, "true", RowChange.Upsert).Rows);
        Assert.Equal(before, server.Run("rows", "DELETE FROM t WHERE id = 1000; " + Rows));
    }

    [Fact]
    public void A_condition_may_hold_a_query_and_names_of_the_user()
    {
        SessionId? id = Begin("queries");
        server.Run("queries", "CREATE FUNCTION is_small(int) RETURNS bool LANGUAGE sql AS 'SELECT $1 < 10'; CREATE TABLE chosen AS SELECT 4 AS id; DELETE FROM t WHERE id < 30");

        Assert.Equal(new RowDifferences(1, 1, 0, 0, 1, 0), Restore(id, "id IN (SELECT id FROM chosen)", RowChange.Insert, "queries").Rows);
        Assert.Equal(new RowDifferences(9, 8, 0, 0, 8, 0), Restore(id, "is_small(id)", RowChange.Insert, "queries").Rows);
    }

    [Fact]
    public void A_table_that_changed_takes_what_it_still_has()
    {
        SessionId? id = Begin("drift");
        server.Run("drift", "ALTER TABLE t DROP COLUMN e, ADD COLUMN added int DEFAULT 5; ALTER TABLE t ALTER v TYPE varchar(50); DELETE FROM t WHERE id = 9");

        DatabaseRestoreReport report = Restore(id, "e = 'x' OR id = 9", RowChange.Insert, "drift");

        Assert.Equal((100, 1), (report.Rows!.Chosen, report.Rows.Inserted));
        Assert.Contains("no longer has e", report.Notes[0], StringComparison.Ordinal);
        Assert.Contains("extra rows are not counted", report.Notes[1], StringComparison.Ordinal);
        Assert.Equal("9|row 9|5", server.Run("drift", "SELECT id, v, added FROM t WHERE id = 9"));
        server.Run("drift", "ALTER TABLE t ADD COLUMN needed int; UPDATE t SET needed = 1; ALTER TABLE t ALTER needed SET NOT NULL");
        Refused(id, "drift", "true", "column needed");
    }

    [Fact]
    public void A_partitioned_table_takes_rows_of_all_its_partitions()
    {
        server.MakeZoo("parts");
        SessionId? id = _snapshots.Take("parts").Id;
        string before = server.Run("parts", "SELECT * FROM sales ORDER BY id");
        server.Run("parts", "DELETE FROM sales WHERE id % 100 = 10; UPDATE sales SET amount = amount + 1 WHERE day = '2024-02-29'");

        // Without an only key that spans the partitions rows cannot be compared.
        DatabaseRestoreReport report = _snapshots.Restore(id, server.Url("parts"), new() { Table = "sales", Where = "true", Apply = RowChange.Upsert, Confirm = _ => true });

        Assert.Equal((1500, 75, 0), (report.Rows!.Chosen, report.Rows.Inserted, report.Rows.Extra));
        Assert.Equal(before, server.Run("parts", "SELECT * FROM sales ORDER BY id"));
    }

    [Theory]
    [InlineData("nonsense", "nonsense", true)]
    [InlineData("true); DROP TABLE t; --", "syntax error", true)]
    [InlineData("id = 1) OR (true", "error at or near", true)]
    [InlineData("1 / (id - 7) > 0", "division by zero", false)]
    public void A_condition_that_fails_changes_nothing(string condition, string told, bool isUsage)
    {
        string database = $"bad_{told.Replace(' ', '_')}";
        SessionId? id = Begin(database);
        server.Run(database, "DELETE FROM t WHERE id > 90");
        string before = server.Dump(database);

        Exception failed = Assert.ThrowsAny<Exception>(() => Restore(id, condition, RowChange.Upsert, database));

        Assert.Equal(isUsage ? typeof(UsageException) : typeof(SourceException), failed.GetType());
        Assert.Contains(told, failed.Message, StringComparison.Ordinal);
        Assert.Contains("nothing was changed", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Dump(database));
    }

    [Fact]
    public void Tables_without_a_key_and_tables_that_are_not_there_are_refused()
    {
        server.Make("keyless", "CREATE TABLE t (id int); INSERT INTO t VALUES (1)");
        SessionId? id = _snapshots.Take("keyless").Id;
        Refused(id, "keyless", "true", "no primary key");
        server.Run("keyless", "DROP TABLE t");
        Refused(id, "keyless", "true", "no table public.t");
        server.Run("keyless", "CREATE TABLE t ()");
        Refused(id, "keyless", "true", "no primary key");
    }

    private SessionId? Begin(string database)
    {
        server.Make(database, """
            CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v text, j json, e text DEFAULT 'x', twice int GENERATED ALWAYS AS (id * 2) STORED);
            INSERT INTO t (v, j) SELECT 'row ' || g, '{"a": 1}' FROM generate_series(1, 100) g
            """);
        return _snapshots.Take(database).Id;
    }

    private DatabaseRestoreReport Restore(SessionId? id, string where, RowChange apply, string database = "rows", bool dryRun = false) =>
        _snapshots.Restore(id, server.Url(database), new() { Table = "t", Where = where, Apply = apply, DryRun = dryRun, Confirm = Ask });

    private bool Ask(string question)
    {
        _asked.Add(question);
        return true;
    }

    private void Refused(SessionId? id, string database, string where, string told)
    {
        UsageException refused = Assert.Throws<UsageException>(() => Restore(id, where, RowChange.Upsert, database));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
    }
}
