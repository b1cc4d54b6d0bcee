namespace Snapstore.Databases.MySql;

/// <summary>What the user may not see: the server leaves it out of its lists and says nothing.</summary>
internal static class PrivilegeCheck
{
    // Privilege, and what is not shown without it.
    private static readonly (string Privilege, string Hidden)[] Needed =
        [("SELECT", "tables"), ("SHOW VIEW", "definitions of views"), ("TRIGGER", "triggers"), ("EVENT", "events")];

    /// <summary>Warnings about what may be missing from a snapshot of this database.</summary>
    public static IEnumerable<string> Warnings(MySqlConnection connection, string database)
    {
        string own = OwnGrantee(connection);
        List<string> held = [.. connection.QueryText("SELECT PRIVILEGE_TYPE FROM information_schema.USER_PRIVILEGES WHERE " + own
            + $" UNION SELECT PRIVILEGE_TYPE FROM information_schema.SCHEMA_PRIVILEGES WHERE {Sql.Text(database)} LIKE TABLE_SCHEMA AND {own}").Select(row => row[0]!)];
        foreach ((string privilege, string hidden) in Needed.Where(pair => !held.Contains(pair.Privilege)))
            yield return $"{database}: the user has no privilege {privilege} for the whole database, so that {hidden} it may not see would be missing from the snapshot";
        if (!held.Contains("SHOW_ROUTINE") && !CanReadRoutines(connection))
            yield return $"{database}: the user may not see all routines (it needs SELECT on mysql.proc, or SHOW_ROUTINE), so that some may be missing from the snapshot";
    }

    // The user itself, and the role that is active.
    private static string OwnGrantee(MySqlConnection connection)
    {
        bool hasRoles = connection.IsMariaDb || connection.IsAtLeast(8, 0);
        string roles = hasRoles ? ", CONCAT('''', CURRENT_ROLE(), '''@'''''), CONCAT('''', CURRENT_ROLE(), '''')" : "";
        return $"GRANTEE IN (CONCAT('''', SUBSTRING_INDEX(CURRENT_USER(), '@', 1), '''@''', SUBSTRING_INDEX(CURRENT_USER(), '@', -1), ''''){roles})";
    }

    private static bool CanReadRoutines(MySqlConnection connection)
    {
        string table = connection.IsMariaDb ? "mysql.proc" : "mysql.user";
        try
        {
            connection.Execute($"SELECT 1 FROM {table} LIMIT 0");
            return true;
        }
        catch (MySqlRefusal e) when (e.IsAccessDenied)
        {
            return false;
        }
    }
}
