using Npgsql;

namespace Snapstore.Databases.Postgres;

/// <summary>Where a database is and how it is reached: the URL, and for what it leaves out the variables that libpq reads.</summary>
internal sealed record PostgresServer
{
    private const int DefaultPort = 5432;

    private static readonly string[] KnownParameters = ["sslmode", "sslrootcert", "sslcert", "sslkey", "owner"];

    private static readonly string[] SocketFolders = ["/var/run/postgresql", "/tmp"];

    /// <summary>Host name, address, or the directory of a socket.</summary>
    public required string Host { get; init; }

    /// <summary>The port, also of a socket.</summary>
    public required int Port { get; init; }

    /// <summary>The role.</summary>
    public required string User { get; init; }

    /// <summary>The database's name.</summary>
    public required string Database { get; init; }

    /// <summary>sslmode, sslrootcert, sslcert, sslkey as libpq names them.</summary>
    public IReadOnlyDictionary<string, string> Tls { get; init; } = new Dictionary<string, string>();

    /// <summary>True leaves out of a restore who owns what and who may do what (`?owner=skip`).</summary>
    public bool SkipsOwners { get; init; }

    /// <summary>The password; null where none was found.</summary>
    private string? Password { get; init; }

    /// <summary>For people and lists: no user, no secret.</summary>
    public string Name => $"postgres://{(Host.StartsWith('/') ? Uri.EscapeDataString(Host) : Host)}:{Port}/{Uri.EscapeDataString(Database)}";

    /// <summary>The name: a record's own text would hold the password.</summary>
    public override string ToString() => Name;

    /// <summary>Reads a URL and the environment.</summary>
    /// <param name="url">The URL.</param>
    /// <param name="variable">Gives an environment variable; null where it is not set.</param>
    /// <exception cref="UsageException">They are wrong.</exception>
    public static PostgresServer Of(DatabaseUrl url, Func<string, string?> variable)
    {
        if (url.Parameters.Keys.FirstOrDefault(name => !KnownParameters.Contains(name)) is { } unknown)
            throw new UsageException($"the URL has a parameter {unknown} that is not known; known are {string.Join(", ", KnownParameters)}");
        int port = url.Port ?? PortOf(Set(variable, "PGPORT"));
        string host = url.Host.Length > 0 ? url.Host : Set(variable, "PGHOST") ?? DefaultHost(port);
        string user = url.User ?? Set(variable, "PGUSER") ?? Environment.UserName;
        string database = url.Path.Length > 0 ? url.Path : Set(variable, "PGDATABASE") ?? user;
        PostgresServer server = new()
        {
            Host = host,
            Port = port,
            User = user,
            Database = database,
            Tls = TlsOf(url, variable),
            SkipsOwners = Choice(url, "owner", "skip"),
        };
        return server with
        {
            Password = DatabasePassword.Find(variable) ?? Set(variable, "PGPASSWORD") ?? PasswordFile.Find(server, variable),
        };
    }

    /// <summary>How the driver is told; holds the password, so it goes nowhere else.</summary>
    public string ConnectionString()
    {
        NpgsqlConnectionStringBuilder builder = new()
        {
            Host = Host,
            Port = Port,
            Username = User,
            Database = Database,
            Password = Password,
            Pooling = false,
            Timeout = 0,
            CommandTimeout = 0,
            ApplicationName = "snapstore",
            IncludeErrorDetail = true,
            SslMode = ModeOf(Tls.GetValueOrDefault("sslmode", "prefer")),
            RootCertificate = Tls.GetValueOrDefault("sslrootcert"),
            SslCertificate = Tls.GetValueOrDefault("sslcert"),
            SslKey = Tls.GetValueOrDefault("sslkey"),
        };
        return builder.ConnectionString;
    }

    /// <summary>Tells a program of PostgreSQL the same: all in its environment, nothing in its arguments.</summary>
    public void TellTo(IDictionary<string, string?> environment)
    {
        DatabasePassword.Hide(environment);
        foreach (string name in environment.Keys.Where(name => name.StartsWith("PG", StringComparison.Ordinal)).ToArray())
            environment.Remove(name);
        environment["PGHOST"] = Host;
        environment["PGPORT"] = Port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        environment["PGUSER"] = User;
        environment["PGDATABASE"] = Database;
        environment["PGAPPNAME"] = "snapstore";
        environment["LC_ALL"] = "C";
        if (Password is not null)
            environment["PGPASSWORD"] = Password;
        foreach ((string name, string value) in Tls)
            environment[$"PG{name.ToUpperInvariant()}"] = value;
    }

    private static string? Set(Func<string, string?> variable, string name) =>
        variable(name) is { Length: > 0 } value ? value : null;

    private static bool Choice(DatabaseUrl url, string name, string only)
    {
        string? value = url.Parameters.GetValueOrDefault(name);
        return value is null || value == only ? value is not null : throw new UsageException($"the URL's parameter {name} can only be {only}");
    }

    private static int PortOf(string? text)
    {
        if (text is null)
            return DefaultPort;
        return int.TryParse(text, out int port) && port is > 0 and < 65536 ? port : throw new UsageException("PGPORT is no port number");
    }

    // As libpq on Debian: a local server's socket, where there is one.
    private static string DefaultHost(int port) =>
        SocketFolders.FirstOrDefault(folder => File.Exists($"{folder}/.s.PGSQL.{port}")) ?? "localhost";

    private static Dictionary<string, string> TlsOf(DatabaseUrl url, Func<string, string?> variable)
    {
        Dictionary<string, string> tls = [];
        foreach (string name in KnownParameters.Where(name => name.StartsWith("ssl", StringComparison.Ordinal)))
        {
            if ((url.Parameters.GetValueOrDefault(name) ?? Set(variable, $"PG{name.ToUpperInvariant()}")) is { } value)
                tls[name] = value;
        }

        _ = ModeOf(tls.GetValueOrDefault("sslmode", "prefer"));
        return tls;
    }

    private static SslMode ModeOf(string text) => text switch
    {
        "disable" => SslMode.Disable,
        "allow" => SslMode.Allow,
        "prefer" => SslMode.Prefer,
        "require" => SslMode.Require,
        "verify-ca" => SslMode.VerifyCA,
        "verify-full" => SslMode.VerifyFull,
        _ => throw new UsageException($"sslmode {text} is not known; it is disable, allow, prefer, require, verify-ca or verify-full"),
    };

}
