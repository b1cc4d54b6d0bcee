using Snapstore.Backup;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>One table, or some of its rows, come back into a live database whose other tables stay as they are.</summary>
[Collection(MariaDbCollection.Name)]
public sealed class MariaDbTableTests(MariaDbServer server)
{
    private static readonly DatabaseRestoreRequest Orders = new() { Table = "orders", Verify = true };

    private readonly MariaDbRuns _runs = new();

    [Fact]
    public void A_table_comes_back_beside_itself()
    {
        BackupReport taken = Shop("shop_as");
        server.Sql("shop_as", "DELETE FROM orders WHERE id < 4");
        string others = server.Sql("shop_as", "CHECKSUM TABLE customers, orders, log");

        DatabaseRestoreReport restored = _runs.Restore(taken, server.Url("shop_as"), Orders with { TableAs = "orders of tuesday" });

        Assert.Empty(restored.Problems);
        Assert.Equal(new TableOutcome("shop_as.orders of tuesday", 5, 5, IsVerified: true), Assert.Single(restored.Tables));
        Assert.Equal("5\t15.50", server.Sql("shop_as", "SELECT COUNT(*), SUM(amount) FROM `orders of tuesday`"));
        Assert.Equal(others, server.Sql("shop_as", "CHECKSUM TABLE customers, orders, log"));
    }

    [Fact]
    public void Replacing_a_table_is_asked_first_and_gives_all_of_it_back()
    {
        BackupReport taken = Shop("shop_replace");
        string before = server.Dump("shop_replace");
        server.Sql("shop_replace", "SET foreign_key_checks=0; DELETE FROM orders WHERE id < 4; ALTER TABLE orders ADD COLUMN later INT; DROP TRIGGER logged; UPDATE customers SET name = 'changed' WHERE id = 1");
        string changed = server.Dump("shop_replace");

        Assert.Throws<UsageException>(() => _runs.Restore(taken, server.Url("shop_replace"), Orders));
        DatabaseRestoreReport dry = _runs.Restore(taken, server.Url("shop_replace"), Orders with { DryRun = true });
        Assert.Contains("replaced", Assert.Single(dry.Notes), StringComparison.Ordinal);
        Assert.Equal(changed, server.Dump("shop_replace"));

        Assert.Empty(_runs.Restore(taken, server.Url("shop_replace"), Orders with { Confirm = _ => true }).Problems);
        Assert.Equal("changed", server.Sql("shop_replace", "SELECT name FROM customers WHERE id = 1"));
        server.Sql("shop_replace", "UPDATE customers SET name = 'Ann' WHERE id = 1");
        Assert.Equal(before, server.Dump("shop_replace"));

        // Another table's foreign key leads to this one, and still does.
        Assert.Empty(_runs.Restore(taken, server.Url("shop_replace"), Orders with { Table = "customers", Confirm = _ => true }).Problems);
        Assert.Equal(before, server.Dump("shop_replace"));
        Assert.Throws<InvalidOperationException>(() => server.Sql("shop_replace", "INSERT INTO orders VALUES (99, 77, 1, NULL)"));
    }

    [Fact]
    public void What_is_there_does_not_give_way_to_what_is_not_as_recorded()
    {
        BackupReport taken = Shop("shop_kept");
        server.Sql("shop_kept", "SET foreign_key_checks=0; DELETE FROM orders");
        string changed = server.Dump("shop_kept"), databases = server.Sql("", "SHOW DATABASES");

        foreach (DatabaseRestoreRequest request in (DatabaseRestoreRequest[])[Orders, new() { Clean = true }])
        {
            string failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, server.Url("shop_kept"), request with { Confirm = _ => true }, recorded: OtherRecords.OneRowMore)).Message;
            Assert.Contains("was left as it is", failed, StringComparison.Ordinal);
            Assert.Equal(changed, server.Dump("shop_kept"));
            Assert.Equal(databases, server.Sql("", "SHOW DATABASES"));
        }
    }

    [Fact]
    public void Chosen_rows_are_compared_and_brought_back()
    {
        BackupReport taken = Shop("shop_rows");
        server.Sql("shop_rows", "DELETE FROM orders WHERE id IN (2, 5); UPDATE orders SET note = 'A' WHERE id = 1; UPDATE orders SET amount = 0 WHERE id = 4;"
            + " INSERT INTO orders VALUES (7, 1, 7, 'new'); DELETE FROM log");
        DatabaseRestoreRequest chosen = Orders with { Where = "customer = 1" };
        string changed = server.Dump("shop_rows");

        RowDifferences reported = _runs.Restore(taken, server.Url("shop_rows"), chosen with { Apply = RowChange.Upsert, DryRun = true }).Rows!;
        Assert.Equal(new RowDifferences(Chosen: 3, Missing: 2, Different: 1, Extra: 1, Inserted: 0, Updated: 0), reported);
        Assert.Throws<UsageException>(() => _runs.Restore(taken, server.Url("shop_rows"), chosen with { Apply = RowChange.Insert }));
        Assert.Equal(changed, server.Dump("shop_rows"));

        DatabaseRestoreReport inserted = _runs.Restore(taken, server.Url("shop_rows"), chosen with { Apply = RowChange.Insert, Confirm = _ => true });
        Assert.Equal((2, 0), (inserted.Rows!.Inserted, inserted.Rows.Updated));
        Assert.Equal("1,2,3,4,5,7", server.Sql("shop_rows", "SELECT GROUP_CONCAT(id ORDER BY id) FROM orders"));
        Assert.Equal("A", server.Sql("shop_rows", "SELECT note FROM orders WHERE id = 1"));

        DatabaseRestoreReport changedBack = _runs.Restore(taken, server.Url("shop_rows"), chosen with { Apply = RowChange.Upsert, Confirm = _ => true });
        Assert.Equal((0, 1), (changedBack.Rows!.Inserted, changedBack.Rows.Updated));
        Assert.Equal("a", server.Sql("shop_rows", "SELECT note FROM orders WHERE id = 1"));
        Assert.Equal("0.00", server.Sql("shop_rows", "SELECT amount FROM orders WHERE id = 4"));
    }

    [Fact]
    public void Rows_that_break_a_foreign_key_are_not_written_at_all()
    {
        BackupReport taken = Shop("shop_broken");
        server.Sql("shop_broken", "SET foreign_key_checks=0; DELETE FROM orders; DELETE FROM customers WHERE id = 2");

        SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, server.Url("shop_broken"), Orders with { Where = "1", Apply = RowChange.Insert, Confirm = _ => true }));

        Assert.Contains("as it was", failed.Message, StringComparison.Ordinal);
        Assert.Equal("0", server.Sql("shop_broken", "SELECT COUNT(*) FROM orders"));
    }

    [Fact]
    public void Dates_that_no_calendar_has_come_back_as_they_are()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE dates; USE dates; SET sql_mode='ALLOW_INVALID_DATES'; CREATE TABLE t (id INT PRIMARY KEY, d DATE, z DATETIME); INSERT INTO t VALUES (1, '2026-02-31', '0000-00-00'), (2, '2026-02-28', NULL)");
        string before = server.Sql("dates", "SELECT * FROM t");
        BackupReport taken = _runs.Take(server.Url("dates"));
        server.Sql("dates", "UPDATE t SET d = '2026-03-03'");
        DatabaseRestoreRequest rows = new() { Table = "t", Where = "1", Apply = RowChange.Upsert, Confirm = _ => true };

        Assert.Equal(2, _runs.Restore(taken, server.Url("dates"), rows).Rows!.Updated);
        Assert.Equal(before, server.Sql("dates", "SELECT * FROM t"));

        Assert.Empty(_runs.Restore(taken, server.Url("dates"), new DatabaseRestoreRequest { Clean = true, Confirm = _ => true }).Problems);
        Assert.Equal(before, server.Sql("dates", "SELECT * FROM t"));
    }

    [Fact]
    public void Rows_of_a_table_without_transactions_may_be_written_in_part_and_that_is_told()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE aria; CREATE TABLE aria.t (id INT PRIMARY KEY, v INT) ENGINE=Aria; INSERT INTO aria.t SELECT seq, seq FROM seq_1_to_9");
        BackupReport taken = _runs.Take(server.Url("aria"));
        server.Sql("aria", "DELETE FROM t; ALTER TABLE t ADD CHECK (id <> 5)");

        SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, server.Url("aria"), new() { Table = "t", Where = "1", Apply = RowChange.Insert, Confirm = _ => true }));

        Assert.DoesNotContain("as it was", failed.Message, StringComparison.Ordinal);
        Assert.Contains("no transactions", failed.Message, StringComparison.Ordinal);
        Assert.NotEqual("0", server.Sql("aria", "SELECT COUNT(*) FROM t"));
    }

    [Theory]
    [InlineData("nosuch", "1", "no table nosuch")]
    [InlineData("orders", "nosuch = 1", "nosuch")]
    [InlineData("orders", "id = 1) OR (1", "syntax")]
    [InlineData("log", "1", "no primary key")]
    public void Says_what_is_wrong_with_a_request(string table, string where, string said)
    {
        BackupReport taken = Shop("shop_wrong");

        UsageException refused = Assert.Throws<UsageException>(() => _runs.Restore(taken, server.Url("shop_wrong"), new DatabaseRestoreRequest { Table = table, Where = where }));

        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Chosen_tables_only_are_captured()
    {
        Shop("shop_chosen");
        BackupReport taken = _runs.Take(server.Url("shop_chosen"), new DatabaseSelection { Tables = ["c*", "shop_chosen.log"] });
        Assert.Equal(["customers", "log"], _runs.Describe(taken).Tables.Select(table => table.Name));
        BackupReport rest = _runs.Take(server.Url("shop_chosen"), new DatabaseSelection { ExcludedTables = ["c*"] });
        Assert.Equal(["log", "orders"], _runs.Describe(rest).Tables.Select(table => table.Name));
        SourceException failed = Assert.Throws<SourceException>(() => _runs.Take(server.Url("shop_chosen"), new DatabaseSelection { Tables = ["nosuch"] }));
        Assert.Contains("nosuch", failed.Message, StringComparison.Ordinal);
    }

    private BackupReport Shop(string name)
    {
        server.Sql("mysql", $"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4");
        server.Sql(name, """
            CREATE TABLE customers (id INT PRIMARY KEY, name VARCHAR(20));
            CREATE TABLE log (what VARCHAR(20));
            CREATE TABLE orders (id INT AUTO_INCREMENT PRIMARY KEY, customer INT, amount DECIMAL(10,2), note VARCHAR(20), twice DECIMAL(10,2) AS (amount * 2) VIRTUAL INVISIBLE,
              CONSTRAINT of_customer FOREIGN KEY (customer) REFERENCES customers (id));
            INSERT INTO customers VALUES (1, 'Ann'), (2, 'Bob');
            INSERT INTO orders VALUES (1, 1, 1.50, 'a'), (2, 1, 2, NULL), (3, 2, 3, ''), (4, 2, 4, 'x'), (5, 1, 5, 'last');
            CREATE TRIGGER logged AFTER INSERT ON orders FOR EACH ROW INSERT INTO log VALUES ('order')
            """);
        return _runs.Take(server.Url(name));
    }
}
