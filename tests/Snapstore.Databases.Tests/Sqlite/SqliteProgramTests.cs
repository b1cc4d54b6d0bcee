using System.Diagnostics;
using Snapstore.Cli.Tests;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>The built program, as users run it.</summary>
public sealed class SqliteProgramTests : IDisposable
{
    private readonly SnapstoreProgram _program = SnapstoreProgram.WithRepository();

    [Fact]
    public void A_directory_with_a_database_in_use()
    {
        Directory.CreateDirectory(_program.Source);
        string path = Path.Combine(_program.Source, "app.db");
        SqliteWorld.Sql(path, $"PRAGMA journal_mode = wal; {SqliteZoo.Rows("t", 100)}");
        using (SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'in the log')"))
        {
            ProgramRun run = _program.Run("snapshot", _program.Source, "-v").Expect(0);
            Assert.Contains("captured in one consistent state", run.Output + run.Error, StringComparison.Ordinal);
            _program.Run("snapshot", _program.Source, "--databases", "files", "--host", "other").Expect(0);
        }

        Assert.Equal("app.db\n", _program.Run("ls", $"latest~1:{_program.Source}").Expect(0).Output);
        Assert.Equal("app.db\napp.db-shm\napp.db-wal\n", _program.Run("ls", $"latest:{_program.Source}").Expect(0).Output);
        using SqliteReader locking = new(path, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; DELETE FROM t");
        Assert.Contains("captured as the file it is", _program.Run("snapshot", _program.Source).Expect(3).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_table_with_as_many_rows_as_before_is_not_called_unchanged()
    {
        string path = Path.Combine(_program.Folder, "shop.db"), url = $"sqlite:{path}";
        SqliteWorld.Sql(path, SqliteZoo.Rows("t", 100));
        _program.Run("snapshot", url).Expect(0);
        _program.Run("snapshot", url, "--host", "same").Expect(0);
        SqliteWorld.Sql(path, "UPDATE t SET b = 'all the same'");
        _program.Run("snapshot", url).Expect(0);

        Assert.Contains(" 0 changed, 1 unchanged; ", _program.Run("diff", "--stat", "latest~2", "latest~1").Expect(0).Output, StringComparison.Ordinal);
        Assert.Contains(" 0 changed, 0 unchanged, 1 with as many rows as before and perhaps other values", _program.Run("diff", "--stat", "latest~1", "latest").Expect(0).Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_a_table_and_the_whole()
    {
        string path = Path.Combine(_program.Folder, "shop.db"), url = $"sqlite:{path}";
        SqliteWorld.Sql(path, SqliteZoo.Rows("t", 100));
        string before = SqliteWorld.Dump(path);
        _program.Run("snapshot", url).Expect(0);
        SqliteWorld.Sql(path, "DELETE FROM t WHERE a < 10; UPDATE t SET b = '' WHERE a = 20");

        ProgramRun rows = _program.Run("restore", "latest", "--to", url, "--table", "t", "--where", "a < 50", "--apply", "upsert", "--yes", "--json").Expect(0);
        Assert.Equal(before, SqliteWorld.Dump(path));
        Assert.Contains("\"rows_missing\":9", rows.Output, StringComparison.Ordinal);
        SqliteWorld.Sql(path, "DROP TABLE t");
        _program.Run("restore", "latest", "--to", url, "--table", "t").Expect(0);
        Assert.Equal(before, SqliteWorld.Dump(path));
        _program.Run("restore", "latest", "--to", url).Expect(2);
        _program.Run("restore", "latest", "--to", url, "--clean", "--yes", "--verify").Expect(0);
        Assert.Equal(before, SqliteWorld.Dump(path));
    }

    [Fact]
    public void Killed_while_it_restores_it_leaves_the_old_or_the_new_database()
    {
        string path = Path.Combine(_program.Folder, "shop.db"), url = $"sqlite:{path}";
        SqliteWorld.Sql(path, $"PRAGMA journal_mode = wal; {SqliteZoo.Rows("t", 40_000)}");
        _program.Run("snapshot", url).Expect(0);
        SqliteWorld.Sql(path, "DELETE FROM t WHERE a % 3 = 0; CREATE TABLE later (x)");
        string[] either = ["26667", "40000"];
        for (int i = 0; i < 6; i++)
        {
            string[] what = i % 2 == 0 ? ["--clean"] : ["--table", "t"];
            using Process restore = _program.Start(SnapstoreProgram.File, ["restore", "latest", "--to", url, "--yes", .. what]);
            Thread.Sleep(300 + (i * 120));
            restore.Kill();
            restore.WaitForExit();
            Assert.Equal("ok", SqliteWorld.Sql(path, "PRAGMA integrity_check"));
            Assert.Contains(SqliteWorld.Sql(path, "SELECT count(*) FROM t"), either);
        }
    }

    public void Dispose() => _program.Dispose();
}
