using Snapstore.Backup;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>A whole database into a file: never over anything without a yes, never half.</summary>
public sealed class SqliteRestoreTests : IDisposable
{
    private readonly SqliteWorld _world = new() { Engine = new() { Wait = TimeSpan.FromMilliseconds(500) } };

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Over_a_database_only_after_a_yes(string journal)
    {
        string path = _world.Make("live.db", $"PRAGMA journal_mode = {journal}; {SqliteZoo.Rows("t", 100)}");
        BackupReport snapshot = _world.Take(path);
        string before = SqliteWorld.Dump(path);
        using (SqliteReader crashed = new(path, "DELETE FROM t; CREATE TABLE later (x)"))
            crashed.Kill(); // a log is left that must not be applied to the restored file
        string now = SqliteWorld.Dump(path);

        string refused = Assert.Throws<UsageException>(() => _world.Restore(snapshot, path)).Message;
        Assert.Contains("later, t", refused, StringComparison.Ordinal);
        Assert.Contains("--clean", refused, StringComparison.Ordinal);
        string asked = "";
        Assert.Throws<UsageException>(() => _world.Restore(snapshot, path, new() { Clean = true }, text => (asked = text) == ""));
        Assert.Contains("2 tables (later, t)", asked, StringComparison.Ordinal);
        Assert.Equal(now, SqliteWorld.Dump(path));

        DatabaseRestoreReport report = _world.Restore(snapshot, path, new() { Clean = true, Verify = true });
        Assert.Equal([new TableOutcome("t", 100, 100, IsVerified: true)], report.Tables);
        Assert.Empty(report.Problems);
        Assert.Equal(before, SqliteWorld.Dump(path));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!, ".*"));
    }

    [Fact]
    public void What_is_there_does_not_give_way_to_what_is_not_as_recorded()
    {
        string path = _world.Make("kept.db", SqliteZoo.Rows("t", 100));
        BackupReport snapshot = _world.Take(path);
        SqliteWorld.Sql(path, "DELETE FROM t");
        string now = SqliteWorld.Dump(path);

        foreach (DatabaseRestoreRequest request in (DatabaseRestoreRequest[])[new() { Clean = true }, new() { Table = "t" }])
        {
            string failed = Assert.Throws<SourceException>(() => _world.Restore(snapshot, path, request, recorded: OtherRecords.OneRowMore)).Message;
            Assert.Contains("was left as it is", failed, StringComparison.Ordinal);
            Assert.Equal(now, SqliteWorld.Dump(path));
        }

        Assert.NotEmpty(_world.Restore(snapshot, _world["new.db"], recorded: OtherRecords.OneRowMore).Problems);
    }

    [Fact]
    public void The_log_of_a_crash_is_gone_with_its_database()
    {
        string path = _world.Make("live.db", $"PRAGMA journal_mode = wal; {SqliteZoo.Rows("t", 100)}");
        BackupReport snapshot = _world.Take(path);
        string before = SqliteWorld.Dump(path);
        using (SqliteReader crashed = new(path, "DELETE FROM t"))
            crashed.Kill();
        Assert.True(new FileInfo(path + "-wal").Length > 0);
        _world.Restore(snapshot, path, new() { Clean = true });
        Assert.False(File.Exists(path + "-wal"));
        Assert.Equal(before, SqliteWorld.Dump(path));
    }

    [Fact]
    public void A_log_left_behind_without_its_database_is_in_the_way()
    {
        BackupReport snapshot = _world.Take(_world.Make("a.db", SqliteZoo.Rows("t", 10)));
        File.WriteAllText(_world["b.db-wal"], "something");
        Assert.Contains("b.db-wal", Assert.Throws<UsageException>(() => _world.Restore(snapshot, _world["b.db"])).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(_world["b.db"]));
        _world.Restore(snapshot, _world["b.db"], new() { Clean = true });
        Assert.False(File.Exists(_world["b.db-wal"]));
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Not_while_another_program_has_it_open(string journal)
    {
        string path = _world.Make("open.db", $"PRAGMA journal_mode = {journal}; {SqliteZoo.Rows("t", 10)}");
        BackupReport snapshot = _world.Take(path);
        using SqliteReader other = new(path);
        string failed = Assert.Throws<SourceException>(() => _world.Restore(snapshot, path, new() { Clean = true })).Message;
        Assert.Contains("is open in process", failed, StringComparison.Ordinal);
        Assert.Contains("python3", failed, StringComparison.Ordinal);
    }

    [Fact]
    public void A_damaged_database_can_be_replaced()
    {
        string path = _world.Make("broken.db", SqliteZoo.Rows("t", 3000));
        BackupReport snapshot = _world.Take(path);
        byte[] bytes = File.ReadAllBytes(path);
        Array.Fill<byte>(bytes, 0x55, 100, 4000);
        File.WriteAllBytes(path, bytes);
        Assert.Contains("damaged", Assert.Throws<UsageException>(() => _world.Restore(snapshot, path)).Message, StringComparison.Ordinal);
        _world.Restore(snapshot, path, new() { Clean = true });
        Assert.Equal("3000", SqliteWorld.Sql(path, "SELECT count(*) FROM t"));
    }

    [Fact]
    public void Never_over_another_kind_of_file_or_into_nowhere()
    {
        BackupReport snapshot = _world.Take(_world.Make("a.db", SqliteZoo.Rows("t", 10)));
        File.WriteAllText(_world["letter.txt"], "Dear Ada, this is no database.");
        Assert.Throws<UsageException>(() => _world.Restore(snapshot, _world["letter.txt"], new() { Clean = true }));
        Assert.StartsWith("Dear Ada", File.ReadAllText(_world["letter.txt"]), StringComparison.Ordinal);
        Assert.Contains("does not exist", Assert.Throws<UsageException>(() => _world.Restore(snapshot, _world["none/b.db"])).Message, StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => _world.Restore(snapshot, _world["."], new() { Clean = true }));
    }

    [Fact]
    public void A_dry_run_changes_nothing()
    {
        BackupReport snapshot = _world.Take(_world.Make("a.db", SqliteZoo.Rows("t", 10)));
        DatabaseRestoreReport report = _world.Restore(snapshot, _world["new.db"], new() { DryRun = true });
        Assert.Equal([new TableOutcome("t", 10, 10, IsVerified: false)], report.Tables);
        _world.Restore(snapshot, _world["new.db"], new() { DryRun = true, Create = true, Table = "t" });
        Assert.False(File.Exists(_world["new.db"]));
    }

    [Fact]
    public void The_mode_of_the_file_stays()
    {
        string path = _world.Make("mode.db", SqliteZoo.Rows("t", 10));
        BackupReport snapshot = _world.Take(path);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        Snapstore.Tests.Tool.Run("chown", "nobody", path);
        _world.Restore(snapshot, path, new() { Clean = true });
        Assert.Equal("640 nobody", Snapstore.Tests.Tool.Run("stat", "-c", "%a %U", path).Trim());
    }

    [Fact]
    public void What_was_damaged_when_it_was_captured_is_said()
    {
        // An index that lacks a row: its pages can be read, so that the snapshot is made.
        string path = _world.Make("odd.db", $"{SqliteZoo.Rows("t", 100)} CREATE INDEX i ON t (b); PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = 'CREATE INDEX i ON t (a)' WHERE name = 'i'");
        BackupReport snapshot = _world.Take(path);
        DatabaseRestoreReport report = _world.Restore(snapshot, _world["new.db"]);
        Assert.Contains("damaged already", report.Problems[0], StringComparison.Ordinal);
        Assert.True(File.Exists(_world["new.db"]));
        string good = _world.Make("good.db", SqliteZoo.Rows("t", 1));
        Assert.Throws<SourceException>(() => _world.Restore(snapshot, good, new() { Clean = true }));
        Assert.Equal("1", SqliteWorld.Sql(good, "SELECT count(*) FROM t"));
    }

    public void Dispose() => _world.Dispose();
}
