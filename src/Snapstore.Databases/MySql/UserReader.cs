using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>Reads users, roles and what was granted to them: one file each, a statement a line.</summary>
/// <param name="connection">The server.</param>
/// <param name="note">Told which account is in the server's tables without being in use.</param>
internal sealed class UserReader(MySqlConnection connection, Action<string> note)
{
    private const int NoSuchAccount = 1133, NoSuchGrant = 1141;

    private static readonly string[] OfServer = ["mariadb.sys", "mysql.sys", "mysql.session", "mysql.infoschema", "PUBLIC"];

    /// <summary>All of them; null where the user may not know.</summary>
    public IReadOnlyList<CapturedObject>? Read()
    {
        try
        {
            return connection.IsMariaDb ? [.. MariaDb()] : [.. MySql()];
        }
        catch (MySqlRefusal e) when (e.IsAccessDenied)
        {
            return null;
        }
    }

    private IEnumerable<CapturedObject> MariaDb()
    {
        List<string?[]> accounts = connection.QueryText("SELECT User, Host, is_role, default_role FROM mysql.user ORDER BY is_role DESC, User, Host");
        foreach (string?[] row in accounts.Where(row => !OfServer.Contains(row[0])))
        {
            string name = row[0]!;
            if (row[2] == "Y")
                yield return Make("role", name, [$"CREATE ROLE {Sql.Name(name)}", .. Grants(Sql.Name(name))]);
            else if (User(name, row[1]!, row[3]) is { } user)
                yield return user;
        }
    }

    private IEnumerable<CapturedObject> MySql()
    {
        foreach (string?[] row in connection.QueryText("SELECT User, Host FROM mysql.user ORDER BY User, Host").Where(row => !OfServer.Contains(row[0])))
        {
            if (User(row[0]!, row[1]!, null) is { } user)
                yield return user;
        }
    }

    private CapturedObject? User(string name, string host, string? defaultRole)
    {
        string account = Account(name, host);
        List<string> statements = [];
        try
        {
            statements = [connection.QueryValue($"SHOW CREATE USER {account}")!, .. Grants(account)];
        }
        catch (MySqlRefusal e) when (e.Code is NoSuchAccount or NoSuchGrant)
        {
            // A server without name resolution ignores accounts of named hosts.
            note($"user {name}@{host} is not in the snapshot: the server keeps it and does not use it ({e.Message})");
            return null;
        }

        // MariaDB 10.11 says it among the grants.
        if (!string.IsNullOrEmpty(defaultRole) && !statements.Exists(statement => statement.StartsWith("SET DEFAULT ROLE", StringComparison.Ordinal)))
            statements.Add($"SET DEFAULT ROLE {Sql.Name(defaultRole)} FOR {account}");
        return Make("user", $"{name}@{host}", statements);
    }

    private IEnumerable<string> Grants(string account) => connection.QueryText($"SHOW GRANTS FOR {account}").Select(row => row[0]!);

    private static string Account(string name, string host) => $"{Sql.Text(name)}@{Sql.Text(host)}";

    private static CapturedObject Make(string kind, string name, IEnumerable<string> statements) =>
        new(kind, "", name, new DefinitionText([], Encoding.UTF8.GetBytes(string.Join("\n", statements.Select(OneLine)))));

    // Names are quoted and seldom hold a line end; one that does must not become two statements.
    private static string OneLine(string statement) => statement.Contains('\n', StringComparison.Ordinal)
        ? throw new SourceException($"the name of an account holds a line end, which Snapstore cannot capture: {statement.Split('\n')[0]}...")
        : statement;
}
