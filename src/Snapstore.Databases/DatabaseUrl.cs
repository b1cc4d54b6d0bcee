using System.Globalization;

namespace Snapstore.Databases;

/// <summary>`scheme://user@host:port/path?name=value&amp;...` or `scheme:text`: where a database is. Never holds a password.</summary>
/// <param name="Scheme">In lower case, without the colon.</param>
/// <param name="User">The user; null where none is named.</param>
/// <param name="Host">Host name, address, or a directory of a socket (percent-encoded in the URL); "" where none is named.</param>
/// <param name="Port">The port; null for the engine's own.</param>
/// <param name="Path">What follows the host, without its slash, or all behind the colon where no `//` follows it.</param>
/// <param name="Parameters">What follows `?`.</param>
public sealed record DatabaseUrl(
    string Scheme, string? User, string Host, int? Port, string Path, IReadOnlyDictionary<string, string> Parameters)
{
    /// <summary>The scheme of a source argument such as `postgres://db1/shop` or `sqlite:/srv/app.db`; null for anything else, a
    /// path above all.</summary>
    public static string? SchemeOf(string text)
    {
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 1 && text.AsSpan(0, colon).IndexOfAnyExcept(SchemeCharacters) < 0 ? text[..colon].ToLowerInvariant() : null;
    }

    /// <summary>Reads a URL.</summary>
    /// <exception cref="UsageException">It is none, or it holds a password, which other users of this machine could read.</exception>
    public static DatabaseUrl Parse(string text)
    {
        string scheme = SchemeOf(text) ?? throw new UsageException("a database is named as scheme://user@host:port/database, or sqlite:PATH, or odbc:DSN");
        string rest = text[(scheme.Length + 1)..];
        // Behind `sqlite:` stands a path, which may begin with any number of slashes.
        if (scheme == "sqlite" || !rest.StartsWith("//", StringComparison.Ordinal))
            return new DatabaseUrl(scheme, null, "", null, rest, new Dictionary<string, string>());
        (string main, string query) = Cut(rest[2..], '?');
        (string authority, string path) = Cut(main, '/');
        int at = authority.LastIndexOf('@');
        string user = at < 0 ? "" : authority[..at];
        if (user.Contains(':', StringComparison.Ordinal))
            throw new UsageException($"the {scheme} URL holds a password, which every user of this machine can see in the list of processes; give it another way (snapstore snapshot --help)");
        (string host, int? port) = HostAndPort(scheme, authority[(at + 1)..]);
        return new DatabaseUrl(scheme, at < 0 ? null : Decode(user), Decode(host), port, Decode(path), ParseQuery(scheme, query));
    }

    private static readonly System.Buffers.SearchValues<char> SchemeCharacters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-.");

    private static (string Host, int? Port) HostAndPort(string scheme, string text)
    {
        int colon = text.LastIndexOf(':');
        bool isBracketed = text.StartsWith('[');
        if (colon < 0 || (isBracketed && text.EndsWith(']')))
            return (text.Trim('[', ']'), null);
        return int.TryParse(text[(colon + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out int port) && port is > 0 and < 65536
            ? (text[..colon].Trim('[', ']'), port)
            : throw new UsageException($"the {scheme} URL names a port that is none: {text[(colon + 1)..]}");
    }

    private static Dictionary<string, string> ParseQuery(string scheme, string query)
    {
        Dictionary<string, string> parameters = new(StringComparer.Ordinal);
        foreach (string part in query.Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            (string name, string value) = Cut(part, '=');
            if (name.Contains("password", StringComparison.OrdinalIgnoreCase))
                throw new UsageException($"the {scheme} URL holds a password, which every user of this machine can see in the list of processes; give it another way (snapstore snapshot --help)");
            parameters[Decode(name)] = Decode(value);
        }

        return parameters;
    }

    private static (string Before, string After) Cut(string text, char mark)
    {
        int at = text.IndexOf(mark, StringComparison.Ordinal);
        return at < 0 ? (text, "") : (text[..at], text[(at + 1)..]);
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text);
}
