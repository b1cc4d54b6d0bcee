using System.Text.RegularExpressions;
using Snapstore.Browse;

namespace Snapstore.Databases.Postgres;

/// <summary>The statements that make a database and set it up, for a database of another name.</summary>
internal sealed partial class DatabaseDefinition
{
    private readonly List<string> _statements;
    private readonly string _name;

    private DatabaseDefinition(List<string> statements, string name)
    {
        _statements = statements;
        _name = name;
    }

    /// <summary>Reads them from a snapshot.</summary>
    /// <param name="files">The snapshot.</param>
    /// <param name="name">The name of the database that is made.</param>
    public static DatabaseDefinition Read(SnapshotFiles files, string name) =>
        Of(PostgresScript.Read(files, PostgresDefinitions.Database).Select(statement => statement.Text), name);

    /// <summary>The statements about a database among others, with another name.</summary>
    public static DatabaseDefinition Of(IEnumerable<string> statements, string name) => new(
        [.. statements.Where(text => AboutDatabase().IsMatch(text)).Select(text => AboutDatabase().Replace(text, match => $"{match.Groups[1].Value}{Sql.Name(name)}", 1))],
        name);

    /// <summary>The statements.</summary>
    public IReadOnlyList<string> Statements => _statements;

    /// <summary>Makes the database.</summary>
    public void Make(PostgresSession neighbour, bool skipsOwners)
    {
        string create = _statements.Find(text => text.StartsWith("CREATE", StringComparison.Ordinal))
            ?? $"CREATE DATABASE {Sql.Name(_name)} TEMPLATE template0";
        neighbour.Run(create, "making the database");
        foreach (string statement in _statements.Where(text => text != create && !(skipsOwners && PostgresScript.IsOfOwners(text))))
            neighbour.Run(statement, "setting up the database");
    }

    [GeneratedRegex("""^((?:CREATE|ALTER|COMMENT ON|SECURITY LABEL [^']*ON|(?:GRANT|REVOKE) [^']* ON|ALTER ROLE (?:"(?:[^"]|"")+"|\S+) IN) DATABASE )("(?:[^"]|"")+"|[^\s"]+)""")]
    private static partial Regex AboutDatabase();
}
