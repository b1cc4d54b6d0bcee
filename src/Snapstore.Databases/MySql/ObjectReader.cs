using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>Reads the definitions of sequences, routines, views, triggers and events of one database, in the order in which
/// they are restored.</summary>
/// <param name="connection">A session whose results are not converted, and which may change its current database.</param>
/// <param name="database">The database.</param>
/// <param name="warn">Told what could not be read.</param>
internal sealed class ObjectReader(MySqlConnection connection, string database, Action<string> warn)
{
    /// <summary>All of them.</summary>
    public IEnumerable<CapturedObject> Read(IReadOnlyList<ListedTable> listed)
    {
        // In their own database, views name tables without it: so that they can be restored into another one.
        connection.Execute($"USE {Sql.Name(database)}");
        return [.. listed.Where(t => t.Kind == "SEQUENCE").Select(Sequence), .. Routines(), .. Views(listed), .. Triggers(null), .. Events()];
    }

    /// <summary>The triggers of these tables.</summary>
    public IEnumerable<CapturedObject> ReadTriggersOf(IReadOnlyList<ListedTable> tables)
    {
        connection.Execute($"USE {Sql.Name(database)}");
        return [.. Triggers(tables)];
    }

    /// <summary>The views among these.</summary>
    public IEnumerable<CapturedObject> ReadViews(IReadOnlyList<ListedTable> listed)
    {
        connection.Execute($"USE {Sql.Name(database)}");
        return [.. Views(listed)];
    }

    // A value read later than the moment is only ahead: no number is given twice.
    private CapturedObject Sequence(ListedTable sequence)
    {
        byte[] create = connection.Query($"SHOW CREATE SEQUENCE {sequence.SqlName}")[0][1]!;
        string state = connection.QueryValue($"SELECT next_not_cached_value FROM {sequence.SqlName}")!;
        string set = $"DO SETVAL({Sql.Name(sequence.Name)}, {state}, 0)";
        return new("sequence", database, sequence.Name, new DefinitionText([], [.. create, .. Encoding.UTF8.GetBytes($";\n{set}")]));
    }

    private IEnumerable<CapturedObject> Routines()
    {
        List<string?[]> routines = connection.QueryText("SELECT ROUTINE_TYPE, ROUTINE_NAME FROM information_schema.ROUTINES"
            + $" WHERE ROUTINE_SCHEMA={Sql.Text(database)} AND ROUTINE_TYPE IS NOT NULL ORDER BY FIELD(ROUTINE_TYPE, 'PACKAGE', 'PACKAGE BODY', 'FUNCTION', 'PROCEDURE'), ROUTINE_NAME");
        foreach (string?[] routine in routines)
        {
            string kind = routine[0]!, name = routine[1]!;
            byte[]?[] row = connection.Query($"SHOW CREATE {kind} {Sql.Name(database, name)}")[0];
            if (row[2] is null)
                warn($"{kind} {database}.{name}: the user may not read its definition; it is not in the snapshot");
            else
                yield return Make(kind, name, row[2]!, mode: row[1], client: row[3], collation: row[4]);
        }
    }

    private IEnumerable<CapturedObject> Views(IReadOnlyList<ListedTable> listed)
    {
        foreach (ListedTable view in listed.Where(t => t.Kind == "VIEW"))
        {
            byte[]?[]? row = Show(view);
            if (row is not null)
                yield return Make("view", view.Name, row[1]!, mode: null, client: row[2], collation: row[3]);
        }
    }

    private byte[]?[]? Show(ListedTable view)
    {
        try
        {
            return connection.Query($"SHOW CREATE VIEW {Sql.Name(view.Name)}")[0];
        }
        catch (MySqlRefusal e) when (e.IsAccessDenied)
        {
            warn($"view {view.Title}: the user may not read its definition (privilege SHOW VIEW); it is not in the snapshot");
            return null;
        }
    }

    private IEnumerable<CapturedObject> Triggers(IReadOnlyList<ListedTable>? ofTables)
    {
        // In the order in which they fire: one made later fires later.
        List<string?[]> triggers = connection.QueryText("SELECT TRIGGER_NAME, EVENT_OBJECT_TABLE FROM information_schema.TRIGGERS"
            + $" WHERE TRIGGER_SCHEMA={Sql.Text(database)} ORDER BY EVENT_OBJECT_TABLE, EVENT_MANIPULATION, ACTION_TIMING, ACTION_ORDER");
        foreach (string?[] trigger in triggers.Where(row => ofTables is null || ofTables.Any(table => table.Name == row[1])))
        {
            byte[]?[] row = connection.Query($"SHOW CREATE TRIGGER {Sql.Name(database, trigger[0]!)}")[0];
            CapturedObject made = Make("trigger", trigger[0]!, row[2]!, mode: row[1], client: row[3], collation: row[4]);
            yield return made with { Table = trigger[1] };
        }
    }

    private IEnumerable<CapturedObject> Events()
    {
        List<string?[]> events = connection.QueryText($"SELECT EVENT_NAME FROM information_schema.EVENTS WHERE EVENT_SCHEMA={Sql.Text(database)} ORDER BY EVENT_NAME");
        foreach (string name in events.Select(row => row[0]!))
        {
            byte[]?[] row = connection.Query($"SHOW CREATE EVENT {Sql.Name(database, name)}")[0];
            CapturedObject made = Make("event", name, row[3]!, mode: row[1], client: row[4], collation: row[5]);
            string zone = $"SET time_zone = {Sql.Text(Encoding.UTF8.GetString(row[2]!))}";
            yield return made with { Definition = made.Definition with { Settings = [.. made.Definition.Settings, zone] } };
        }
    }

    private CapturedObject Make(string kind, string name, byte[] statement, byte[]? mode, byte[]? client, byte[]? collation)
    {
        List<string> settings = [];
        if (mode is not null)
            settings.Add($"SET sql_mode = '{Encoding.ASCII.GetString(mode)}'");
        settings.Add($"SET character_set_client = {Encoding.ASCII.GetString(client!)}");
        settings.Add($"SET collation_connection = {Encoding.ASCII.GetString(collation!)}");
        return new(kind.ToLowerInvariant(), database, name, new DefinitionText(settings, statement));
    }
}
