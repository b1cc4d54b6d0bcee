using System.Diagnostics;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Databases.Sqlite;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Sqlite;

/// <summary>A folder for databases and a repository for their snapshots.</summary>
internal sealed class SqliteWorld : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    /// <summary>The engine, which does not wait long for locks.</summary>
    public SqliteEngine Engine { get; init; } = new() { Wait = TimeSpan.FromSeconds(10) };

    public TestRepository Repository { get; } = new();

    /// <summary>The path of a name in the folder.</summary>
    public string this[string name] => _folder[name];

    /// <summary>Makes a database by a script.</summary>
    public string Make(string name, string sql)
    {
        Sql(_folder[name], sql);
        return _folder[name];
    }

    /// <summary>Runs a script in the sqlite3 shell.</summary>
    public static string Sql(string path, string sql) => Tool.Run("sqlite3", "-bail", "-cmd", ".timeout 20000", path, sql).TrimEnd('\n');

    /// <summary>All of a database as text, by the sqlite3 shell.</summary>
    public static string Dump(string path) => Tool.Run("sqlite3", path, ".dump");

    public BackupReport Take(string path, CancellationToken cancel = default)
    {
        using Repository repository = Repository.Open();
        using ISource source = Engine.Open(DatabaseUrl.Parse($"sqlite:{path}"), new DatabaseSelection(), TimeProvider.System);
        return SourceBackup.Run(repository, source, Repository.Options, new RunProgress(), TimeProvider.System, cancel);
    }

    /// <summary>Restores and says yes to everything, unless told otherwise.</summary>
    public DatabaseRestoreReport Restore(BackupReport snapshot, string target, DatabaseRestoreRequest? request = null, Func<string, bool>? confirm = null, Func<DatabaseDescription, DatabaseDescription>? recorded = null)
    {
        request = (request ?? new DatabaseRestoreRequest()) with { Confirm = confirm ?? (_ => true) };
        using Repository repository = Repository.Open();
        SnapshotFiles OpenFiles() => new(repository, new SnapshotPath(SnapshotList.Read(repository, snapshot.Id!.Value), []), workers: 1);
        using SnapshotFiles files = OpenFiles();
        DatabaseDescription description = DatabaseDescription.Decode(files.ReadAll(DatabaseDescription.FileName));
        CapturedDatabase captured = new(OpenFiles, recorded?.Invoke(description) ?? description);
        return Engine.Restore(DatabaseUrl.Parse($"sqlite:{target}"), request, captured, default);
    }

    /// <summary>Restores into a new file and tells its path.</summary>
    public string RestoreNew(BackupReport snapshot)
    {
        string target = _folder[Path.GetRandomFileName()];
        DatabaseRestoreReport report = Restore(snapshot, target);
        Assert.Empty(report.Problems);
        Assert.All(report.Tables, table => Assert.True(table.IsVerified, table.Table));
        return target;
    }

    /// <summary>A file of a snapshot.</summary>
    public byte[] Read(BackupReport snapshot, string file)
    {
        using Repository repository = Repository.Open();
        using SnapshotFiles files = new(repository, new SnapshotPath(SnapshotList.Read(repository, snapshot.Id!.Value), []), workers: 1);
        return files.ReadAll(file);
    }

    public DatabaseDescription Describe(BackupReport snapshot) => DatabaseDescription.Decode(Read(snapshot, DatabaseDescription.FileName));

    /// <summary>Starts a Python program with its arguments; it is killed if it is still there at the end of the test.</summary>
    public static Process Python(string script, params string[] arguments)
    {
        ProcessStartInfo start = new("python3", ["-c", script, .. arguments]) { RedirectStandardOutput = true, RedirectStandardInput = true };
        return Process.Start(start)!;
    }

    public void Dispose() => _folder.Dispose();
}
