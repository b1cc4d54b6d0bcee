namespace Snapstore.Databases.MySql;

/// <summary>An object that is no table, with its definition.</summary>
/// <param name="Kind">"sequence", "function", "procedure", "package", "package body", "view", "trigger", "event", "user", "role".</param>
/// <param name="Database">Its database; "" for users and roles.</param>
/// <param name="Name">Its name.</param>
/// <param name="Definition">Its file.</param>
/// <param name="Table">Of a trigger: its table.</param>
internal sealed record CapturedObject(string Kind, string Database, string Name, DefinitionText Definition, string? Table = null)
{
    /// <summary>The folder of its kind.</summary>
    public string Folder => Kind switch { "package body" => "package-bodies", _ => $"{Kind}s" };

    /// <summary>The path of its file below its database's folder; of accounts, below the top.</summary>
    public string Path => FileNames.PathOf(Folder, "", Name, ".sql");
}
