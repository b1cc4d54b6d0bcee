using System.Diagnostics;
using System.Globalization;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>PostgreSQL on loopback; the user postgres needs no password, others one.</summary>
internal sealed class OdbcPostgresServer : OdbcServer
{
    private const string User = "postgres";

    private readonly string _folder = NewFolder(User);
    private readonly int _port = FreePort();

    public OdbcPostgresServer()
    {
        string data = Path.Combine(_folder, "data");
        RunAll(As(User, Path.Combine(Bin, "initdb"), "-D", data, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"));
        File.WriteAllText(Path.Combine(data, "pg_hba.conf"), "local all all trust\nhost all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n");
        string options = string.Create(CultureInfo.InvariantCulture, $"-p {_port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={_folder} -c fsync=off -c shared_buffers=32MB");
        RunAll(As(User, Path.Combine(Bin, "pg_ctl"), "-D", data, "-l", Path.Combine(_folder, "log"), "-w", "-t", "60", "-o", options, "start"));
    }

    private static string Bin { get; } = Directory.GetDirectories("/usr/lib/postgresql").OrderBy(name => int.Parse(Path.GetFileName(name), CultureInfo.InvariantCulture)).Last() + "/bin";

    public override OdbcDatabase New(string name)
    {
        Tool.Run("psql", [.. Shell("postgres"), "-c", $"CREATE DATABASE {name}"]);
        return new Database(this, name);
    }

    public override void Kill() => RunAll(As(User, "bash", "-c", $"kill -9 -- $(head -n 1 '{_folder}/data/postmaster.pid') && sleep 0.3"));

    public override void Dispose()
    {
        if (File.Exists(Path.Combine(_folder, "data", "postmaster.pid")))
            RunAll(As(User, "bash", "-c", $"'{Bin}/pg_ctl' -D '{_folder}/data' -m immediate -w stop || true"));
        Tool.Run("rm", "-rf", _folder);
    }

    private string[] Shell(string database) =>
        ["-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", _folder, "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", User, "-d", database];

    private sealed class Database(OdbcPostgresServer server, string name) : OdbcDatabase
    {
        public override string Place => string.Create(CultureInfo.InvariantCulture, $"Driver={{PostgreSQL Unicode}};Servername=127.0.0.1;Port={server._port};Database={name};UID={User}");

        public override void Run(string sql) => Tool.Run("psql", [.. server.Shell(name), "-c", sql]);

        public override string Query(string sql) => Tool.Run("psql", [.. server.Shell(name), "-c", sql]).TrimEnd('\n');

        public override string DumpRows() => Tool.Run("pg_dump", "-h", server._folder, "-p", server._port.ToString(CultureInfo.InvariantCulture), "-U", User, "-a", "--restrict-key=x", name);

        public override Process Start(string script)
        {
            return StartWith(script, "psql", server.Shell(name));
        }
    }
}
