using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Databases.Sqlite;
using Snapstore.Repositories;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>Databases in directories: each in one consistent state, its log in it, everything else as ever.</summary>
public sealed class SqliteFilesTests : IDisposable
{
    private readonly SqliteWorld _world = new();

    public SqliteFilesTests() => Directory.CreateDirectory(_world["d"]);

    [Fact]
    public void What_is_in_the_log_is_captured_and_the_log_is_not()
    {
        string path = Make("a.db", "wal");
        File.WriteAllText(_world["d/a.db-wallet"], "no part of it");
        using SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'in the log')");
        BackupReport report = Take();

        Assert.Equal(["a.db", "a.db-wallet"], Names(report));
        Assert.Empty(report.Warnings);
        Assert.Contains("d/a.db: a SQLite database, captured in one consistent state", report.Notes.Single(), StringComparison.Ordinal);
        Assert.Equal("101", SqliteWorld.Sql(Restored(report, "a.db"), "SELECT count(*) FROM t"));
    }

    [Fact]
    public void As_files_where_that_is_wanted()
    {
        string path = Make("a.db", "wal");
        using SqliteReader writer = new(path);
        Assert.Equal(["a.db", "a.db-shm", "a.db-wal"], Names(Take(consistently: false)));
    }

    [Fact]
    public void A_log_that_has_grown_makes_a_database_changed_and_nothing_else_does()
    {
        string path = Make("a.db", "wal");
        Make("b.db", "persist");
        using SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'first')");
        Take();
        BackupReport same = Take();
        DateTime before = File.GetLastWriteTimeUtc(path);
        SqliteWorld.Sql(path, "INSERT INTO t VALUES (1001, 'second')");
        Assert.Equal(before, File.GetLastWriteTimeUtc(path)); // only its log was written to
        BackupReport changed = Take();

        Assert.Equal((2, 0), (same.Manifest.Counts.FilesUnchanged, same.Manifest.Counts.FilesChanged));
        Assert.Empty(same.Notes);
        Assert.Equal((1, 1), (changed.Manifest.Counts.FilesUnchanged, changed.Manifest.Counts.FilesChanged));
        Assert.Equal("102", SqliteWorld.Sql(Restored(changed, "a.db"), "SELECT count(*) FROM t"));
        Assert.Equal(["a.db", "b.db"], Names(changed)); // the journal that b.db keeps is no file of its own, though b.db was not read
    }

    [Fact]
    public void A_log_that_is_lost_changes_it_back()
    {
        string path = Make("a.db", "wal");
        using (SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'lost later')"))
            writer.Kill();
        Take();
        File.Delete(path + "-wal");
        Assert.Equal("100", SqliteWorld.Sql(Restored(Take(), "a.db"), "SELECT count(*) FROM t"));
    }

    [Fact]
    public void One_that_is_locked_is_captured_as_files_with_a_warning()
    {
        string path = Make("a.db", "wal");
        Make("b.db", "delete");
        using SqliteReader other = new(path, "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; INSERT INTO t VALUES (1000, 'x')");
        BackupReport report = Take();

        Assert.Contains("d/a.db: a database, captured as the file it is", report.Warnings.Single(), StringComparison.Ordinal);
        Assert.Equal(["a.db", "a.db-wal", "b.db"], Names(report));
        Assert.Single(report.Notes);
    }

    [Fact]
    public void A_transaction_left_half_done_is_captured_as_files_with_its_journal()
    {
        string path = Make("a.db", "delete");
        using (SqliteReader writer = new(path, "PRAGMA cache_size = 1; BEGIN; UPDATE t SET b = ''"))
            writer.Kill();
        byte[] file = File.ReadAllBytes(path), journal = File.ReadAllBytes(path + "-journal");
        BackupReport report = Take();
        Assert.Contains("half done", report.Warnings.Single(), StringComparison.Ordinal);
        Assert.Equal(file, Read(report, "a.db"));
        Assert.Equal(journal, Read(report, "a.db-journal"));
        Assert.Equal(journal, File.ReadAllBytes(path + "-journal"));
    }

    [Fact]
    public void Damaged_databases_and_what_only_looks_like_one_are_files()
    {
        byte[] magic = new byte[4096];
        "SQLite format 3\0"u8.CopyTo(magic);
        File.WriteAllBytes(_world["d/fake.db"], magic);
        File.WriteAllBytes(_world["d/short.db"], magic[..512]);
        File.WriteAllBytes(_world["d/zeros"], new byte[4096]);
        BackupReport report = Take();
        Assert.Equal(magic, Read(report, "fake.db"));
        Assert.Equal(magic[..512], Read(report, "short.db"));
        Assert.Equal(2, report.Warnings.Count);
        Assert.Empty(report.Notes);
    }

    [Fact]
    public void One_with_two_names_is_a_file()
    {
        string path = Make("a.db", "wal");
        Snapstore.Tests.Tool.Run("ln", path, _world["d/b.db"]);
        using SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'x')");
        BackupReport report = Take();
        Assert.Equal(["a.db", "a.db-shm", "a.db-wal", "b.db"], Names(report));
        Assert.Equal(2, report.Warnings.Count);
    }

    [Fact]
    public void Excluded_databases_leave_their_logs_alone()
    {
        string path = Make("a.db", "wal");
        using SqliteReader writer = new(path, "INSERT INTO t VALUES (1000, 'x')");
        BackupReport report = Take(select: selection => selection with { Excludes = Sources.ExcludeRules.Parse(["a.db"]) });
        Assert.Equal(["a.db-shm", "a.db-wal"], Names(report));
    }

    [Fact]
    public void A_restored_database_beside_whose_place_a_log_lies_is_warned_of()
    {
        string path = Make("a.db", "wal");
        BackupReport report = Take();
        using (SqliteReader crashed = new(path, "DELETE FROM t"))
            crashed.Kill();
        string directory = _world["d"];
        Restore.RestoreReport warned = _world.Repository.Restore(report.Id, directory, directory);
        Assert.Contains("a.db-wal, which is not of the restored database", warned.Warnings.Single(), StringComparison.Ordinal);
        Restore.RestoreReport cleaned = _world.Repository.Restore(report.Id, directory, directory, options => options with { Delete = true });
        Assert.Empty(cleaned.Warnings);
        Assert.Equal("100", SqliteWorld.Sql(path, "SELECT count(*) FROM t"));
    }

    [Theory]
    [InlineData("wal")]
    [InlineData("delete")]
    public void Under_load_every_one_holds_one_moment(string journal)
    {
        string path = _world.Make("d/bank.db", SqliteBank.Script(journal));
        List<BackupReport> reports = [];
        using (SqliteWriters writers = new(path, journal, 2))
        {
            for (int i = 0; i < 10; i++)
                reports.Add(Take());
            writers.AssertAlive();
        }

        foreach (BackupReport report in reports)
        {
            Assert.Empty(report.Warnings);
            Assert.Equal(["bank.db"], Names(report));
            string restored = Restored(report, "bank.db");
            Assert.Equal("ok", SqliteWorld.Sql(restored, "PRAGMA integrity_check"));
            Assert.Equal($"{SqliteBank.Sum}", SqliteWorld.Sql(restored, "SELECT sum(balance) FROM accounts"));
        }
    }

    [Fact]
    public void Closing_the_same_file_elsewhere_drops_no_lock()
    {
        string path = Make("a.db", "delete");
        byte[] name = Encoding.UTF8.GetBytes(path);
        using (SqlitePages pages = SqlitePages.Open(name, StillFile.Open(name), TimeSpan.FromSeconds(1), mayRollBack: false))
        {
            // As another thread does that meets the file under another mount.
            Posix.FileHandle other = StillFile.Open(name);
            Posix.HeldFiles.Close(other, other.Stat());
            string refused = Assert.Throws<InvalidOperationException>(() => Snapstore.Tests.Tool.Run("sqlite3", path, "DELETE FROM t")).Message;
            Assert.Contains("database is locked", refused, StringComparison.Ordinal);
        }

        SqliteWorld.Sql(path, "DELETE FROM t");
    }

    public void Dispose() => _world.Dispose();

    private string Make(string name, string journal) => _world.Make($"d/{name}", $"PRAGMA journal_mode = {journal}; {SqliteZoo.Rows("t", 100)}");

    private BackupReport Take(bool consistently = true, Func<FileSelection, FileSelection>? select = null) => _world.Repository.Backup(
        _world["d"], selection => (select?.Invoke(selection) ?? selection) with { Databases = consistently ? SqliteFiles.Consistently : null });

    private List<string> Names(BackupReport report) => With(report, files => files.List(_world["d"]).Select(entry => Encoding.UTF8.GetString(entry.Name)).ToList());

    private byte[] Read(BackupReport report, string name) => With(report, files => files.ReadAll(_world[$"d/{name}"]));

    private string Restored(BackupReport report, string name)
    {
        string target = _world[Path.GetRandomFileName()];
        File.WriteAllBytes(target, Read(report, name));
        return target;
    }

    private T With<T>(BackupReport report, Func<SnapshotFiles, T> look)
    {
        using Repository repository = _world.Repository.Open();
        using SnapshotFiles files = new(repository, new SnapshotPath(SnapshotList.Read(repository, report.Id!.Value), []), workers: 1);
        return look(files);
    }
}
