using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Every kind of object comes back as it was.</summary>
[Collection(PostgresCollection.Name)]
public sealed class PostgresZooTests(PostgresTestServer server)
{
    private readonly PostgresSnapshots _snapshots = new(server);

    [Fact]
    public void A_zoo_comes_back_to_the_byte()
    {
        server.MakeZoo("zoo");
        string before = server.Dump("zoo");
        BackupReport first = _snapshots.Take("zoo");

        // In a new database that the restore makes, and in place of what stands in one.
        server.MakeZoo("zoo_cleaned");
        server.Run("zoo_cleaned", "CREATE TABLE other (id int); DROP TABLE app.secrets; SELECT lo_create(9)");
        DatabaseRestoreReport made = _snapshots.Restore(first.Id, server.Url("zoo \"new\""), new() { Create = true, Verify = true });
        DatabaseRestoreReport cleaned = _snapshots.Restore(first.Id, server.Url("zoo_cleaned"), new() { Clean = true, Confirm = _ => true });

        Assert.Equal(before, server.Dump("zoo \"new\""));
        Assert.Equal(before, server.Dump("zoo_cleaned"));
        foreach (DatabaseRestoreReport report in (DatabaseRestoreReport[])[made, cleaned])
        {
            Assert.Empty(report.Problems);
            Assert.Equal(21, report.Tables.Count);
            Assert.All(report.Tables, table => Assert.True(table.IsVerified && table.Rows == table.RowsExpected, table.Table));
            Assert.Contains(("large object", 3), report.Objects);
        }

        Assert.Equal("5", server.Run("zoo \"new\"", "SELECT count(*) FROM no_columns"));
        Assert.Equal((3000001, 255), (long.Parse(server.Run("zoo \"new\"", "SELECT length(lo_get(70002))")), int.Parse(server.Run("zoo \"new\"", "SELECT get_byte(lo_get(70002, 3000000, 1), 0)"))));
        AssertSecondSharesAll();
    }

    private void AssertSecondSharesAll()
    {
        BackupReport second = _snapshots.Take("zoo");
        Assert.Equal(0, second.Manifest.Counts.FilesNew);

        // Only the description (position) and the archive's date may differ.
        Assert.InRange(second.Manifest.Counts.FilesChanged, 1, 2);
        Assert.InRange(second.Manifest.Counts.DataBytesNew, 1, 100_000);
    }
}
