using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>One table comes back into a live database; nothing else there changes.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresTableRestoreTests(PostgresTestServer server)
{
    private readonly PostgresSnapshots _snapshots = new(server);

    [Fact]
    public void A_table_that_was_dropped_comes_back_with_all_that_belongs_to_it()
    {
        server.MakeZoo("one");
        server.Run("one", "DROP VIEW app.happy; DROP MATERIALIZED VIEW app.counts; DROP PUBLICATION news; DROP RULE protect ON egg");
        string before = server.Dump("one");
        BackupReport snapshot = _snapshots.Take("one");

        foreach (string table in (string[])["app.moods", "public.Upper", "app.secrets", "we\"ird /schema.we\"ird /name; ", "public.sales", "app.sales_2024_n", "public.child", "public.no_columns", "public.by_uuid"])
        {
            string quoted = table switch
            {
                "public.Upper" => "public.\"Upper\"",
                ['w', ..] => "\"we\"\"ird /schema\".\"we\"\"ird /name; \"",
                _ => table,
            };
            server.Run("one", $"DROP TABLE {quoted}");
            DatabaseRestoreReport report = _snapshots.Restore(snapshot.Id, server.Url("one"), new() { Table = table, Verify = true });
            Assert.Empty(report.Problems);
            Assert.All(report.Tables, one => Assert.True(one.IsVerified, one.Table));
        }

        Assert.Equal(before, server.Dump("one"));
    }

    [Fact]
    public void What_is_there_does_not_give_way_to_what_is_not_as_recorded()
    {
        server.Make("kept", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 100)");
        BackupReport snapshot = _snapshots.Take("kept");
        server.Run("kept", "DELETE FROM t");
        string live = server.Dump("kept");

        foreach (DatabaseRestoreRequest request in (DatabaseRestoreRequest[])[new() { Table = "t" }, new() { Clean = true }])
        {
            string failed = Assert.Throws<SourceException>(() => _snapshots.Restore(snapshot.Id, server.Url("kept"), request with { Confirm = _ => true }, OtherRecords.OneRowMore)).Message;
            Assert.Contains("was left as it is", failed, StringComparison.Ordinal);
            Assert.Equal(live, server.Dump("kept"));
        }
    }

    [Fact]
    public void A_table_that_is_there_is_replaced_only_if_that_is_agreed()
    {
        server.Make("replaced", "CREATE TABLE t (id serial PRIMARY KEY, v text); INSERT INTO t (v) SELECT g FROM generate_series(1, 100) g; CREATE TABLE other AS SELECT 1 AS x");
        BackupReport snapshot = _snapshots.Take("replaced");
        string before = server.Dump("replaced");
        server.Run("replaced", "DELETE FROM t WHERE id > 50; UPDATE t SET v = 'changed'; ALTER TABLE t ADD COLUMN more int; INSERT INTO other VALUES (2)");
        string live = server.Dump("replaced");

        List<string> asked = [];
        UsageException refused = Assert.Throws<UsageException>(() => _snapshots.Restore(snapshot.Id, server.Url("replaced"), new() { Table = "t", Confirm = text => Ask(asked, text, false) }));
        Assert.Contains("nothing was changed", refused.Message, StringComparison.Ordinal);
        Assert.Contains("public.t", Assert.Single(asked), StringComparison.Ordinal);
        Assert.Equal(live, server.Dump("replaced"));
        DatabaseRestoreReport plan = _snapshots.Restore(snapshot.Id, server.Url("replaced"), new() { Table = "t", DryRun = true });
        Assert.Equal(100, Assert.Single(plan.Tables).Rows);
        Assert.Equal(live, server.Dump("replaced"));

        _snapshots.Restore(snapshot.Id, server.Url("replaced"), new() { Table = "t", Confirm = text => Ask(asked, text, true) });
        server.Run("replaced", "DELETE FROM other WHERE x = 2");
        Assert.Equal(before, server.Dump("replaced"));
        Assert.Equal(2, asked.Count);
    }

    [Fact]
    public void What_others_depend_on_is_not_replaced()
    {
        server.Make("depended", "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1); CREATE VIEW v AS SELECT * FROM t; CREATE TABLE r (t int REFERENCES t)");
        BackupReport snapshot = _snapshots.Take("depended");
        string before = server.Dump("depended");

        SourceException failed = Assert.Throws<SourceException>(() => _snapshots.Restore(snapshot.Id, server.Url("depended"), new() { Table = "t", Confirm = _ => true }));

        Assert.Contains("view public.v depends on table public.t", failed.Message, StringComparison.Ordinal);
        Assert.Contains("--as", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Dump("depended"));
    }

    [Fact]
    public void Under_another_name_it_stands_beside_the_live_one()
    {
        server.MakeZoo("beside");
        BackupReport snapshot = _snapshots.Take("beside");
        string before = server.Dump("beside");
        server.Run("beside", "CREATE SCHEMA old");

        (string Table, string As, string Live, string Copy)[] copies =
        [
            ("app.moods", "old.moods", "app.moods", "old.moods"),
            ("sales", "\"old\".\"sales.then\"", "public.sales", "old.\"sales.then\""),
            ("child", "old.child", "public.child", "old.child"),
            ("app.sales_2024_n", "old.part", "app.sales_2024_n", "old.part"),
            ("Upper", "old.\"Upper 2\"", "public.\"Upper\"", "old.\"Upper 2\""),
        ];
        foreach ((string table, string name, string live, string copy) in copies)
        {
            DatabaseRestoreReport report = _snapshots.Restore(snapshot.Id, server.Url("beside"), new() { Table = table, TableAs = name, Verify = true });
            Assert.Empty(report.Problems);
            Assert.True(Assert.Single(report.Tables).IsVerified, table);
            Assert.Equal("0", server.Run("beside", $"SELECT count(*) FROM (SELECT l::text FROM {live} l EXCEPT ALL SELECT c::text FROM {copy} c) d"));
            Assert.Equal(server.Run("beside", $"SELECT count(*) FROM {live}"), server.Run("beside", $"SELECT count(*) FROM {copy}"));
        }

        Assert.Equal("4|1", server.Run("beside", "SELECT count(*), count(*) FILTER (WHERE indisprimary) FROM pg_index WHERE indrelid = 'old.moods'::regclass"));
        Assert.Equal("3005", server.Run("beside", "INSERT INTO old.moods (small) VALUES (1) RETURNING id"));
        server.Run("beside", "DROP SCHEMA old CASCADE");
        Assert.Equal(before, server.Dump("beside"));
    }

    [Theory]
    [InlineData("nosuch", null, "no table nosuch")]
    [InlineData("t", "nowhere.t", "no schema nowhere")]
    [InlineData("t", "a.b.c", "no name of a table")]
    [InlineData("same", null, "more than one")]
    [InlineData("m", null, "materialized view")]
    public void Wrong_names_are_told(string table, string? name, string told)
    {
        string database = $"names_{Guid.NewGuid():n}";
        server.Make(database, "CREATE TABLE t (id int); CREATE SCHEMA s; CREATE TABLE same (id int); CREATE TABLE s.same (id int); CREATE MATERIALIZED VIEW m AS SELECT 1 AS x");
        BackupReport snapshot = _snapshots.Take(database);
        string before = server.Dump(database);

        UsageException wrong = Assert.Throws<UsageException>(() => _snapshots.Restore(snapshot.Id, server.Url(database), new() { Table = table, TableAs = name, Confirm = _ => true }));

        Assert.Contains(told, wrong.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Dump(database));
    }

    private static bool Ask(List<string> asked, string text, bool answer)
    {
        asked.Add(text);
        return answer;
    }
}
