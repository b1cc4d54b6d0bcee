using System.Globalization;
using System.Text.RegularExpressions;

namespace Snapstore.RemoteStorage.Ssh;

/// <summary>A folder of another machine as a user names it: sftp:user@host:/path or sftp://user@host:port/path, or the same with ssh:
/// (spec/storage-sftp.md, "Locations"). Holds no secret: one with a password in it is refused.</summary>
public sealed partial record SshLocation
{
    /// <summary>What a location begins with: files by SFTP, or a snapstore that serves them.</summary>
    public const string Sftp = "sftp:", Served = "ssh:";

    private const int PortMax = 65535;

    private SshLocation(string scheme, string? user, string host, int? port, string path) => (Scheme, User, Host, Port, Path) = (scheme, user, host, port, path);

    /// <summary>What it begins with: <see cref="Sftp"/> or <see cref="Served"/>.</summary>
    public string Scheme { get; }

    /// <summary>The account there; null for what ssh would take.</summary>
    public string? User { get; }

    /// <summary>The machine: a name, an address, or a Host of the user's ~/.ssh/config.</summary>
    public string Host { get; }

    /// <summary>Its port; null for what ssh would take.</summary>
    public int? Port { get; }

    /// <summary>The folder: from the root if it begins with '/', else from where a login begins.</summary>
    public string Path { get; }

    /// <summary>What ssh takes as the place to connect to. Never begins with a dash.</summary>
    public string Destination => User is null ? Host : $"{User}@{Host}";

    /// <summary>True where this is a location of this kind, right or wrong.</summary>
    public static bool IsMeant(string location) => SchemeOf(location) is not null;

    /// <summary>Takes a location apart.</summary>
    /// <exception cref="UsageException">It is not one. Its text is not shown: it may hold a password.</exception>
    public static SshLocation Parse(string location)
    {
        string scheme = SchemeOf(location) ?? throw new ArgumentException("neither sftp: nor ssh:", nameof(location));
        string rest = location[scheme.Length..];
        bool isAddress = rest.StartsWith("//", StringComparison.Ordinal);
        Match match = isAddress ? AddressForm().Match(rest) : ShortForm().Match(rest);
        bool isPasswordInPath = match.Success && !isAddress && match.Groups["path"].Value.Split('/')[0].Contains('@', StringComparison.Ordinal);
        if (!match.Success || isPasswordInPath)
        {
            throw Wrong(scheme, isPasswordInPath || PasswordForm().IsMatch(rest)
                ? "it has a password in it; ssh logs in with keys, never with what stands in an argument"
                : $"write {scheme}USER@HOST:/PATH or {scheme}//USER@HOST:PORT/PATH, where neither USER nor HOST begins with a dash");
        }

        int? port = match.Groups["port"].Success ? int.Parse(match.Groups["port"].Value, CultureInfo.InvariantCulture) : null;
        if (port is 0 or > PortMax)
            throw Wrong(scheme, "there is no such port");
        string path = isAddress ? Uri.UnescapeDataString(match.Groups["path"].Value) : match.Groups["path"].Value;
        return new SshLocation(scheme, match.Groups["user"].Success ? match.Groups["user"].Value : null, match.Groups["host"].Value, port, PathOf(scheme, path, isAddress));
    }

    /// <inheritdoc/>
    public override string ToString()
    {
        string host = Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]" : Host;
        string account = User is null ? host : $"{User}@{host}";
        return Port is null
            ? $"{Scheme}{account}:{Path}"
            : string.Create(CultureInfo.InvariantCulture, $"{Scheme}//{account}:{Port}{(Path[0] == '/' ? "" : "/~/")}{Uri.EscapeDataString(Path).Replace("%2F", "/", StringComparison.Ordinal)}");
    }

    private static string PathOf(string scheme, string written, bool isAddress)
    {
        string path = written.TrimEnd('/');
        string home = isAddress ? "/~/" : "~/";
        if (path.StartsWith(home, StringComparison.Ordinal))
            path = path[home.Length..].TrimStart('/');
        if (path.Length == 0 || path is "~" or "/~")
            throw Wrong(scheme, "it names no folder");
        return path.Any(char.IsControl) ? throw Wrong(scheme, "its path holds a control character") : path;
    }

    private static string? SchemeOf(string location) =>
        location.StartsWith(Sftp, StringComparison.Ordinal) ? Sftp : location.StartsWith(Served, StringComparison.Ordinal) ? Served : null;

    private static UsageException Wrong(string scheme, string why) => new($"the location {scheme} is not understood: {why} (see spec/storage-sftp.md)");

    [GeneratedRegex(@"^(?:(?!-)(?<user>[A-Za-z0-9_.+@-]+)@)?(?:(?!-)(?<host>[A-Za-z0-9._-]+)|\[(?<host>[0-9A-Fa-f:.]+)\]):(?<path>.*)\z", RegexOptions.Singleline)]
    private static partial Regex ShortForm();

    [GeneratedRegex(@"^//(?:(?!-)(?<user>[A-Za-z0-9_.+@-]+)@)?(?:(?!-)(?<host>[A-Za-z0-9._-]+)|\[(?<host>[0-9A-Fa-f:.]+)\])(?::(?<port>[0-9]{1,5}))?(?<path>/.*)\z", RegexOptions.Singleline)]
    private static partial Regex AddressForm();

    [GeneratedRegex("^//[^/@]*:[^@]*@")]
    private static partial Regex PasswordForm();
}
