using Snapstore.Cli.Tests;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>PostgreSQL through the program, as a DBA uses it.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresProgramTests(PostgresTestServer server)
{
    [Fact]
    public void A_day_of_a_database_administrator()
    {
        server.Make("shop", "CREATE TABLE orders (id serial PRIMARY KEY, total numeric); INSERT INTO orders (total) SELECT g FROM generate_series(1, 1000) g; CREATE TABLE log AS SELECT 1 AS x");
        using SnapstoreProgram program = SnapstoreProgram.WithRepository();
        program.Run("snapshot", server.Url("shop")).Expect(0);
        server.Run("shop", "DELETE FROM orders WHERE id % 10 = 0; UPDATE orders SET total = 0 WHERE id = 1");
        string[] chosen = ["restore", "latest", "--to", server.Url("shop"), "--table", "orders", "--where", "id <= 500"];
        Assert.Contains("nothing was changed", program.Run(chosen).Expect(0).Output, StringComparison.Ordinal);
        ProgramRun rows = program.Run("restore", "latest", "--to", server.Url("shop"), "--table", "orders", "--where", "id <= 500", "--apply", "upsert", "--yes", "--json").Expect(0);
        Assert.Equal((50, 1), (rows.Objects[^1].GetProperty("rows_inserted").GetInt32(), rows.Objects[^1].GetProperty("rows_updated").GetInt32()));
        program.Run("restore", "latest", "--to", server.Url("shop"), "--table", "orders", "--as", "orders_before").Expect(0);
        Assert.Equal("1000|950", server.Run("shop", "SELECT (SELECT count(*) FROM orders_before), (SELECT count(*) FROM orders)"));

        Assert.Contains("not empty", program.Run("restore", "latest", "--to", server.Url("shop")).Expect(2).Error, StringComparison.Ordinal);
        program.Run("restore", "latest", "--to", server.Url("shop_again"), "--create", "--verify").Expect(0);
        Assert.Equal("1000", server.Run("shop_again", "SELECT count(*) FROM orders"));
        Assert.Contains("2\t2\n", program.Run("cat", "latest:/tables/public/orders.copy").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains("no table nosuch", program.Run("restore", "latest", "--to", server.Url("shop"), "--table", "nosuch").Expect(2).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Passwords_come_from_the_environment_and_go_nowhere()
    {
        using SnapstoreProgram program = SnapstoreProgram.WithRepository();
        server.Make("private", "CREATE TABLE t AS SELECT 1 AS x; GRANT SELECT ON t TO locked");
        string url = server.Url("private", "locked");
        string passFile = Path.Combine(program.Folder, "pass");
        File.WriteAllText(passFile, $"127.0.0.1:{server.Port}:private:locked:s3cret-pw\n");
        File.SetUnixFileMode(passFile, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        string plainFile = program.Write("password", "s3cret-pw\n");

        List<ProgramRun> runs = [];
        foreach ((string variable, string value) in new[] { ("PGPASSWORD", "s3cret-pw"), ("PGPASSFILE", passFile), ("SNAPSTORE_DATABASE_PASSWORD", "s3cret-pw"), ("SNAPSTORE_DATABASE_PASSWORD_FILE", plainFile) })
        {
            runs.Add(program.With(variable, value).Run("snapshot", url, "--json", "-v").Expect(0));
            program.Without(variable);
        }

        runs.Add(program.Run("snapshot", url).Expect(1));
        runs.Add(program.With("PGPASSWORD", "wr0ng-pw").Run("snapshot", url, "--json").Expect(1));
        runs.Add(program.Run("snapshot", $"postgres://locked:s3cret-pw@127.0.0.1:{server.Port}/private").Expect(2));
        Assert.All(runs, run => Assert.DoesNotMatch("s3cret-pw|wr0ng-pw", run.Output + run.Error));
        Assert.DoesNotMatch("s3cret-pw|wr0ng-pw", program.Run("cat", "latest:/database.json").Expect(0).Output + program.Run("cat", "latest:/globals.sql").Output);
    }
}
