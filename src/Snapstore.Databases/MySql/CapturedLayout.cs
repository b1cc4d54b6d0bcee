namespace Snapstore.Databases.MySql;

/// <summary>One database of a snapshot.</summary>
/// <param name="Name">Its name when it was captured.</param>
/// <param name="Tables">Its tables.</param>
/// <param name="Objects">Everything else in it, in the order of restoring.</param>
internal sealed record CapturedDatabasePart(string Name, IReadOnlyList<TableDescription> Tables, IReadOnlyList<ObjectDescription> Objects)
{
    /// <summary>The objects of these kinds.</summary>
    public IEnumerable<ObjectDescription> OfKind(params string[] kinds) => Objects.Where(item => kinds.Contains(item.Kind));
}

/// <summary>What databases and accounts a snapshot holds.</summary>
internal sealed class CapturedLayout
{
    public CapturedLayout(DatabaseDescription description)
    {
        IsServer = description.Database.Length == 0;
        Accounts = [.. description.Objects.Where(item => item.Kind is "user" or "role")];
        Databases = [.. description.Objects.Where(item => item.Kind == "database").Select(item => new CapturedDatabasePart(
            item.Name,
            [.. description.Tables.Where(table => table.Schema == item.Schema)],
            [.. description.Objects.Where(other => other.Schema == item.Schema && other.Kind is not ("user" or "role"))]))];
    }

    /// <summary>True where it was taken of a whole server.</summary>
    public bool IsServer { get; }

    /// <summary>The databases.</summary>
    public IReadOnlyList<CapturedDatabasePart> Databases { get; }

    /// <summary>Users and roles.</summary>
    public IReadOnlyList<ObjectDescription> Accounts { get; }

    /// <summary>The database of this name; the only one whatever its name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public CapturedDatabasePart Find(string name)
    {
        if (!IsServer)
            return Databases[0];
        return Databases.FirstOrDefault(part => part.Name == name)
            ?? throw new UsageException($"the snapshot of the server holds no database {name}; it holds: {string.Join(", ", Databases.Select(part => part.Name))}");
    }

    /// <summary>The table that a user names as `table` or `database.table`, and its database.</summary>
    /// <exception cref="UsageException">There is none, or more than one.</exception>
    public (CapturedDatabasePart Part, TableDescription Table) FindTable(string name)
    {
        List<(CapturedDatabasePart Part, TableDescription Table)> found = [.. Databases
            .SelectMany(part => part.Tables.Select(table => (part, table)))
            .Where(pair => pair.table.Name == name || $"{pair.part.Name}.{pair.table.Name}" == name)];
        return found switch
        {
            [var one] => one,
            [] => throw new UsageException($"the snapshot holds no table {name}; it holds: {string.Join(", ", Databases.SelectMany(part => part.Tables.Select(table => table.Name)).Take(20))}"),
            _ => throw new UsageException($"the snapshot holds several tables {name}; say which: {string.Join(", ", found.Select(pair => $"{pair.Part.Name}.{pair.Table.Name}"))}"),
        };
    }
}
