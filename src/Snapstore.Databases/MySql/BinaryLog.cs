namespace Snapstore.Databases.MySql;

/// <summary>Where a server stands in its binary log.</summary>
internal static class BinaryLog
{
    /// <summary>Where it stands now: meant for a moment in which nothing commits. Empty where there is no log, or the user may
    /// not know.</summary>
    public static SortedDictionary<string, string> Position(MySqlConnection connection)
    {
        SortedDictionary<string, string> position = new(StringComparer.Ordinal);
        string?[]? status = Try(connection, "SHOW MASTER STATUS") ?? Try(connection, "SHOW BINARY LOG STATUS");
        if (status is not { Length: >= 2 })
            return position;
        position["binlog_file"] = status[0]!;
        position["binlog_position"] = status[1]!;
        string variable = connection.IsMariaDb ? "@@global.gtid_binlog_pos" : "@@global.gtid_executed";
        if (Try(connection, $"SELECT {variable}") is [{ Length: > 0 } gtid])
            position["gtid"] = gtid;
        return position;
    }

    /// <summary>Where the transaction of this connection stands: MariaDB knows.</summary>
    public static SortedDictionary<string, string> PositionOfTransaction(MySqlConnection connection)
    {
        SortedDictionary<string, string> position = new(StringComparer.Ordinal);
        foreach (string?[] row in connection.QueryText("SHOW STATUS LIKE 'binlog_snapshot_%'"))
        {
            if (!string.IsNullOrEmpty(row[1]) && row[0]!.EndsWith("file", StringComparison.OrdinalIgnoreCase))
                position["binlog_file"] = row[1]!;
            else if (position.ContainsKey("binlog_file") && row[0]!.EndsWith("position", StringComparison.OrdinalIgnoreCase))
                position["binlog_position"] = row[1]!;
        }

        if (position.Count == 2 && Try(connection, $"SELECT BINLOG_GTID_POS({Sql.Text(position["binlog_file"])}, {position["binlog_position"]})") is [{ Length: > 0 } gtid])
            position["gtid"] = gtid;
        return position;
    }

    private static string?[]? Try(MySqlConnection connection, string query)
    {
        try
        {
            return connection.QueryText(query) is [string?[] first, ..] ? first : null;
        }
        catch (MySqlRefusal)
        {
            return null;
        }
    }
}
