using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Databases.Postgres;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>Snapshots and restores of databases of one server, by the engine itself.</summary>
internal sealed class PostgresSnapshots(PostgresTestServer server)
{
    private readonly PostgresEngine _engine = new();

    public TestRepository Repository { get; } = new();

    /// <summary>Takes a snapshot.</summary>
    public BackupReport Take(string database, DatabaseSelection? selection = null, string user = "postgres", CancellationToken cancel = default) =>
        TakeUrl(server.Url(database, user), selection, cancel);

    /// <summary>Takes a snapshot of what a URL names.</summary>
    public BackupReport TakeUrl(string url, DatabaseSelection? selection = null, CancellationToken cancel = default)
    {
        using Repository repository = Repository.Open();
        using ISource source = _engine.Open(DatabaseUrl.Parse(url), selection ?? new DatabaseSelection { Workers = 2 }, TimeProvider.System);
        return SourceBackup.Run(repository, source, Repository.Options, new RunProgress(), TimeProvider.System, cancel);
    }

    /// <summary>Restores a snapshot; agrees to all that is asked unless the request says otherwise.</summary>
    public DatabaseRestoreReport Restore(SessionId? id, string url, DatabaseRestoreRequest? request = null, Func<DatabaseDescription, DatabaseDescription>? recorded = null)
    {
        using Repository repository = Repository.Open();
        DatabaseDescription description = Describe(repository, id);
        CapturedDatabase captured = new(() => Files(repository, id), recorded?.Invoke(description) ?? description);
        return _engine.Restore(DatabaseUrl.Parse(url), request ?? new DatabaseRestoreRequest { Verify = true }, captured, default);
    }

    /// <summary>What a snapshot says of itself.</summary>
    public DatabaseDescription Describe(SessionId? id)
    {
        using Repository repository = Repository.Open();
        return Describe(repository, id);
    }

    /// <summary>A file of a snapshot as text.</summary>
    public string Read(SessionId? id, string path)
    {
        using Repository repository = Repository.Open();
        using SnapshotFiles files = Files(repository, id);
        return Encoding.UTF8.GetString(files.ReadAll(path));
    }

    private static SnapshotFiles Files(Repository repository, SessionId? id) =>
        new(repository, new SnapshotPath(SnapshotList.Read(repository, id!.Value), []), workers: 0);

    private static DatabaseDescription Describe(Repository repository, SessionId? id)
    {
        using SnapshotFiles files = Files(repository, id);
        return DatabaseDescription.Decode(files.ReadAll(DatabaseDescription.FileName));
    }
}
