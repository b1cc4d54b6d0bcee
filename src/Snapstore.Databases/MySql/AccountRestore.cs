using System.Text;
using Snapstore.Browse;

namespace Snapstore.Databases.MySql;

/// <summary>Makes the users and roles of a snapshot that the server does not have, and gives them what was granted to them. An
/// account that is there stays as it is.</summary>
internal sealed class AccountRestore(RestoreContext context)
{
    private readonly List<(string Title, string Account, IReadOnlyList<string> Grants)> _made = [];
    private readonly List<string> _notes = [], _problems = [];

    /// <summary>Makes the accounts. One that needs another that comes later is tried again.</summary>
    public void Create()
    {
        using SnapshotFiles files = context.Captured.Open();
        using MySqlConnection connection = context.Connect();
        List<ObjectDescription> left = [.. context.Layout.Accounts.Where(item => !IsThere(connection, item))];
        foreach (ObjectDescription item in left.Where(item => TryCreate(connection, files, item) is not null).ToList())
        {
            if (TryCreate(connection, files, item) is { } refusal)
                _problems.Add($"{item.Kind} {item.Name} could not be made: {refusal}");
        }
    }

    /// <summary>Grants, once all that is granted on is there.</summary>
    public DatabaseRestoreReport Grant()
    {
        using MySqlConnection connection = context.Connect();
        foreach ((string title, _, IReadOnlyList<string> grants) in _made)
        {
            foreach (string grant in grants)
            {
                try
                {
                    connection.Execute(grant);
                }
                catch (MySqlRefusal e)
                {
                    _problems.Add($"{title}: a privilege could not be given: {e.Message}");
                }
            }
        }

        return new DatabaseRestoreReport { Objects = [("accounts", _made.Count)], Problems = _problems, Notes = _notes };
    }

    /// <summary>Removes the accounts made.</summary>
    public void Undo()
    {
        if (_made.Count == 0)
            return;
        using MySqlConnection connection = context.Connect();
        foreach ((string title, string account, _) in _made)
            connection.Execute(title.StartsWith("role", StringComparison.Ordinal) ? $"DROP ROLE IF EXISTS {account}" : $"DROP USER IF EXISTS {account}");
    }

    private bool IsThere(MySqlConnection connection, ObjectDescription item)
    {
        (string name, string host) = Split(item);
        bool isThere = connection.QueryText($"SELECT 1 FROM mysql.user WHERE User={Sql.Text(name)} AND Host={Sql.Text(host)}").Count > 0;
        if (isThere)
            _notes.Add($"{item.Kind} {item.Name} is there already and was left as it is");
        return isThere;
    }

    // Null where it was made, else why not.
    private string? TryCreate(MySqlConnection connection, SnapshotFiles files, ObjectDescription item)
    {
        string[] statements = Encoding.UTF8.GetString(DefinitionText.Decode(files.ReadAll(item.File!), item.File!).Statement).Split('\n');
        try
        {
            connection.Execute(statements[0]);
            _made.Add(($"{item.Kind} {item.Name}", Account(item), statements[1..]));
            return null;
        }
        catch (MySqlRefusal e)
        {
            return e.Message;
        }
    }

    private static string Account(ObjectDescription item)
    {
        (string name, string host) = Split(item);
        return item.Kind == "role" ? Sql.Name(name) : $"{Sql.Text(name)}@{Sql.Text(host)}";
    }

    private static (string Name, string Host) Split(ObjectDescription item)
    {
        if (item.Kind == "role")
            return (item.Name, "");
        int at = item.Name.LastIndexOf('@');
        return (item.Name[..at], item.Name[(at + 1)..]);
    }
}
