namespace Snapstore.Databases.Odbc;

/// <summary>What the driver says, as an error that says what to do.</summary>
internal static class OdbcErrors
{
    /// <summary>Runs something; what the driver says of its failure becomes a SourceException.</summary>
    public static T Explained<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (OdbcException e)
        {
            throw Explain(e);
        }
        catch (OdbcChangedException e)
        {
            throw new SourceException(e.Message, e);
        }
    }

    /// <summary>The error for the user.</summary>
    public static SourceException Explain(OdbcException e) => new($"{e.Message}{(e.Message.Contains(OdbcConnection.Refused, StringComparison.Ordinal) ? ConnectionAdvice(e.State) : Advice(e.State))}", e);

    private static string ConnectionAdvice(string state) => state switch
    {
        "IM002" => "; the DSN stands in neither ~/.odbc.ini nor odbc.ini of the system (odbcinst -j shows where they are)",
        "IM004" or "01000" or "IM003" => "; the driver is not installed or not usable (odbcinst -q -d lists drivers; packages odbc-postgresql, odbc-mariadb, libsqliteodbc, tdsodbc)",
        _ => "; check that the server is up and can be reached, the user, and the password in SNAPSTORE_DATABASE_PASSWORD_FILE or in the DSN",
    };

    // By class of SQLSTATE, which all drivers share.
    private static string Advice(string state) => state switch
    {
        "42501" => "; the user lacks a privilege: grant it, or leave the table out (--exclude-table)",
        _ when state.StartsWith("08", StringComparison.Ordinal) => "; the connection was lost: check that the server is up and can be reached",
        _ => "",
    };
}
