using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Databases of other encodings, parts of databases, standbys.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresEncodingTests(PostgresTestServer server)
{
    private const string Content = "CREATE TABLE \"größe\" (id int PRIMARY KEY, \"ä\" text); INSERT INTO \"größe\" VALUES (1, 'ßüé'), (2, E'a\\tb'); COMMENT ON TABLE \"größe\" IS 'über'";

    private readonly PostgresSnapshots _snapshots = new(server);

    [Theory]
    [InlineData("LATIN1")]
    [InlineData("EUC_JP")]
    [InlineData("SQL_ASCII")]
    public void Another_encoding_comes_back_to_the_byte(string encoding)
    {
        string database = $"enc_{encoding}";
        server.Make(database, "-E", encoding, "--locale=C");
        string content = encoding == "EUC_JP" ? "CREATE TABLE \"日本\" (v text); INSERT INTO \"日本\" VALUES ('語')" : Content;
        server.Run(database, content);
        if (encoding == "SQL_ASCII")
            server.Run(database, "INSERT INTO \"größe\" VALUES (3, E'no \\xff\\xfe UTF-8')");
        string before = server.Dump(database);
        BackupReport snapshot = _snapshots.Take(database);

        DatabaseRestoreReport report = _snapshots.Restore(snapshot.Id, server.Url(database + "_new"), new() { Create = true, Verify = true });

        Assert.Empty(report.Problems);
        Assert.Equal(before, server.Dump(database + "_new"));
        Assert.Equal(encoding, server.Run(database + "_new", "SHOW server_encoding"));
    }

    [Fact]
    public void A_standby_gives_all_but_what_it_does_not_have()
    {
        server.Make("followed", "CREATE TABLE t AS SELECT g FROM generate_series(1, 100) g; CREATE UNLOGGED TABLE u AS SELECT 1 AS x; CREATE SEQUENCE s; SELECT nextval('s')");
        server.WithStandby("followed", url =>
        {
            BackupReport snapshot = _snapshots.TakeUrl(url);
            DatabaseDescription description = _snapshots.Describe(snapshot.Id);
            Assert.Contains("unlogged table public.u", Assert.Single(description.Warnings), StringComparison.Ordinal);
            Assert.Matches("^[0-9A-F]+/[0-9A-F]+$", description.Position["lsn"]);
            Assert.Equal("true", description.Properties["standby"]);

            DatabaseRestoreReport report = _snapshots.Restore(snapshot.Id, server.Url("followed_new"), new() { Create = true, Verify = true });
            Assert.Equal(("public.t", 100), (Assert.Single(report.Tables).Table, report.Tables[0].Rows));
            Assert.Equal(description.Warnings, report.Notes);
        });
    }

    [Fact]
    public void Chosen_tables_and_schemas_come_back_alone()
    {
        server.MakeZoo("chosen");
        BackupReport tables = _snapshots.Take("chosen", new() { Tables = ["sales_2023", "public.Up*", "by_????"], ExcludedTables = ["by_uuid"], Workers = 2 });
        Assert.Equal(["public.Upper", "public.sales", "public.sales_2023"], _snapshots.Describe(tables.Id).Tables.Select(table => $"{table.Schema}.{table.Name}"));
        _snapshots.Restore(tables.Id, server.Url("chosen_tables"), new() { Create = true, Verify = true });
        Assert.Equal("500|t", server.Run("chosen_tables", "SELECT (SELECT count(*) FROM \"Upper\"), (SELECT count(*) > 300 FROM sales)"));
        Assert.Equal("501", server.Run("chosen_tables", "SELECT nextval('\"Upper_id_seq\"')"));

        BackupReport schemas = _snapshots.Take("chosen", new() { Schemas = ["we*"], Workers = 2 });
        Assert.Equal("we\"ird /schema", Assert.Single(_snapshots.Describe(schemas.Id).Tables).Schema);
        _snapshots.Restore(schemas.Id, server.Url("chosen_schemas"), new() { Create = true, Verify = true });
        server.Make("plain", "CREATE TABLE t AS SELECT 1 AS x; CREATE SCHEMA more; CREATE TABLE more.t AS SELECT 1 AS x");
        BackupReport ofPublic = _snapshots.Take("plain", new() { Schemas = ["public"], Workers = 1 });
        Assert.Single(_snapshots.Restore(ofPublic.Id, server.Url("plain_public"), new() { Create = true, Verify = true }).Tables);
        Assert.Equal("2", server.Run("chosen_schemas", "SELECT count(*) FROM \"we\"\"ird /schema\".\"we\"\"ird /name; \""));
    }
}
