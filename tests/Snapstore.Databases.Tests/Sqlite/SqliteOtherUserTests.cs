using Snapstore.Cli.Tests;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Reading as a user who may not write: neither the database nor its directory.</summary>
public sealed class SqliteOtherUserTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    public SqliteOtherUserTests()
    {
        Tool.Run("chmod", "755", _folder.Path);
        Tool.Run("chown", "-R", "nobody", _program.Folder);
    }

    [Theory]
    [InlineData("delete")]
    [InlineData("wal")]
    public void At_rest(string journal)
    {
        string path = Make(journal);
        Assert.Equal(0, Take(path));
        Assert.Equal("50", CountRestored());
    }

    [Fact]
    public void With_a_writer_connected()
    {
        string path = Make("wal");
        using SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'in the log')");
        Assert.Equal(0, Take(path));
        Assert.Equal("51", CountRestored());
    }

    [Fact]
    public void With_the_log_of_a_program_that_was_killed()
    {
        string path = Make("wal");
        using (SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'in the log')"))
            writer.Kill();
        Assert.Equal(0, Take(path));
        Assert.Equal("51", CountRestored());
    }

    [Fact]
    public void What_may_not_be_read_is_said()
    {
        string path = Make("delete");
        Tool.Run("chmod", "600", path);
        ProgramRun run = RunAsNobody("snapshot", $"sqlite:{path}").Expect(1);
        Assert.Contains("Permission denied", run.Error, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _program.Dispose();
        _folder.Dispose();
    }

    private string Make(string journal)
    {
        string path = _folder["other.db"];
        SqliteWorld.Sql(path, $"PRAGMA journal_mode = {journal}; {SqliteZoo.Rows("t", 50)}");
        return path;
    }

    private int Take(string path) => RunAsNobody("snapshot", $"sqlite:{path}").Expect(0).ExitCode;

    private string CountRestored()
    {
        string target = _folder[Path.GetRandomFileName()];
        _program.Run("restore", "latest", "--to", $"sqlite:{target}").Expect(0);
        return SqliteWorld.Sql(target, "SELECT count(*) FROM t");
    }

    private ProgramRun RunAsNobody(params string[] arguments) =>
        _program.RunTool("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", SnapstoreProgram.File, .. arguments]);
}
