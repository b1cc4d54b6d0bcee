using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Postgres;

/// <summary>A PostgreSQL server of these tests: a private directory, a socket in it, a free port on loopback, an account
/// without rights; gone when they are over. Role `locked` needs its password `s3cret-pw`, all others none.</summary>
public sealed class PostgresTestServer : IDisposable
{
    private const string Account = "postgres";

    private static readonly string[] Settings =
    [
        "listen_addresses = '127.0.0.1'", "shared_buffers = 32MB", "fsync = off", "synchronous_commit = off", "full_page_writes = off",
        "max_connections = 60", "wal_level = logical", "autovacuum = off", "log_min_messages = fatal",
    ];

    private bool _isRunning;

    public PostgresTestServer()
    {
        Bin = Directory.GetDirectories("/usr/lib/postgresql").Select(folder => $"{folder}/bin")
            .Where(bin => File.Exists($"{bin}/initdb")).OrderBy(bin => bin).LastOrDefault()
            ?? throw new InvalidOperationException("no PostgreSQL server below /usr/lib/postgresql: run tools/install-needs test");
        Folder = Directory.CreateTempSubdirectory("snapstore-pg-").FullName;
        Port = FreePort();
        AppDomain.CurrentDomain.ProcessExit += StopAtExit;
        if (Environment.UserName == "root")
            Tool.Run("chown", $"{Account}:", Folder);
        AsAccount("initdb", "-D", Data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync");
        File.AppendAllLines($"{Data}/postgresql.conf", [.. Settings, $"port = {Port}", $"unix_socket_directories = '{Folder}'"]);
        string rules = File.ReadAllText($"{Data}/pg_hba.conf");
        File.WriteAllText($"{Data}/pg_hba.conf", $"host all locked 127.0.0.1/32 scram-sha-256\n{rules}");
        Start();
        Run("postgres", "CREATE ROLE locked LOGIN PASSWORD 's3cret-pw'; CREATE ROLE limited LOGIN");
    }

    /// <summary>Where its programs are.</summary>
    public string Bin { get; }

    /// <summary>Its port on 127.0.0.1.</summary>
    public int Port { get; }

    /// <summary>Where its socket is.</summary>
    public string Folder { get; }

    private string Data => $"{Folder}/data";

    /// <summary>The URL of a database, through TCP.</summary>
    public string Url(string database, string user = "postgres") => $"postgres://{user}@127.0.0.1:{Port}/{Uri.EscapeDataString(database)}";

    /// <summary>Starts it.</summary>
    public void Start()
    {
        AsAccount("pg_ctl", "-D", Data, "-l", $"{Folder}/log", "-w", "-t", "60", "start");
        _isRunning = true;
    }

    /// <summary>Stops it as a failing machine does: nobody is asked.</summary>
    public void Crash()
    {
        _isRunning = false;
        AsAccount("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
    }

    /// <summary>Runs what is to be done beside a standby of this server; told the URL of a database there.</summary>
    public void WithStandby(string database, Action<string> use)
    {
        string copy = $"{Folder}/standby";
        int port = FreePort();
        AsAccount("pg_basebackup", "-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-D", copy, "-R", "-X", "stream", "-c", "fast", "--no-sync");
        File.AppendAllLines($"{copy}/postgresql.conf", [$"port = {port}"]);
        AsAccount("pg_ctl", "-D", copy, "-l", $"{Folder}/standby.log", "-w", "-t", "60", "start");
        try
        {
            use($"postgres://postgres@127.0.0.1:{port}/{database}");
        }
        finally
        {
            AsAccount("pg_ctl", "-D", copy, "-m", "immediate", "-w", "stop");
            Tool.Run("rm", "-rf", "--", copy);
        }
    }

    /// <summary>Runs SQL by psql and tells what it says, one row a line, columns separated by '|'.</summary>
    public string Run(string database, string sql) => Program("psql", "-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-d", Conninfo(database), "-c", sql).TrimEnd('\n');

    /// <summary>Runs a file of SQL.</summary>
    public void RunFile(string database, string file) => Program("psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", Conninfo(database), "-f", file);

    /// <summary>Makes an empty database.</summary>
    public void Make(string database, params string[] options) =>
        Program("createdb", ["-h", "127.0.0.1", "-p", $"{Port}", "-U", "postgres", "-T", "template0", .. options, database]);

    /// <summary>Makes a database and fills it.</summary>
    public void Make(string database, string sql)
    {
        Make(database);
        Run(database, sql);
    }

    /// <summary>Makes the zoo.</summary>
    public void MakeZoo(string database)
    {
        Make(database);
        RunFile(database, Checkout.PathOf("tests", "Snapstore.Databases.Tests", "Postgres", "zoo.sql"));
    }

    /// <summary>All of a database as pg_dump writes it.</summary>
    public string Dump(string database) => Tool.Run($"{Bin}/pg_dump", "--restrict-key=tests", "-d", Conninfo(database));

    /// <summary>Fills a database with pgbench's tables: 100,000 accounts.</summary>
    public void MakeBench(string database)
    {
        Make(database);
        Program("pgbench", "-i", "-q", "-s", "1", Conninfo(database));
    }

    /// <summary>Starts pgbench's transfers between accounts, over so many connections; the caller kills it.</summary>
    public Process BeginBench(string database, int connections) =>
        Process.Start(new ProcessStartInfo($"{Bin}/pgbench", ["-n", "-c", $"{connections}", "-T", "3600", Conninfo(database)]) { RedirectStandardOutput = true, RedirectStandardError = true })!;

    /// <summary>Starts psql with SQL on a connection of its own; the caller waits for it.</summary>
    public Process Begin(string database, string sql)
    {
        ProcessStartInfo start = new($"{Bin}/psql", ["-X", "-q", "-At", "-d", Conninfo(database)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process = Process.Start(start)!;
        process.StandardInput.Write(sql);
        process.StandardInput.Flush();
        return process;
    }

    public void Dispose()
    {
        AppDomain.CurrentDomain.ProcessExit -= StopAtExit;
        Stop();
        Tool.Run("rm", "-rf", "--", Folder);
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private void StopAtExit(object? sender, EventArgs e) => Stop();

    private void Stop()
    {
        if (_isRunning)
            Crash();
    }

    private string Conninfo(string database) =>
        $"host=127.0.0.1 port={Port} user=postgres dbname='{database.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";

    private string Program(string name, params string[] arguments) => Tool.Run("env", ["PGCLIENTENCODING=UTF8", $"{Bin}/{name}", .. arguments]);

    // Output goes to a file: a server that inherits a pipe would keep it open.
    private void AsAccount(string program, params string[] arguments)
    {
        string[] account = Environment.UserName == "root" ? ["runuser", "-u", Account, "--"] : ["env"];
        Tool.Run("/bin/bash", ["-c", "cd \"$0\" && \"$@\" >\"$0/command.log\" 2>&1 || { cat \"$0/command.log\" >&2; exit 1; }", Folder, .. account, $"{Bin}/{program}", .. arguments]);
    }
}

/// <summary>Tests that share one server, one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresTestServer>
{
    public const string Name = "PostgreSQL";
}
