using Snapstore.Sources;

namespace Snapstore.Databases.Sqlite;

/// <summary>SQLite databases: `sqlite:PATH` (spec/databases/sqlite.md).</summary>
public sealed class SqliteEngine : IDatabaseEngine
{
    internal const string EngineName = "SQLite";

    /// <summary>How long a lock of another program is waited for, unless said otherwise.</summary>
    public static readonly TimeSpan DefaultWait = TimeSpan.FromSeconds(30);

    /// <summary>How long a lock of another program is waited for.</summary>
    public TimeSpan Wait { get; init; } = DefaultWait;

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes => ["sqlite"];

    /// <inheritdoc/>
    public ISource Open(DatabaseUrl url, DatabaseSelection selection, TimeProvider time)
    {
        string path = PathOf(url);
        if (selection.Tables.Count > 0 || selection.ExcludedTables.Count > 0 || selection.Schemas.Count > 0)
            throw new UsageException("a SQLite database is captured whole, so tables cannot be chosen; choose when it is restored: snapstore restore SNAPSHOT --to sqlite:PATH --table T");
        return File.Exists(path)
            ? new SqliteSource(path, Wait)
            : throw new UsageException(Directory.Exists(path) ? $"sqlite:{path} is a directory; name the file of the database" : $"sqlite:{path} does not exist");
    }

    /// <inheritdoc/>
    public DatabaseRestoreReport Restore(DatabaseUrl url, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel) =>
        new SqliteRestore(PathOf(url), Wait, request, captured, cancel).Run();

    // Through links: SQLite keeps the log beside the file that they lead to.
    private static string PathOf(DatabaseUrl url)
    {
        if (url.Path.Length == 0)
            throw new UsageException("name the file of the database: sqlite:PATH");
        string path = Path.GetFullPath(url.Path);
        return File.Exists(path) ? File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path : path;
    }
}
