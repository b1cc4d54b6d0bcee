using Snapstore.Sources;

namespace Snapstore.Databases.Postgres;

/// <summary>PostgreSQL (spec/databases/postgresql.md).</summary>
public sealed class PostgresEngine : IDatabaseEngine
{
    internal const string EngineName = "PostgreSQL";

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["postgres", "postgresql"];

    /// <inheritdoc/>
    public ISource Open(DatabaseUrl url, DatabaseSelection selection, TimeProvider time) =>
        new PostgresSource(PostgresServer.Of(url, Environment.GetEnvironmentVariable), selection);

    /// <inheritdoc/>
    public DatabaseRestoreReport Restore(DatabaseUrl url, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel) =>
        new PostgresRestore(PostgresServer.Of(url, Environment.GetEnvironmentVariable), request, captured, cancel).Run();
}
