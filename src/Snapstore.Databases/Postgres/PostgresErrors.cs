using System.Net.Sockets;
using Npgsql;

namespace Snapstore.Databases.Postgres;

/// <summary>What the server or the driver says, in words that name what to do next; the driver's own types end here.</summary>
internal static class PostgresErrors
{
    /// <summary>True for what the driver throws when the server refuses something, or when the connection is gone.</summary>
    public static bool IsOfDriver(Exception e) => e is NpgsqlException or SocketException or ObjectDisposedException or InvalidOperationException
        or TimeoutException or IOException or InvalidCastException;

    /// <summary>The error for our user.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="server">The server.</param>
    /// <param name="doing">What was being done: "reading table public.orders".</param>
    public static SourceException Of(Exception e, PostgresServer server, string doing) => e switch
    {
        PostgresException refused => new SourceException($"{server.Name}: {doing}: {Said(refused)}{Advice(refused, server, doing)}", refused) { Data = { ["SqlState"] = refused.SqlState } },
        _ => new SourceException($"{server.Name}: {doing}: {Lost(e)}", e),
    };

    /// <summary>The server's code of an error that <see cref="Of"/> made; "" where the server said nothing.</summary>
    public static string CodeOf(SourceException e) => e.Data["SqlState"] as string ?? "";

    /// <summary>Of an error that <see cref="Of"/> made, only what the server said.</summary>
    public static string WordsOf(SourceException e) => e.InnerException is PostgresException said ? Said(said) : e.Message;

    private static string Said(PostgresException e)
    {
        string detail = string.IsNullOrEmpty(e.Detail) ? "" : $" ({e.Detail.Replace("\n", "; ", StringComparison.Ordinal)})";
        string hint = string.IsNullOrEmpty(e.Hint) ? "" : $"; {e.Hint}";
        return $"{e.MessageText}{detail}{hint}";
    }

    private static string Advice(PostgresException e, PostgresServer server, string doing) => e.SqlState switch
    {
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            $"; {WherePasswords}",
        PostgresErrorCodes.InvalidCatalogName => "; check the URL's last part (a restore makes it with --create)",
        PostgresErrorCodes.InsufficientPrivilege when e.MessageText.Contains("row-level security", StringComparison.Ordinal) =>
            $"; some rows would be missing: role {server.User} needs BYPASSRLS (ALTER ROLE), or use another role, or leave the table out (--exclude-table)",
        PostgresErrorCodes.InsufficientPrivilege when doing.StartsWith("locking", StringComparison.Ordinal) || doing.StartsWith("reading", StringComparison.Ordinal) =>
            $"; role {server.User} must be allowed to do this: grant it (pg_read_all_data reads every table), or use another role",
        PostgresErrorCodes.InsufficientPrivilege => $"; role {server.User} must be allowed to do this: grant it, or use another role",
        PostgresErrorCodes.LockNotAvailable => "; somebody waits to change this object: run again",
        PostgresErrorCodes.QueryCanceled => "; the statement was cancelled",
        _ => "",
    };

    private static string WherePasswords =>
        $"name the role in the URL and give its password by PGPASSWORD, PGPASSFILE, ~/.pgpass, {DatabasePassword.Variable} or {DatabasePassword.FileVariable}";

    private static string Lost(Exception e)
    {
        Exception inner = e.GetBaseException();
        if (inner.Message.StartsWith("No password has been provided", StringComparison.Ordinal))
            return $"the server asks for a password, and none is known; {WherePasswords}";
        return inner is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.HostNotFound or SocketError.AddressNotAvailable or SocketError.TimedOut or SocketError.TryAgain }
            ? $"the server cannot be reached ({inner.Message}); is it running, and are host and port right?"
            : $"the connection failed or was lost ({inner.Message.TrimEnd('.')})";
    }
}
