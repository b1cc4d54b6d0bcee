using Snapstore.Sources;

namespace Snapstore.Databases.MySql;

/// <summary>MySQL and MariaDB, by the client of our own in this folder (spec/decisions/0006-mysql-wire-client.md).</summary>
public sealed class MySqlEngine : IDatabaseEngine
{
    /// <summary>Its name in descriptions.</summary>
    public const string EngineName = "MySQL";

    private readonly Func<string, string?> _variable;

    /// <summary>The engine, with the variables of the process.</summary>
    public MySqlEngine()
        : this(Environment.GetEnvironmentVariable)
    {
    }

    internal MySqlEngine(Func<string, string?> variable) => _variable = variable;

    /// <inheritdoc/>
    public string Name => EngineName;

    /// <inheritdoc/>
    public IReadOnlyList<string> Schemes { get; } = ["mysql", "mariadb"];

    /// <inheritdoc/>
    public ISource Open(DatabaseUrl url, DatabaseSelection selection, TimeProvider time)
    {
        if (url.Path.Length > 0 && selection.Schemas.Count > 0)
            throw new UsageException($"the URL names the database {url.Path}: --schema chooses among the databases of a server, whose URL ends after the host");
        return new MySqlSource(MySqlAddress.Find(url, _variable), url.Path, selection);
    }

    /// <inheritdoc/>
    public DatabaseRestoreReport Restore(DatabaseUrl url, DatabaseRestoreRequest request, CapturedDatabase captured, CancellationToken cancel) =>
        new MySqlRestore(MySqlAddress.Find(url, _variable), url.Path, request, captured, cancel).Run();
}
