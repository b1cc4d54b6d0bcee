using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>A database, a table or chosen rows come back into a live database; what is not meant stays as it is.</summary>
[Collection("Odbc")]
public sealed class OdbcRestoreTests(OdbcServers servers)
{
    private const string Script = """
        CREATE TABLE items (id int PRIMARY KEY, name varchar(20), price int);
        INSERT INTO items VALUES (1, 'ax', 10), (2, 'Bow', 20), (3, NULL, 30), (4, '', 40);
        CREATE TABLE other (id int PRIMARY KEY, v varchar(9)); INSERT INTO other VALUES (1, 'x');
        """;

    private const string All = "SELECT id, coalesce(name, 'NULL'), price FROM items ORDER BY id";

    private readonly OdbcWorld _world = new();
    private readonly List<string> _asked = [];

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void A_database_that_is_not_empty_is_left_alone(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        from.Run("UPDATE items SET price = 99");
        string before = from.DumpRows();

        UsageException refused = Assert.Throws<UsageException>(() => _world.Restore(report, from));
        Assert.Throws<UsageException>(() => _world.Restore(report, from, new DatabaseRestoreRequest { Clean = true }, Refuse));

        Assert.Contains("items", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--clean", refused.Message, StringComparison.Ordinal);
        Assert.Contains("items", _asked.Single(), StringComparison.Ordinal);
        Assert.Equal(before, from.DumpRows());
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void What_is_there_does_not_give_way_to_what_is_not_as_recorded(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        from.Run("UPDATE items SET price = 99");
        string before = from.DumpRows();

        foreach (DatabaseRestoreRequest request in (DatabaseRestoreRequest[])[new() { Clean = true }, new() { Table = "items" }])
        {
            string failed = Assert.Throws<SourceException>(() => _world.Restore(report, from, request, recorded: OtherRecords.OneRowMore)).Message;
            Assert.Contains("was left as it is", failed, StringComparison.Ordinal);
            Assert.Equal(before, from.DumpRows());
        }
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void Clean_replaces_tables_of_the_same_names_only(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from, selection: new DatabaseSelection { Tables = ["items"] });
        from.Run("UPDATE items SET price = 99; UPDATE other SET v = 'new'; CREATE TABLE third (a int)");

        DatabaseRestoreReport done = _world.RestoreAll(report, from, new DatabaseRestoreRequest { Clean = true });

        Assert.Equal("1|ax|10\n2|Bow|20\n3|NULL|30\n4||40", from.Query(All));
        Assert.Equal("new", from.Query("SELECT v FROM other"));
        Assert.Contains(done.Notes, note => note.Contains("2 tables that the snapshot does not have", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void One_table_under_its_own_name_or_another(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        from.Run("DELETE FROM items WHERE id > 2; UPDATE other SET v = 'new'");

        _world.RestoreAll(report, from, new DatabaseRestoreRequest { Table = "items", TableAs = "items_old", Verify = true });
        Assert.Equal("4", from.Query("SELECT count(*) FROM items_old"));
        Assert.Equal("2", from.Query("SELECT count(*) FROM items"));

        Assert.Throws<UsageException>(() => _world.Restore(report, from, new DatabaseRestoreRequest { Table = "items" }, Refuse));
        Assert.Contains("all 2 rows", _asked.Single(), StringComparison.Ordinal);
        Assert.Equal("2", from.Query("SELECT count(*) FROM items"));

        _world.RestoreAll(report, from, new DatabaseRestoreRequest { Table = "items", Verify = true });
        Assert.Equal("1|ax|10\n2|Bow|20\n3|NULL|30\n4||40", from.Query(All));
        Assert.Equal("new", from.Query("SELECT v FROM other"));
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void A_table_of_other_columns_is_made_anew(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        from.Run("DROP TABLE items; CREATE TABLE items (id int PRIMARY KEY, label varchar(3))");

        _world.RestoreAll(report, from, new DatabaseRestoreRequest { Table = "items", Verify = true });

        Assert.Equal("1|ax|10\n2|Bow|20\n3|NULL|30\n4||40", from.Query(All));
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void Chosen_rows_are_compared_and_put_back(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        // 1 is not chosen, 2 differs in case only, 3 differs (NULL and a value), 4 is missing, 5 and 6 are new.
        from.Run("UPDATE items SET price = 11 WHERE id = 1; UPDATE items SET name = 'bow' WHERE id = 2; UPDATE items SET name = 'x' WHERE id = 3; DELETE FROM items WHERE id = 4; INSERT INTO items VALUES (5, 'n', 50), (6, 'n', 5)");
        string changed = from.DumpRows();
        DatabaseRestoreRequest request = new() { Table = "items", Where = "price >= 20" };

        Assert.Equal(new RowDifferences(3, 1, 2, 1, 0, 0), _world.Restore(report, from, request).Rows);
        Assert.Equal(new RowDifferences(3, 1, 2, 1, 0, 0), _world.Restore(report, from, request with { Apply = RowChange.Upsert, DryRun = true }, Refuse).Rows);
        Assert.Empty(_asked);
        Assert.Throws<UsageException>(() => _world.Restore(report, from, request with { Apply = RowChange.Insert }, Refuse));
        Assert.Equal(changed, from.DumpRows());

        Assert.Equal(new RowDifferences(3, 1, 2, 1, 1, 0), _world.Restore(report, from, request with { Apply = RowChange.Insert }).Rows);
        Assert.Equal("1|ax|11\n2|bow|20\n3|x|30\n4||40\n5|n|50\n6|n|5", from.Query(All));

        Assert.Equal(new RowDifferences(3, 0, 2, 1, 0, 2), _world.Restore(report, from, request with { Apply = RowChange.Upsert }).Rows);
        Assert.Equal("1|ax|11\n2|Bow|20\n3|NULL|30\n4||40\n5|n|50\n6|n|5", from.Query(All));
        Assert.Equal(new RowDifferences(3, 0, 0, 1, 0, 0), _world.Restore(report, from, request with { Apply = RowChange.Upsert }, Refuse).Rows);
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void Rows_of_every_type_are_not_different_from_themselves(string dbms)
    {
        OdbcDatabase from = servers.New(dbms);
        from.Run(OdbcZoo.Script(dbms));
        BackupReport report = _world.Take(from);
        string before = from.DumpRows();

        Assert.Equal(0, _world.Restore(report, from, new DatabaseRestoreRequest { Table = "kinds", Apply = RowChange.Upsert }, Refuse).Rows!.Different);
        from.Run("DELETE FROM kinds WHERE id < 2");
        RowDifferences done = _world.Restore(report, from, new DatabaseRestoreRequest { Table = "kinds", Apply = RowChange.Upsert }).Rows!;

        Assert.Equal((0, 0), (done.Different, done.Extra));
        Assert.Equal(done.Missing, done.Inserted);
        Assert.Equal(Sorted(before), Sorted(from.DumpRows()));
    }

    [Theory]
    [InlineData("PostgreSQL")]
    [InlineData("MariaDB")]
    [InlineData("SQLite")]
    public void Wrong_requests_change_nothing(string dbms)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        from.Run("CREATE TABLE nokey (a int)");
        BackupReport withoutKey = _world.Take(from);
        string before = from.DumpRows();

        Assert.Contains("no table nothere", Assert.Throws<UsageException>(() => _world.Restore(report, from, new DatabaseRestoreRequest { Table = "nothere" })).Message, StringComparison.Ordinal);
        Assert.Contains("--where", Assert.Throws<UsageException>(() => _world.Restore(report, from, new DatabaseRestoreRequest { Table = "items", Where = "nocolumn = 1" })).Message, StringComparison.Ordinal);
        Assert.Contains("no key", Assert.Throws<UsageException>(() => _world.Restore(withoutKey, from, new DatabaseRestoreRequest { Table = "nokey", Apply = RowChange.Insert })).Message, StringComparison.Ordinal);
        Assert.Contains("no table gone", Assert.Throws<UsageException>(() => _world.Restore(report, from, new DatabaseRestoreRequest { Table = "items", TableAs = "gone", Apply = RowChange.Insert })).Message, StringComparison.Ordinal);
        Assert.Equal(before, from.DumpRows());
    }

    [Theory]
    [InlineData("PostgreSQL", "CREATE TABLE refers (id int REFERENCES items); INSERT INTO refers VALUES (3)")]
    [InlineData("PostgreSQL", "ALTER TABLE items ADD CONSTRAINT low CHECK (price < 35) NOT VALID")]
    [InlineData("MariaDB", "UPDATE items SET price = 1; ALTER TABLE items ADD CONSTRAINT low CHECK (price < 35)")]
    [InlineData("SQLite", "CREATE TRIGGER no BEFORE INSERT ON items WHEN new.id = 4 BEGIN SELECT raise(ABORT, 'no'); END")]
    public void A_restore_that_fails_in_the_middle_leaves_the_table_as_it_was(string dbms, string obstacle)
    {
        OdbcDatabase from = Make(dbms);
        BackupReport report = _world.Take(from);
        from.Run(obstacle);
        string before = from.DumpRows();

        SourceException failed = Assert.Throws<SourceException>(() => _world.Restore(report, from, new DatabaseRestoreRequest { Table = "items" }));

        Assert.Contains("the target is as it was", failed.Message, StringComparison.Ordinal);
        Assert.Equal(before, from.DumpRows());
    }

    [Theory]
    [InlineData("PostgreSQL", "SQLite")]
    [InlineData("PostgreSQL", "MariaDB")]
    [InlineData("MariaDB", "PostgreSQL")]
    [InlineData("MariaDB", "SQLite")]
    [InlineData("SQLite", "PostgreSQL")]
    [InlineData("SQLite", "MariaDB")]
    public void From_one_DBMS_into_another(string one, string other)
    {
        OdbcDatabase from = servers.New(one), to = servers.New(other);
        string bytes = one == "PostgreSQL" ? "bytea" : "blob", value = one == "PostgreSQL" ? "'\\x00ff'" : "x'00ff'", moment = one == "PostgreSQL" ? "timestamptz" : "timestamp NULL";
        from.Run($"CREATE TABLE a (id bigint, k varchar(30), n decimal(20,4), f double precision, t text, b {bytes}, d date, m {moment}, y boolean, PRIMARY KEY (k, id))");
        from.Run($"INSERT INTO a VALUES (9223372036854775807, 'ä', 12345678.5, 0.1, 'x''🐘', {value}, '2024-02-29', '2024-01-02 03:04:05', true), (-1, '', NULL, NULL, '', NULL, NULL, NULL, false)");

        _world.RestoreAll(_world.Take(from), to);

        const string Query = "SELECT id, k, CASE WHEN n + 0 = 12345678.5 THEN 1 ELSE 0 END, CASE WHEN f = 0.1 THEN 1 ELSE 0 END, coalesce(t, 'NULL'), coalesce(length(b), -1) FROM a ORDER BY id";
        Assert.Equal("-1||0|0||-1\n9223372036854775807|ä|1|1|x'🐘|2", from.Query(Query));
        Assert.Equal(from.Query(Query), to.Query(Query.Replace("n + 0", other == "PostgreSQL" && one == "SQLite" ? "n" : "n + 0", StringComparison.Ordinal)));
        if (other != "PostgreSQL")
            Assert.Equal("1", to.Query("SELECT sum(y) FROM a"));
        Assert.Equal("2024-02-29", to.Query("SELECT d FROM a WHERE d IS NOT NULL"));
        Assert.StartsWith("2024-01-02 03:04:05", to.Query("SELECT m FROM a WHERE m IS NOT NULL"), StringComparison.Ordinal);
    }

    private static string Sorted(string dump) => string.Join('\n', dump.Split('\n').Order(StringComparer.Ordinal));

    private OdbcDatabase Make(string dbms)
    {
        OdbcDatabase database = servers.New(dbms);
        database.Run(Script);
        return database;
    }

    private bool Refuse(string what)
    {
        _asked.Add(what);
        return false;
    }
}
