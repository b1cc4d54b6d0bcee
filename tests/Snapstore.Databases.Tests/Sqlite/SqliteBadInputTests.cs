using System.Text;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>What cannot be captured is refused in words that help, and no snapshot is made.</summary>
public sealed class SqliteBadInputTests : IDisposable
{
    private readonly SqliteWorld _world = new() { Engine = new() { Wait = TimeSpan.FromMilliseconds(300) } };

    [Fact]
    public void No_such_file()
    {
        Assert.Contains("does not exist", Refused<UsageException>(_world["nowhere.db"]), StringComparison.Ordinal);
        Assert.Contains("is a directory", Refused<UsageException>(_world["."]), StringComparison.Ordinal);
        Assert.Throws<UsageException>(() => _world.Engine.Open(DatabaseUrl.Parse("sqlite:"), new DatabaseSelection(), TimeProvider.System));
    }

    [Theory]
    [InlineData("this is text and no database, long enough for a header")]
    [InlineData("x")]
    public void No_database(string content)
    {
        File.WriteAllText(_world["text.db"], content);
        Assert.Contains("is no SQLite database, or it is encrypted", Refused<SourceException>(_world["text.db"]), StringComparison.Ordinal);
    }

    [Fact]
    public void Tables_cannot_be_chosen()
    {
        DatabaseUrl url = DatabaseUrl.Parse("sqlite:" + _world.Make("a.db", "CREATE TABLE t (a)"));
        UsageException failed = Assert.Throws<UsageException>(() => _world.Engine.Open(url, new DatabaseSelection { Tables = ["t"] }, TimeProvider.System));
        Assert.Contains("--table", failed.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public void Locked_by_another_program(string journal)
    {
        string path = _world.Make("locked.db", $"PRAGMA journal_mode = {journal}; CREATE TABLE t (a)");
        using (SqliteReader other = new(path, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; INSERT INTO t VALUES (1)"))
            Assert.Contains("locked by another program", Refused<SourceException>(path), StringComparison.Ordinal);
        Assert.NotNull(_world.Take(path).Id);
    }

    [Fact]
    public void Damaged()
    {
        string path = _world.Make("damaged.db", $"PRAGMA page_size = 1024; {SqliteZoo.Rows("t", 3000)}");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length / 2)]);
        Assert.Contains("is damaged", Refused<SourceException>(path), StringComparison.Ordinal);
        Array.Fill<byte>(bytes, 0x55, 1024, 40_000);
        File.WriteAllBytes(path, bytes);
        Assert.Contains("is damaged", Refused<SourceException>(path), StringComparison.Ordinal);
    }

    [Fact]
    public void Through_a_link_and_with_many_slashes()
    {
        string path = _world.Make("real.db", $"PRAGMA journal_mode = wal; {SqliteZoo.Rows("t", 10)}");
        File.CreateSymbolicLink(_world["link.db"], path);
        using SqliteReader reader = new(path);
        SqliteWorld.Sql(path, "INSERT INTO t VALUES (99, 'in the log')");
        Assert.Equal($"sqlite:{path}", Encoding.UTF8.GetString(_world.Take(_world["link.db"]).Manifest.Paths[0]));
        Assert.Equal("11", SqliteWorld.Sql(_world.RestoreNew(_world.Take("//" + path)), "SELECT count(*) FROM t"));
        Assert.False(File.Exists(_world["link.db-wal"]));
    }

    [Fact]
    public void A_database_at_rest_is_left_as_it_was()
    {
        string path = _world.Make("rest.db", $"PRAGMA journal_mode = wal; {SqliteZoo.Rows("t", 100)}");
        byte[] before = File.ReadAllBytes(path);
        _world.Take(path);
        Assert.Equal(before, File.ReadAllBytes(path));
        Assert.False(File.Exists(path + "-wal"));
        Assert.False(File.Exists(path + "-shm"));
    }

    [Fact]
    public void A_log_that_a_killed_program_left_is_read_and_left_where_it_is()
    {
        string path = _world.Make("left.db", $"PRAGMA journal_mode = wal; {SqliteZoo.Rows("t", 100)}");
        using (SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'in the log')"))
            writer.Kill();
        byte[] file = File.ReadAllBytes(path), log = File.ReadAllBytes(path + "-wal");
        Assert.Equal("101", SqliteWorld.Sql(_world.RestoreNew(_world.Take(path)), "SELECT count(*) FROM t"));
        Assert.Equal(file, File.ReadAllBytes(path));
        Assert.Equal(log, File.ReadAllBytes(path + "-wal"));
    }

    public void Dispose() => _world.Dispose();

    private string Refused<T>(string path)
        where T : Exception
    {
        string message = Assert.Throws<T>(() => _world.Take(path)).Message;
        _world.Repository.AssertNoSnapshot();
        return message;
    }
}
