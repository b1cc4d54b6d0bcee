using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>All tests behind ODBC share their servers, and so run one after the other.</summary>
[CollectionDefinition("Odbc")]
public sealed class OdbcGroup : ICollectionFixture<OdbcServers>;

/// <summary>A PostgreSQL and a MariaDB server of our own, on loopback, started when first asked for, as users without rights.</summary>
public sealed class OdbcServers : IDisposable
{
    private readonly Lazy<OdbcPostgresServer> _postgres = new(() => new OdbcPostgresServer());
    private readonly Lazy<OdbcMariaDbServer> _mariaDb = new(() => new OdbcMariaDbServer());
    private readonly TemporaryFolder _files = new();
    private int _databases;

    /// <summary>A new, empty database of a DBMS: PostgreSQL, MariaDB or SQLite.</summary>
    internal OdbcDatabase New(string dbms)
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"db{Interlocked.Increment(ref _databases)}");
        return dbms switch
        {
            "PostgreSQL" => _postgres.Value.New(name),
            "MariaDB" => _mariaDb.Value.New(name),
            _ => new OdbcSqliteDatabase(_files[name]),
        };
    }

    /// <summary>A server of its own, to be killed.</summary>
    internal static OdbcServer Own(string dbms) => dbms == "PostgreSQL" ? new OdbcPostgresServer() : new OdbcMariaDbServer();

    public void Dispose()
    {
        if (_postgres.IsValueCreated)
            _postgres.Value.Dispose();
        if (_mariaDb.IsValueCreated)
            _mariaDb.Value.Dispose();
        _files.Dispose();
    }
}

/// <summary>A database that tests look into by the DBMS's own shell.</summary>
internal abstract class OdbcDatabase
{
    /// <summary>What follows `odbc:`.</summary>
    public abstract string Place { get; }

    /// <summary>Runs a script.</summary>
    public abstract void Run(string sql);

    /// <summary>What a query gives, a line a row, columns with '|' between.</summary>
    public abstract string Query(string sql);

    /// <summary>All rows, by the DBMS's own dump tool.</summary>
    public abstract string DumpRows();

    /// <summary>Starts a client that runs a script of this shell until it is killed or done.</summary>
    public abstract Process Start(string script);

    /// <summary>Starts a shell whose standard input is this; what it says goes nowhere.</summary>
    protected static Process StartWith(string script, string shell, params string[] arguments)
    {
        string file = Path.GetTempFileName();
        File.WriteAllText(file, script);
        return Process.Start("bash", ["-c", "exec <\"$1\" >/dev/null 2>&1; rm -f \"$1\"; shift; exec \"$@\"", "shell", file, shell, .. arguments]);
    }
}

internal abstract class OdbcServer : IDisposable
{
    /// <summary>A new database.</summary>
    public abstract OdbcDatabase New(string name);

    /// <summary>Ends it as a loss of power would.</summary>
    public abstract void Kill();

    /// <inheritdoc/>
    public abstract void Dispose();

    protected static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>A program and its arguments, as this user where the tests run as root.</summary>
    protected static string[] As(string user, params string[] command) => Environment.IsPrivilegedProcess ? ["runuser", "-u", user, "--", .. command] : command;

    protected static void RunAll(string[] command) => Tool.Run(command[0], command[1..]);

    /// <summary>A folder below /tmp (a socket's path is short), owned by this user.</summary>
    protected static string NewFolder(string user)
    {
        string folder = Directory.CreateTempSubdirectory("sno").FullName;
        if (Environment.IsPrivilegedProcess)
            Tool.Run("chown", user, folder);
        return folder;
    }
}
