using Snapstore.Backup;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>What goes wrong is said in words, without the password, and leaves nothing behind.</summary>
[Collection(MariaDbCollection.Name)]
public sealed class MariaDbFailureTests(MariaDbServer server)
{
    private readonly MariaDbRuns _runs = new();

    [Fact]
    public void Refuses_in_words()
    {
        _runs.Variables[DatabasePassword.Variable] = "not-the-password";
        server.Sql("mysql", "CREATE OR REPLACE USER locked@127.0.0.1 IDENTIFIED BY 'right'; CREATE OR REPLACE DATABASE locked; CREATE TABLE locked.t (id INT PRIMARY KEY);"
            + " CREATE TABLE locked.u (id INT PRIMARY KEY)");
        AssertFails(server.TcpUrl("locked", "locked"), "locked", "password");
        AssertFails(DatabaseUrl.Parse("mysql://root@127.0.0.1:1/x"), "127.0.0.1:1");
        AssertFails(DatabaseUrl.Parse("mysql://root@%2Fnosuch%2Fsocket/x"), "/nosuch/socket");

        _runs.Variables[DatabasePassword.Variable] = "right";
        AssertFails(server.TcpUrl("locked", "locked"), "no database locked");
        server.Sql("mysql", "GRANT INSERT ON locked.* TO locked@127.0.0.1");
        AssertFails(server.TcpUrl("locked", "locked"), "lacks a privilege", "SELECT");
        Assert.Throws<UsageException>(() => _runs.Take(server.TcpUrl("locked", "locked", "?nosuch=1")));
    }

    [Fact]
    public void Says_what_the_user_may_not_see()
    {
        server.Sql("mysql", "CREATE OR REPLACE USER half@127.0.0.1; CREATE OR REPLACE DATABASE half; CREATE TABLE half.t (id INT PRIMARY KEY); CREATE VIEW half.v AS SELECT 1 AS x;"
            + " CREATE PROCEDURE half.p() SELECT 1; CREATE TRIGGER half.tr BEFORE INSERT ON half.t FOR EACH ROW SET @a = 1; GRANT SELECT ON half.* TO half@127.0.0.1");

        BackupReport taken = _runs.Take(server.TcpUrl("half", "half"));

        string warnings = string.Join('\n', _runs.Describe(taken).Warnings);
        Assert.Equal(_runs.Describe(taken).Warnings.Count, taken.Manifest.Warnings.Count);
        Assert.All(["SHOW VIEW", "TRIGGER", "EVENT", "routines"], word => Assert.Contains(word, warnings, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("REQUIRED", null, true)]
    [InlineData("VERIFY_CA", "its own", true)]
    [InlineData("VERIFY_IDENTITY", "its own", true)]
    [InlineData("VERIFY_CA", null, false)]
    [InlineData("VERIFY_IDENTITY", null, false)]
    public void Encrypts_and_looks_at_the_certificate(string mode, string? authority, bool isAccepted)
    {
        server.Sql("mysql", "CREATE OR REPLACE USER safe@127.0.0.1 IDENTIFIED BY 'pw' REQUIRE SSL; CREATE OR REPLACE DATABASE safe; GRANT ALL ON safe.* TO safe@127.0.0.1");
        _runs.Variables["MYSQL_PWD"] = "pw";
        string parameters = authority is null ? $"?ssl-mode={mode}" : $"?ssl-mode={mode}&ssl-ca={Uri.EscapeDataString(server.Certificate)}";
        if (isAccepted)
            Assert.NotNull(_runs.Take(server.TcpUrl("safe", "safe", parameters)).Id);
        else
            AssertFails(server.TcpUrl("safe", "safe", parameters), "encrypted");
        Assert.Throws<SourceException>(() => _runs.Take(server.TcpUrl("safe", "safe", "?ssl-mode=DISABLED")));
    }

    [Fact]
    public void Knows_ed25519_and_option_files()
    {
        using TemporaryFolder folder = new();
        server.Sql("mysql", "CREATE OR REPLACE USER modern@127.0.0.1 IDENTIFIED VIA ed25519 USING PASSWORD('pä ss#word'); CREATE OR REPLACE DATABASE modern; GRANT ALL ON modern.* TO modern@127.0.0.1");
        File.WriteAllText(folder["my.cnf"], "[mysqld]\npassword=wrong\n[client]\nuser = modern # the account\npassword = \"pä ss#word\"\n");

        Assert.NotNull(_runs.Take(DatabaseUrl.Parse($"mariadb://127.0.0.1:{server.Port}/modern?defaults-file={Uri.EscapeDataString(folder["my.cnf"])}")).Id);
    }

    [Fact]
    public void A_server_that_dies_leaves_no_snapshot_and_says_so()
    {
        using MariaDbServer dying = new();
        dying.Sql("mysql", "CREATE DATABASE d; CREATE TABLE d.big (id INT PRIMARY KEY, v CHAR(200)); INSERT INTO d.big SELECT seq, REPEAT(MD5(seq), 6) FROM seq_1_to_300000; CREATE TABLE d.small (id INT PRIMARY KEY)");
        BackupReport whole = _runs.Take(dying.Url("d"));
        MariaDbRuns others = new();
        using CancellationTokenSource stop = new();
        Assert.Throws<OperationCanceledException>(() => others.Take(dying.Url("d"), wrap: source => new InterruptedSource(source, "tables/big.tsv", stop.Cancel), cancel: stop.Token));
        others.AssertNoSnapshot();

        SourceException lost = Assert.Throws<SourceException>(() => others.Take(dying.Url("d"), wrap: source => new InterruptedSource(source, "tables/big.tsv", dying.Kill)));
        // Whichever connection notices first.
        Assert.Matches(@"reading table d\.|taking the snapshot at ", lost.Message);
        others.AssertNoSnapshot();

        SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(whole, dying.Url("d2"), new DatabaseRestoreRequest { Create = true }));
        Assert.Contains("is the server running", failed.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_restore_that_fails_midway_leaves_the_target_as_it_was()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE fails; USE fails; CREATE TABLE a (id INT PRIMARY KEY); INSERT INTO a SELECT seq FROM seq_1_to_100; CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1; CREATE VIEW v AS SELECT f() AS x");
        BackupReport taken = _runs.Take(server.Url("fails"));
        server.Sql("mysql", "CREATE OR REPLACE DATABASE fails_empty; CREATE OR REPLACE DATABASE fails_full; CREATE TABLE fails_full.keep (id INT); DROP DATABASE IF EXISTS fails_new");
        string databases = server.Sql("mysql", "SHOW DATABASES");

        // A user who may do all but make views: the last step fails.
        server.Sql("mysql", "CREATE OR REPLACE USER noviews@localhost; GRANT SELECT, INSERT, UPDATE, DELETE, CREATE, DROP, ALTER, INDEX, CREATE ROUTINE, ALTER ROUTINE, EXECUTE, TRIGGER, EVENT, SET USER, BINLOG ADMIN ON *.* TO noviews@localhost");
        DatabaseRestoreRequest request = new() { Create = true, Clean = true, Confirm = _ => true };
        foreach (string target in new[] { "fails_empty", "fails_full", "fails_new" })
        {
            DatabaseUrl url = server.Url(target) with { User = "noviews" };
            SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, url, request));
            Assert.Contains("view", failed.Message, StringComparison.OrdinalIgnoreCase);
        }

        Assert.Equal(databases, server.Sql("mysql", "SHOW DATABASES"));
        Assert.Equal("", server.Sql("fails_empty", "SHOW TABLES"));
        Assert.Equal("keep", server.Sql("fails_full", "SHOW TABLES"));
        Assert.Equal("", server.Sql("mysql", "SHOW FUNCTION STATUS WHERE Db = 'fails_empty'"));
    }

    [Fact]
    public void A_restore_that_may_make_nothing_says_why()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE unmade; CREATE TABLE unmade.t (id INT PRIMARY KEY); CREATE OR REPLACE USER looker@localhost; GRANT SELECT ON *.* TO looker@localhost; DROP DATABASE IF EXISTS unmade_new");
        BackupReport taken = _runs.Take(server.Url("unmade"));
        foreach (DatabaseRestoreRequest request in new DatabaseRestoreRequest[] { new() { Create = true }, new() { Table = "t", TableAs = "u" } })
        {
            DatabaseUrl url = server.Url(request.Create ? "unmade_new" : "unmade") with { User = "looker" };
            SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, url, request));
            Assert.Contains("lacks a privilege", failed.Message, StringComparison.Ordinal);
            Assert.DoesNotContain("removed", failed.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_cannot_be_removed_again_does_not_hide_what_failed()
    {
        server.Sql("mysql", "CREATE OR REPLACE DATABASE stuck; CREATE TABLE stuck.t (id INT PRIMARY KEY); CREATE VIEW stuck.v AS SELECT 1 AS x; CREATE OR REPLACE USER nodrop@localhost;"
            + " GRANT SELECT, INSERT, CREATE, ALTER ON *.* TO nodrop@localhost; DROP DATABASE IF EXISTS stuck_new");
        BackupReport taken = _runs.Take(server.Url("stuck"));

        SourceException failed = Assert.Throws<SourceException>(() => _runs.Restore(taken, server.Url("stuck_new") with { User = "nodrop" }, new DatabaseRestoreRequest { Create = true }));

        Assert.Contains("CREATE VIEW", failed.Message, StringComparison.Ordinal);
        Assert.Contains("could not be removed", failed.Message, StringComparison.Ordinal);
        server.Sql("mysql", "DROP DATABASE stuck_new");
    }

    private void AssertFails(DatabaseUrl url, params string[] said)
    {
        SourceException failed = Assert.Throws<SourceException>(() => _runs.Take(url));
        Assert.All(said, word => Assert.Contains(word, failed.Message, StringComparison.Ordinal));
        Assert.All(_runs.Variables.Values, secret => Assert.DoesNotContain(secret, failed.ToString(), StringComparison.Ordinal));
        _runs.AssertNoSnapshot();
    }
}
