namespace Snapstore.Databases.MySql;

/// <summary>What makes a session independent of the server's settings: nothing may be converted, cut off or timed out.</summary>
internal static class SessionSettings
{
    /// <summary>Seconds after which waiting for a lock is given up, by default.</summary>
    public const int LockWait = 10;

    /// <summary>The SQL mode in which a value goes in as it came out: zero is no reason to count up, and the 31st of February is a
    /// date where the mode that it was written under allowed it.</summary>
    public const string ValuesAsTheyAre = "NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES";

    // All servers.
    private const string Common = "SET NAMES utf8mb4; SET SESSION time_zone='+00:00'; SET SESSION sql_mode=''; SET SESSION sql_quote_show_create=1"
        + "; SET SESSION autocommit=1; SET SESSION sql_select_limit=18446744073709551615; SET SESSION sql_big_selects=1; SET SESSION sql_safe_updates=0"
        + "; SET SESSION net_write_timeout=86400; SET SESSION net_read_timeout=86400; SET SESSION wait_timeout=2147483"
        + "; SET SESSION group_concat_max_len=1048576; SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ";

    // Only where the server knows them.
    private const string Optional = "SET SESSION max_statement_time=0; SET SESSION max_execution_time=0; SET SESSION idle_transaction_timeout=0"
        + "; SET SESSION idle_readonly_transaction_timeout=0; SET SESSION show_create_table_skip_secondary_engine=0; SET SESSION information_schema_stats_expiry=0"
        + "; SET SESSION show_create_table_verbosity=0; SET SESSION print_identified_with_as_hex=1";

    /// <summary>Makes the session so.</summary>
    public static void Apply(MySqlConnection connection)
    {
        foreach (string statement in Common.Split("; "))
            connection.Execute(statement);
        connection.Execute(FormattableString.Invariant($"SET SESSION lock_wait_timeout={LockWait}"));
        foreach (string statement in Optional.Split("; "))
            ExecuteIfKnown(connection, statement);
    }

    /// <summary>And one that writes what was read by such a session: keys are not checked, zero is no reason to count up.</summary>
    public static void ApplyForRestore(MySqlConnection connection)
    {
        connection.Execute($"SET SESSION sql_mode='{ValuesAsTheyAre}'");
        connection.Execute("SET SESSION foreign_key_checks=0");
        connection.Execute("SET SESSION unique_checks=0");
        ExecuteIfKnown(connection, "SET SESSION check_constraint_checks=0");
    }

    /// <summary>And after that one that writes into a live table: checked like any other change.</summary>
    public static void ApplyForLiveRows(MySqlConnection connection)
    {
        connection.Execute($"SET SESSION sql_mode='STRICT_ALL_TABLES,{ValuesAsTheyAre}'");
        connection.Execute("SET SESSION foreign_key_checks=1");
        connection.Execute("SET SESSION unique_checks=1");
        ExecuteIfKnown(connection, "SET SESSION check_constraint_checks=1");
    }

    private static void ExecuteIfKnown(MySqlConnection connection, string statement)
    {
        try
        {
            connection.Execute(statement);
        }
        catch (MySqlRefusal e) when (e.Code == MySqlRefusal.UnknownVariable || e.IsAccessDenied)
        {
            // A setting of the other family, or of another version.
        }
    }
}
