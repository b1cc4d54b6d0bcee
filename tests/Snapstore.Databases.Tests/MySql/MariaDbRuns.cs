using System.Text;
using Snapstore.Backup;
using Snapstore.Browse;
using Snapstore.Databases.MySql;
using Snapstore.Repositories;
using Snapstore.Sources;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>Takes and restores snapshots of servers with a repository in memory.</summary>
internal sealed class MariaDbRuns
{
    private readonly TestRepository _repository = new();

    /// <summary>The environment variables that the engine sees.</summary>
    public Dictionary<string, string> Variables { get; } = [];

    private MySqlEngine Engine => new(name => Variables.GetValueOrDefault(name));

    public BackupReport Take(DatabaseUrl url, DatabaseSelection? selection = null, Func<ISource, ISource>? wrap = null, CancellationToken cancel = default)
    {
        using Repository repository = _repository.Open();
        using ISource source = Engine.Open(url, selection ?? new DatabaseSelection { Workers = 2 }, TimeProvider.System);
        return SourceBackup.Run(repository, wrap?.Invoke(source) ?? source, _repository.Options, new RunProgress(), TimeProvider.System, cancel);
    }

    public DatabaseRestoreReport Restore(BackupReport report, DatabaseUrl url, DatabaseRestoreRequest request, Func<DatabaseDescription, DatabaseDescription>? recorded = null, CancellationToken cancel = default)
    {
        using Repository repository = _repository.Open();
        SnapshotPath place = new(SnapshotList.Read(repository, report.Id!.Value), []);
        return Engine.Restore(url, request, new CapturedDatabase(() => new SnapshotFiles(repository, place, workers: 1), recorded?.Invoke(Describe(report)) ?? Describe(report)), cancel);
    }

    public DatabaseDescription Describe(BackupReport report) => DatabaseDescription.Decode(Encoding.UTF8.GetBytes(Read(report, DatabaseDescription.FileName)));

    public string Read(BackupReport report, string path)
    {
        using Repository repository = _repository.Open();
        using SnapshotFiles files = new(repository, new SnapshotPath(SnapshotList.Read(repository, report.Id!.Value), []), workers: 1);
        return Encoding.UTF8.GetString(files.ReadAll(path));
    }

    public void AssertNoSnapshot() => _repository.AssertNoSnapshot();
}
