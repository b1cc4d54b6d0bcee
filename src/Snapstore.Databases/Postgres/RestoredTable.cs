namespace Snapstore.Databases.Postgres;

/// <summary>The table of the snapshot that is asked for, with its partitions, and the name it gets.</summary>
internal sealed record RestoredTable
{
    /// <summary>The table as the snapshot describes it.</summary>
    public required TableDescription Table { get; init; }

    /// <summary>The table and, where it is partitioned, all below it.</summary>
    public required IReadOnlyList<TableDescription> Family { get; init; }

    /// <summary>Schema and name in the target, quoted.</summary>
    public required string Target { get; init; }

    /// <summary>The target's schema, unquoted.</summary>
    public required string TargetSchema { get; init; }

    /// <summary>True where the target has another name than the table had.</summary>
    public required bool IsRenamed { get; init; }

    /// <summary>Those of the family that have rows of their own.</summary>
    public IEnumerable<TableDescription> WithRows => Family.Where(table => table.File is not null);

    /// <summary>True where it is made of partitions.</summary>
    public bool IsPartitioned => Table.Properties.GetValueOrDefault(PostgresDescriber.KindProperty) == "partitioned";

    /// <summary>Schema and name as SQL, as the dump writes them.</summary>
    public static string NameOf(TableDescription table) =>
        table.Properties.GetValueOrDefault(PostgresDescriber.QuotedProperty, Sql.Qualified(table.Schema, table.Name));

    /// <summary>Finds it.</summary>
    /// <exception cref="UsageException">There is no such table, or more than one, or its rows are not in the snapshot.</exception>
    public static RestoredTable Find(DatabaseDescription description, DatabaseRestoreRequest request)
    {
        string wanted = request.Table!;
        TableDescription[] found = [.. description.Tables.Where(table => $"{table.Schema}.{table.Name}" == wanted || NameOf(table) == wanted)];
        if (found.Length == 0)
            found = [.. description.Tables.Where(table => table.Name == wanted)];
        if (found.Length == 0)
            throw new UsageException($"the snapshot has no table {wanted}; it has {Names(description.Tables)}");
        if (found.Length > 1)
            throw new UsageException($"the snapshot has more than one table {wanted}: {Names(found)}; which is meant?");
        RestoredTable table = Of(found[0], description, request.TableAs);
        if (!table.WithRows.Any() && !table.IsPartitioned)
            throw new UsageException($"the snapshot holds no rows of {wanted}: it is a {found[0].Properties.GetValueOrDefault(PostgresDescriber.KindProperty, "table that was left out")}");
        return table;
    }

    private static RestoredTable Of(TableDescription table, DatabaseDescription description, string? newName)
    {
        List<string> parts = newName is null ? [table.Schema, table.Name] : Split(newName);
        if (parts.Count == 1)
            parts.Insert(0, table.Schema);
        bool isRenamed = parts[0] != table.Schema || parts[1] != table.Name;
        return new RestoredTable
        {
            Table = table,
            Family = FamilyOf(table, description),
            Target = isRenamed ? Sql.Qualified(parts[0], parts[1]) : NameOf(table),
            TargetSchema = parts[0],
            IsRenamed = isRenamed,
        };
    }

    private static List<TableDescription> FamilyOf(TableDescription table, DatabaseDescription description)
    {
        List<TableDescription> family = [table];
        for (int at = 0; at < family.Count; at++)
        {
            string parent = NameOf(family[at]);
            family.AddRange(description.Tables.Where(other => other.Properties.GetValueOrDefault(PostgresDescriber.PartitionOf) == parent));
        }

        return family;
    }

    private static string Names(IEnumerable<TableDescription> tables)
    {
        string[] names = [.. tables.Select(table => $"{table.Schema}.{table.Name}")];
        if (names.Length == 0)
            return "none";
        return names.Length <= 12 ? string.Join(", ", names) : $"{string.Join(", ", names.Take(12))}, ... ({names.Length})";
    }

    // `name`, `schema.name`, and either part in double quotes where it holds a point.
    private static List<string> Split(string name)
    {
        List<string> parts = [""];
        bool isQuoted = false;
        for (int at = 0; at < name.Length; at++)
        {
            bool isDoubled = isQuoted && at + 1 < name.Length && name[at + 1] == '"';
            if (name[at] == '"' && !isDoubled)
                isQuoted = !isQuoted;
            else if (name[at] == '.' && !isQuoted)
                parts.Add("");
            else
                parts[^1] += name[isDoubled && name[at] == '"' ? at++ : at];
        }

        return !isQuoted && parts.Count <= 2 && parts.TrueForAll(part => part.Length > 0)
            ? parts
            : throw new UsageException($"{name} is no name of a table: it is NAME or SCHEMA.NAME, a part that holds a point in double quotes");
    }
}
