using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>Values of every type come back to the last bit: dumps of both databases by the DBMS's own tool are the same.</summary>
[Collection("Odbc")]
public sealed class OdbcZooTests(OdbcServers servers)
{
    private readonly OdbcWorld _world = new();

    [Theory]
    [InlineData("PostgreSQL", "")]
    [InlineData("PostgreSQL", "?format=csv")]
    [InlineData("MariaDB", "")]
    [InlineData("MariaDB", "?format=csv")]
    [InlineData("SQLite", "")]
    public void The_zoo_comes_back(string dbms, string parameters)
    {
        OdbcDatabase from = servers.New(dbms), to = servers.New(dbms);
        from.Run(OdbcZoo.Script(dbms));

        BackupReport report = _world.Take(from, parameters);
        _world.RestoreAll(report, to, new DatabaseRestoreRequest { Verify = true });

        Assert.NotEqual("", from.DumpRows());
        Assert.Equal(from.DumpRows(), to.DumpRows());
        Assert.Empty(report.Warnings);
        // Taken again from what was restored: the same bytes.
        BackupReport again = _world.Take(to, parameters);
        foreach (TableDescription table in _world.Describe(report).Tables)
            Assert.Equal(table.Checksum, _world.Describe(again).Tables.Single(other => (other.Schema, other.Name) == (table.Schema, table.Name)).Checksum);
    }

    [Fact]
    public void SQLite_values_of_mixed_kinds_do_not_fit_csv()
    {
        OdbcDatabase from = servers.New("SQLite");
        from.Run("CREATE TABLE t (a TEXT); INSERT INTO t VALUES (x'00'), ('x')");

        SourceException refused = Assert.Throws<SourceException>(() => _world.Take(from, "?format=csv"));

        Assert.Contains("format=ndjson", refused.Message, StringComparison.Ordinal);
        _world.Repository.AssertNoSnapshot();
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void Long_values_come_in_pieces(string dbms)
    {
        OdbcDatabase from = servers.New(dbms), to = servers.New(dbms);
        string big = dbms == "SQLite" ? "hex(randomblob(1500000))" : "repeat('ä🐘b', 400000)";
        string bytes = dbms switch { "PostgreSQL" => "bytea", _ => "longblob" };
        from.Run($"CREATE TABLE t (id int PRIMARY KEY, a {(dbms == "MariaDB" ? "longtext" : "text")}, b {bytes})");
        foreach (int length in (int[])[8190, 8191, 8192, 8193, 16383, 16384, 16385])
            from.Run($"INSERT INTO t VALUES ({length}, '🐘{new string('x', length - 2)}', NULL), ({length + 100000}, '{new string('y', length - 1)}🐘z', NULL)");
        from.Run($"INSERT INTO t VALUES (1, {big}, {(dbms == "PostgreSQL" ? "decode(repeat('00ff', 700000), 'hex')" : dbms == "SQLite" ? "randomblob(1400000)" : "unhex(repeat('00ff', 700000))")})");

        _world.RestoreAll(_world.Take(from), to, new DatabaseRestoreRequest { Verify = true });

        Assert.Equal(from.DumpRows(), to.DumpRows());
    }

    [Fact]
    public void The_description_and_the_schema_say_what_a_table_is()
    {
        OdbcDatabase from = servers.New("PostgreSQL");
        from.Run("CREATE TABLE t (a int, b numeric(7,2) NOT NULL DEFAULT 1.5, c text, PRIMARY KEY (b, a)); CREATE UNIQUE INDEX u ON t (c); CREATE VIEW v AS SELECT 1; INSERT INTO t VALUES (1, 2, NULL), (2, 2, '')");

        BackupReport report = _world.Take(from);

        DatabaseDescription description = _world.Describe(report);
        TableDescription table = description.Tables.Single();
        Assert.Equal(("ODBC", 2L, "heap"), (description.Engine, table.Rows, table.Order));
        Assert.StartsWith("PostgreSQL", description.Version, StringComparison.Ordinal);
        Assert.Contains("REPEATABLE READ", description.Consistency, StringComparison.Ordinal);
        Assert.True(description.Position.ContainsKey("lsn"));
        Assert.Equal(["b", "a"], table.Key);
        Assert.Contains(description.Objects, found => found is { Kind: "view", Name: "v" });
        Assert.Equal("""
            {"a":"1","b":"2.00","c":null}
            {"a":"2","b":"2.00","c":""}

            """, _world.Read(report, "tables/public/t.ndjson"));
        Assert.Contains("\"numeric(7,2)\"", _world.Read(report, "tables/public/t.schema.json"), StringComparison.Ordinal);
        Assert.Equal("""
            "a","b","c"
            1,2.00,
            2,2.00,""

            """, _world.Read(_world.Take(from, "?format=csv"), "tables/public/t.csv"));
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void Many_rows_with_and_without_a_key(string dbms)
    {
        OdbcDatabase from = servers.New(dbms), to = servers.New(dbms);
        string rows = "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)";
        from.Run("CREATE TABLE keyed (a int, b varchar(20), v text, PRIMARY KEY (b, a)); CREATE TABLE bare (a int, v text)");
        from.Run(dbms == "MariaDB"
            ? $"SET max_recursive_iterations = 100000; INSERT INTO keyed {rows} SELECT i, concat('k', i % 40), i * 7 FROM n; INSERT INTO bare SELECT a, v FROM keyed"
            : $"{rows} INSERT INTO keyed SELECT i, 'k' || i % 40, i * 7 FROM n; INSERT INTO bare SELECT a, v FROM keyed");

        BackupReport first = _world.Take(from);
        BackupReport second = _world.Take(from);
        DatabaseRestoreReport restored = _world.RestoreAll(first, to);

        Assert.Equal([50000, 50000], restored.Tables.Select(table => table.Rows));
        Assert.Equal(from.Query("SELECT sum(a), count(DISTINCT b), count(*) FROM keyed"), to.Query("SELECT sum(a), count(DISTINCT b), count(*) FROM keyed"));
        Assert.Equal(from.Query("SELECT sum(a), count(DISTINCT v), count(*) FROM bare"), to.Query("SELECT sum(a), count(DISTINCT v), count(*) FROM bare"));
        // All tables and schemas; the description too, unless it names a position that moved.
        Assert.True(second.Manifest.Counts.FilesUnchanged >= 4);
        Assert.True(second.Manifest.Counts.DataBytesNew < 10_000);
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void A_DBMS_that_is_not_known_is_read_and_written_by_what_ODBC_promises(string dbms)
    {
        OdbcDatabase from = servers.New(dbms), to = servers.New(dbms);
        string bytes = dbms switch { "PostgreSQL" => "bytea", _ => "blob" }, value = dbms == "PostgreSQL" ? "'\\x00ff0a'" : "x'00ff0a'";
        from.Run($"CREATE TABLE kinds (id int PRIMARY KEY, b bigint, n decimal(12,3), f double precision, v varchar(30), c char(4), t text, y {bytes}, d date, ts timestamp{(dbms == "MariaDB" ? " NULL" : "")})");
        from.Run($"INSERT INTO kinds VALUES (1, 9223372036854775807, 123456.789, 0.5, 'ä🐘', 'abcd', 'x''y', {value}, '2024-02-29', '2024-02-29 23:59:58'), (2, -1, -0.001, 1e100, '', 'ab', '', NULL, NULL, NULL), (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL); CREATE TABLE a_b (a int, b int, PRIMARY KEY (b, a)); CREATE TABLE axb (a int); INSERT INTO a_b VALUES (2, 1), (1, 2)");

        if (dbms == "SQLite")
            to.Run("PRAGMA user_version = 1"); // an unknown DBMS has no files to be made

        BackupReport report = _world.Take(from, "?dialect=generic");
        DatabaseRestoreReport restored = _world.RestoreAll(report, to, new DatabaseRestoreRequest { Verify = true }, "?dialect=generic");

        Assert.Equal(from.DumpRows().Split('\n').Order(StringComparer.Ordinal), to.DumpRows().Split('\n').Order(StringComparer.Ordinal));
        // The drivers of MariaDB and SQLite number the columns of a key as they stand in the table.
        Assert.Equal(dbms == "PostgreSQL" ? ["b", "a"] : ["a", "b"], _world.Describe(report).Tables.Single(table => table.Name == "a_b").Key);
        Assert.Equal("key", _world.Describe(report).Tables.Single(table => table.Name == "a_b").Order);
        Assert.Equal(3, restored.Tables.Count);
    }
}
