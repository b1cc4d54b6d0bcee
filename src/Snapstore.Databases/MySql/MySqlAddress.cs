namespace Snapstore.Databases.MySql;

/// <summary>Whether the connection is encrypted, in the words of MySQL's option ssl-mode.</summary>
internal enum TlsMode
{
    /// <summary>Where the server can, and the connection leaves this machine.</summary>
    Preferred,

    /// <summary>Never.</summary>
    Disabled,

    /// <summary>Always; whom the certificate names is not looked at.</summary>
    Required,

    /// <summary>Always, with a certificate that the authorities at hand have signed.</summary>
    VerifyCa,

    /// <summary>As before, and it names the host.</summary>
    VerifyIdentity,
}

/// <summary>Where a server is and who connects. No record: its text must never show the password.</summary>
internal sealed class MySqlAddress
{
    private static readonly string[] UsualSockets = ["/run/mysqld/mysqld.sock", "/var/run/mysqld/mysqld.sock", "/var/lib/mysql/mysql.sock", "/tmp/mysql.sock"];

    /// <summary>Host name or address; where a socket is used, "localhost".</summary>
    public required string Host { get; init; }

    /// <summary>TCP port.</summary>
    public required int Port { get; init; }

    /// <summary>Path of the Unix socket; null for TCP.</summary>
    public string? Socket { get; init; }

    /// <summary>The account.</summary>
    public required string User { get; init; }

    /// <summary>Its password; "" for none.</summary>
    public string Password { get; init; } = "";

    /// <summary>Whether the connection is encrypted.</summary>
    public TlsMode Tls { get; init; }

    /// <summary>PEM file of the authorities that sign the server's certificate; null for the system's.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>True lets the server send the RSA key for the password over an open network.</summary>
    public bool TrustsServerKey { get; init; }

    /// <summary>True where nobody but this machine's own can listen.</summary>
    public bool IsLocal => Socket is not null || Host is "localhost" or "127.0.0.1" or "::1";

    /// <summary>For messages: where, and as whom.</summary>
    public override string ToString() => $"{User}@{Place}";

    /// <summary>For messages and for the snapshot's name: where.</summary>
    public string Place => Socket is null
        ? Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}"
        : UsualSockets.Contains(Socket) ? "localhost" : Uri.EscapeDataString(Socket);

    /// <summary>Finds all of it: from the URL, then the option files, then the environment.</summary>
    /// <param name="url">What the user named.</param>
    /// <param name="variable">Gives an environment variable.</param>
    /// <exception cref="UsageException">The URL has a parameter that is not known, or one of a wrong value.</exception>
    public static MySqlAddress Find(DatabaseUrl url, Func<string, string?> variable)
    {
        CheckParameters(url);
        OptionFile options = OptionFile.Find(url.Parameters.GetValueOrDefault("defaults-file"), variable);
        string host = url.Host.Length > 0 ? url.Host : options["host"] ?? variable("MYSQL_HOST") ?? "localhost";
        string? socket = SocketOf(host, url, options, variable);
        return new MySqlAddress
        {
            Host = socket is null ? host : "localhost",
            Port = url.Port ?? PortOf(options["port"] ?? variable("MYSQL_TCP_PORT")),
            Socket = socket,
            User = url.User ?? options["user"] ?? Environment.UserName,
            Password = DatabasePassword.Find(variable) ?? options["password"] ?? variable("MYSQL_PWD") ?? "",
            Tls = ModeOf(url.Parameters.GetValueOrDefault("ssl-mode") ?? options["ssl-mode"]),
            AuthorityFile = url.Parameters.GetValueOrDefault("ssl-ca") ?? options["ssl-ca"],
            TrustsServerKey = url.Parameters.GetValueOrDefault("get-server-public-key") is "1" or "true",
        };
    }

    private static void CheckParameters(DatabaseUrl url)
    {
        string[] known = ["socket", "defaults-file", "ssl-mode", "ssl-ca", "get-server-public-key"];
        string? unknown = url.Parameters.Keys.FirstOrDefault(name => !known.Contains(name));
        if (unknown is not null)
            throw new UsageException($"the {url.Scheme} URL has a parameter {unknown} that is not known; known are {string.Join(", ", known)}");
    }

    private static string? SocketOf(string host, DatabaseUrl url, OptionFile options, Func<string, string?> variable)
    {
        if (url.Parameters.GetValueOrDefault("socket") is { } named)
            return named;
        if (host.StartsWith('/'))
            return Directory.Exists(host) ? Path.Combine(host, "mysqld.sock") : host;
        if (host != "localhost" || url.Port is not null)
            return null;
        return options["socket"] ?? variable("MYSQL_UNIX_PORT") ?? UsualSockets.FirstOrDefault(File.Exists);
    }

    private static int PortOf(string? text)
    {
        if (string.IsNullOrEmpty(text))
            return 3306;
        return ushort.TryParse(text, out ushort port) && port > 0 ? port : throw new UsageException($"the port in the option file or in MYSQL_TCP_PORT is none: {text}");
    }

    private static TlsMode ModeOf(string? text) => text?.ToUpperInvariant() switch
    {
        null or "" or "PREFERRED" => TlsMode.Preferred,
        "DISABLED" => TlsMode.Disabled,
        "REQUIRED" => TlsMode.Required,
        "VERIFY_CA" => TlsMode.VerifyCa,
        "VERIFY_IDENTITY" => TlsMode.VerifyIdentity,
        _ => throw new UsageException($"ssl-mode is DISABLED, PREFERRED, REQUIRED, VERIFY_CA or VERIFY_IDENTITY, not {text}"),
    };
}
