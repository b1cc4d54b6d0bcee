using Snapstore.Sources;

namespace Snapstore.Databases.Odbc;

/// <summary>Any database with an ODBC driver: its tables, as NDJSON or CSV.</summary>
public sealed class OdbcEngine : IDatabaseEngine
{
    internal const string EngineName = "ODBC";

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["odbc"];

    /// <inheritdoc/>
    public ISource Open(DatabaseUrl url, DatabaseSelection selection, TimeProvider time) => new OdbcSource(OdbcPlace.Of(url), selection);

    /// <inheritdoc/>
    public DatabaseRestoreReport Restore(DatabaseUrl url, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel) =>
        OdbcErrors.Explained(() => OdbcRestore.Run(OdbcPlace.Of(url), request, captured, cancel));
}
