using Snapstore.Backup;
using Snapstore.Databases.Postgres;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>What is wrong is said in words, no snapshot is made of less than was asked for, and targets stay as they were.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresRefusalTests(PostgresTestServer server)
{
    private readonly PostgresSnapshots _snapshots = new(server);

    [Fact]
    public void A_wrong_password_is_told_and_never_shown()
    {
        string url = server.Url("postgres", "locked");
        PostgresServer wrong = PostgresServer.Of(DatabaseUrl.Parse(url), name => name == "PGPASSWORD" ? "wr0ng-pw" : null);
        SourceException refused = Assert.Throws<SourceException>(() => PostgresSession.Connect(wrong, default).Dispose());
        Assert.Contains("password authentication failed", refused.Message, StringComparison.Ordinal);
        Assert.Contains("PGPASSFILE", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wr0ng-pw", refused.ToString() + wrong, StringComparison.Ordinal);

        PostgresServer none = PostgresServer.Of(DatabaseUrl.Parse(url), _ => null);
        Assert.Contains("PGPASSFILE", Assert.Throws<SourceException>(() => PostgresSession.Connect(none, default).Dispose()).Message, StringComparison.Ordinal);
        PostgresServer right = PostgresServer.Of(DatabaseUrl.Parse(url), name => name == DatabasePassword.Variable ? "s3cret-pw" : null);
        using PostgresSession session = PostgresSession.Connect(right, default);
        Assert.Equal("locked", session.One("SELECT current_user::text", "asking"));
    }

    [Fact]
    public void A_server_that_is_not_there_is_told()
    {
        SourceException refused = Assert.Throws<SourceException>(() => _snapshots.TakeUrl("postgres://postgres@127.0.0.1:9/x"));
        Assert.Contains("cannot be reached", refused.Message, StringComparison.Ordinal);
        Assert.Contains("no snapshot was made", refused.Message, StringComparison.Ordinal);
        SourceException unknown = Assert.Throws<SourceException>(() => _snapshots.Take("no such database"));
        Assert.Contains("\"no such database\" does not exist", unknown.Message, StringComparison.Ordinal);
        _snapshots.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void Rows_that_a_policy_hides_fail_the_snapshot()
    {
        server.Make("hidden", """
            CREATE TABLE t (id int, who text); INSERT INTO t VALUES (1, 'limited'), (2, 'x'), (3, 'y');
            ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (who = current_user); GRANT SELECT ON t TO limited
            """);
        SourceException failed = Assert.Throws<SourceException>(() => _snapshots.Take("hidden", user: "limited"));
        Assert.Contains("row-level security", failed.Message, StringComparison.Ordinal);
        Assert.Contains("BYPASSRLS", failed.Message, StringComparison.Ordinal);
        _snapshots.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void A_table_that_may_not_be_read_fails_the_snapshot_unless_it_is_left_out()
    {
        server.Make("forbidden", "CREATE TABLE open (id int); CREATE TABLE closed (id int); GRANT SELECT ON open TO limited; INSERT INTO open VALUES (1)");
        SourceException failed = Assert.Throws<SourceException>(() => _snapshots.Take("forbidden", user: "limited"));
        Assert.Contains("permission denied for table closed", failed.Message, StringComparison.Ordinal);
        Assert.Contains("role limited must be allowed", failed.Message, StringComparison.Ordinal);
        _snapshots.Repository.AssertNoSnapshot();

        BackupReport report = _snapshots.Take("forbidden", new() { ExcludedTables = ["closed"], Workers = 1 }, user: "limited");
        Assert.Equal((1, 1), (report.Manifest.Database!.Tables, report.Manifest.Database.Rows));
    }

    [Theory]
    [InlineData("nosuch", null, "no table nosuch")]
    [InlineData(null, "nosuch", "no schema with a table in it nosuch")]
    public void A_selection_that_fits_nothing_is_refused(string? table, string? schema, string told)
    {
        DatabaseSelection selection = new() { Tables = table is null ? [] : [table], Schemas = schema is null ? [] : [schema] };
        UsageException refused = Assert.Throws<UsageException>(() => _snapshots.Take("postgres", selection));
        Assert.Contains(told, refused.Message, StringComparison.Ordinal);
        _snapshots.Repository.AssertNoSnapshot();
    }

    [Fact]
    public void A_target_that_is_not_empty_is_left_alone()
    {
        server.Make("source", "CREATE TABLE t AS SELECT 1 AS x");
        BackupReport snapshot = _snapshots.Take("source");
        server.Make("occupied", "CREATE TYPE mine AS ENUM ('a'); SELECT lo_create(5)");
        string before = server.Dump("occupied");

        UsageException refused = Assert.Throws<UsageException>(() => _snapshots.Restore(snapshot.Id, server.Url("occupied")));
        Assert.Contains("type: public.mine (1)", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--clean", refused.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => _snapshots.Restore(snapshot.Id, server.Url("occupied"), new() { Clean = true }));
        DatabaseRestoreReport plan = _snapshots.Restore(snapshot.Id, server.Url("occupied"), new() { Clean = true, DryRun = true });
        Assert.Contains("large object: 5", Assert.Single(plan.Notes), StringComparison.Ordinal);
        Assert.Equal(before, server.Dump("occupied"));
    }

    [Fact]
    public void What_cannot_be_removed_is_told_before_anything_is()
    {
        server.Make("simple", "CREATE TABLE t AS SELECT 1 AS x");
        BackupReport snapshot = _snapshots.Take("simple");
        server.Make("defaults", "CREATE TABLE u (id int); ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO limited");
        string before = server.Dump("defaults");

        UsageException refused = Assert.Throws<UsageException>(() => _snapshots.Restore(snapshot.Id, server.Url("defaults"), new() { Clean = true, Confirm = _ => true }));
        Assert.Contains("default privilege of role postgres", refused.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Dump("defaults"));
    }

    [Fact]
    public void Of_an_extension_only_the_rows_of_the_user_are_captured()
    {
        // What the script of an extension does by pg_extension_config_dump().
        server.Make("extended", """
            CREATE EXTENSION hstore; CREATE TABLE configured (id int, mine bool); CREATE TABLE inner_one (id int);
            INSERT INTO configured VALUES (1, false), (2, true), (3, true); ALTER EXTENSION hstore ADD TABLE configured; ALTER EXTENSION hstore ADD TABLE inner_one;
            UPDATE pg_extension SET extconfig = ARRAY['configured'::regclass], extcondition = ARRAY['WHERE mine'] WHERE extname = 'hstore'
            """);
        BackupReport snapshot = _snapshots.Take("extended");

        TableDescription table = Assert.Single(_snapshots.Describe(snapshot.Id).Tables);
        Assert.Equal(("configured", 2L), (table.Name, table.Rows));
        Assert.Equal("2\tt\n3\tt\n", _snapshots.Read(snapshot.Id, table.File!));
    }

    [Fact]
    public void Roles_that_are_missing_are_told_before_anything_is_touched()
    {
        server.Make("owned", "CREATE ROLE short_lived; CREATE TABLE t (id int); ALTER TABLE t OWNER TO short_lived; CREATE TABLE u AS SELECT 1 AS x; GRANT SELECT ON u TO short_lived; ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO short_lived");
        BackupReport snapshot = _snapshots.Take("owned");
        server.Run("owned", "REASSIGN OWNED BY short_lived TO postgres; DROP OWNED BY short_lived; DROP ROLE short_lived");

        UsageException refused = Assert.Throws<UsageException>(() => _snapshots.Restore(snapshot.Id, server.Url("owned_new"), new() { Create = true }));
        Assert.Contains("short_lived", refused.Message, StringComparison.Ordinal);
        Assert.Contains("globals.sql", refused.Message, StringComparison.Ordinal);
        Assert.Contains("CREATE ROLE short_lived", _snapshots.Read(snapshot.Id, "globals.sql"), StringComparison.Ordinal);
        Assert.Equal("0", server.Run("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'owned_new'"));

        DatabaseRestoreReport report = _snapshots.Restore(snapshot.Id, server.Url("owned_new") + "?owner=skip", new() { Create = true, Verify = true });
        Assert.Equal(2, report.Tables.Count);
        Assert.Equal("postgres", server.Run("owned_new", "SELECT tableowner FROM pg_tables WHERE tablename = 't'"));
    }

    [Fact]
    public void A_restore_that_fails_at_its_end_leaves_nothing()
    {
        server.Make("broken", "CREATE TABLE t (id int); INSERT INTO t VALUES (1), (1)");
        BackupReport snapshot = _snapshots.Take("broken");
        server.Make("occupied2", "CREATE TABLE kept AS SELECT 7 AS x");
        string before = server.Dump("occupied2");

        // The role may not make an event trigger, which comes after everything else.
        server.Run("broken", "CREATE FUNCTION f() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN END'; CREATE EVENT TRIGGER e ON ddl_command_end EXECUTE FUNCTION f()");
        snapshot = _snapshots.Take("broken");
        server.Run("postgres", "ALTER ROLE limited CREATEDB; ALTER DATABASE occupied2 OWNER TO limited");
        server.Run("occupied2", "ALTER TABLE kept OWNER TO limited; ALTER SCHEMA public OWNER TO limited");
        before = server.Dump("occupied2");

        SourceException failed = Assert.Throws<SourceException>(() => _snapshots.Restore(snapshot.Id, server.Url("occupied2", "limited") + "?owner=skip", new() { Clean = true, Confirm = _ => true }));
        Assert.Contains("event trigger", failed.Message, StringComparison.Ordinal);
        Assert.Contains("post-data.sql line", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, server.Dump("occupied2"));

        SourceException unmade = Assert.Throws<SourceException>(() => _snapshots.Restore(snapshot.Id, server.Url("made_by_limited", "limited") + "?owner=skip", new() { Create = true }));
        Assert.Contains("dropped again", unmade.Message, StringComparison.Ordinal);
        Assert.Equal("0", server.Run("postgres", "SELECT count(*) FROM pg_database WHERE datname = 'made_by_limited'"));
    }

    [Fact]
    public void A_snapshot_of_a_later_version_is_refused()
    {
        server.Make("later", "CREATE TABLE t AS SELECT 1 AS x");
        PostgresServer target = PostgresServer.Of(DatabaseUrl.Parse(server.Url("later")), _ => null);
        DatabaseDescription later = new() { Engine = "PostgreSQL", Version = "99.1" };
        PostgresRestore restore = new(target, new DatabaseRestoreRequest(), new CapturedDatabase(() => throw new InvalidOperationException(), later), default);

        UsageException refused = Assert.Throws<UsageException>(restore.Run);
        Assert.Contains("PostgreSQL 99", refused.Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(new PostgresRestore(target, new(), new CapturedDatabase(() => throw new InvalidOperationException(), later with { Engine = "SQLite" }), default).Run);
    }
}
