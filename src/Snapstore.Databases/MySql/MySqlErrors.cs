using System.Net.Sockets;
using System.Security.Authentication;

namespace Snapstore.Databases.MySql;

/// <summary>What went wrong, in words for people: no type of this folder leaves it.</summary>
internal static class MySqlErrors
{
    /// <summary>True for what <see cref="Explain"/> can put into words.</summary>
    public static bool IsExplained(Exception e) => e is MySqlRefusal or IOException or SocketException or AuthenticationException or ObjectDisposedException;

    /// <summary>The error that the user sees.</summary>
    /// <param name="e">What happened.</param>
    /// <param name="address">Where.</param>
    /// <param name="doing">At what: "reading table shop.orders".</param>
    public static SourceException Explain(Exception e, MySqlAddress address, string doing) => e switch
    {
        MySqlRefusal refusal => new SourceException($"{doing} at {address.Place}: {Words(refusal, address)}", e),
        AuthenticationException => new SourceException($"{doing} at {address.Place}: no encrypted connection: {e.Message} (see ssl-mode and ssl-ca in the URL's parameters)", e),
        ObjectDisposedException => new SourceException($"{doing} at {address.Place}: the connection was closed", e),
        _ => new SourceException($"{doing} at {address.Place}: {e.Message}; is the server running, and reachable from here?", e),
    };

    private static string Words(MySqlRefusal refusal, MySqlAddress address) => refusal.Code switch
    {
        MySqlRefusal.AccessDenied or 1698 => $"the server refuses user {address.User} or the password ({refusal.Message}); a password comes from {DatabasePassword.Variable}, {DatabasePassword.FileVariable}, an option file or MYSQL_PWD",
        MySqlRefusal.UnknownDatabase => $"there is no such database ({refusal.Message})",
        MySqlRefusal.LockWaitTimeout => $"another connection holds a lock ({refusal.Message}); try again later",
        MySqlRefusal.PacketTooLarge => $"a row is larger than the server accepts ({refusal.Message}); raise max_allowed_packet on the server",
        _ when refusal.IsAccessDenied => $"user {address.User} lacks a privilege ({refusal.Message})",
        _ => $"{refusal.Message} (error {refusal.Code})",
    };
}
