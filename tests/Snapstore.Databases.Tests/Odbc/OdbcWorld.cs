using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Databases.Odbc;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>A repository, and snapshots by ODBC in it.</summary>
internal sealed class OdbcWorld
{
    public TestRepository Repository { get; } = new();

    public BackupReport Take(OdbcDatabase database, string parameters = "", DatabaseSelection? selection = null) =>
        TakeFrom(database.Place + parameters, selection);

    public BackupReport TakeFrom(string place, DatabaseSelection? selection = null)
    {
        using Repository repository = Repository.Open();
        using ISource source = new OdbcEngine().Open(DatabaseUrl.Parse($"odbc:{place}"), selection ?? new DatabaseSelection(), TimeProvider.System);
        return SourceBackup.Run(repository, source, Repository.Options, new RunProgress(), TimeProvider.System, default);
    }

    /// <summary>Restores and says yes to everything, unless told otherwise.</summary>
    public DatabaseRestoreReport Restore(BackupReport snapshot, OdbcDatabase target, DatabaseRestoreRequest? request = null, Func<string, bool>? confirm = null, string parameters = "", Func<DatabaseDescription, DatabaseDescription>? recorded = null)
    {
        request = (request ?? new DatabaseRestoreRequest()) with { Confirm = confirm ?? (_ => true) };
        if (target is OdbcSqliteDatabase { File: var file } && request.Table is null && !File.Exists(file))
            request = request with { Create = true };
        using Repository repository = Repository.Open();
        SnapshotFiles OpenFiles() => new(repository, new SnapshotPath(SnapshotList.Read(repository, snapshot.Id!.Value), []), workers: 0);
        using SnapshotFiles files = OpenFiles();
        DatabaseDescription description = DatabaseDescription.Decode(files.ReadAll(DatabaseDescription.FileName));
        CapturedDatabase captured = new(OpenFiles, recorded?.Invoke(description) ?? description);
        return new OdbcEngine().Restore(DatabaseUrl.Parse($"odbc:{target.Place}{parameters}"), request, captured, default);
    }

    /// <summary>Restores all and expects that nothing is wrong.</summary>
    public DatabaseRestoreReport RestoreAll(BackupReport snapshot, OdbcDatabase target, DatabaseRestoreRequest? request = null, string parameters = "")
    {
        DatabaseRestoreReport report = Restore(snapshot, target, request, null, parameters);
        Assert.Empty(report.Problems);
        Assert.All(report.Tables, table => Assert.True(table.IsVerified, table.Table));
        return report;
    }

    /// <summary>A file of a snapshot.</summary>
    public string Read(BackupReport snapshot, string file)
    {
        using Repository repository = Repository.Open();
        using SnapshotFiles files = new(repository, new SnapshotPath(SnapshotList.Read(repository, snapshot.Id!.Value), []), workers: 0);
        return Encoding.UTF8.GetString(files.ReadAll(file));
    }

    public DatabaseDescription Describe(BackupReport snapshot) => DatabaseDescription.Decode(Encoding.UTF8.GetBytes(Read(snapshot, DatabaseDescription.FileName)));
}
