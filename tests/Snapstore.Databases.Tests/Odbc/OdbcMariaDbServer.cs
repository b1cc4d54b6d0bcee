using System.Diagnostics;
using System.Globalization;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.Odbc;

/// <summary>MariaDB on loopback; its root needs no password.</summary>
internal sealed class OdbcMariaDbServer : OdbcServer
{
    private const string User = "mysql";

    private readonly string _folder = NewFolder(User);
    private readonly int _port = FreePort();
    private readonly Process _server;

    public OdbcMariaDbServer()
    {
        string data = Path.Combine(_folder, "data");
        RunAll(As(User, "mariadb-install-db", "--no-defaults", $"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"));
        string[] command = As(
            User, "/usr/sbin/mariadbd", "--no-defaults", $"--datadir={data}", $"--socket={Socket}", $"--pid-file={_folder}/pid", $"--log-error={_folder}/log",
            "--bind-address=127.0.0.1", string.Create(CultureInfo.InvariantCulture, $"--port={_port}"), "--skip-name-resolve", "--innodb-buffer-pool-size=32M",
            "--innodb-flush-log-at-trx-commit=0", "--performance-schema=OFF", "--character-set-server=utf8mb4");
        _server = Process.Start(command[0], command[1..]);
        Tool.Run("bash", "-c", $"for i in $(seq 300); do mariadb-admin --no-defaults --socket='{Socket}' -u root ping >/dev/null 2>&1 && exit 0; sleep 0.1; done; tail -n 5 '{_folder}/log' >&2; exit 1");
    }

    private string Socket => Path.Combine(_folder, "socket");

    public override OdbcDatabase New(string name)
    {
        Tool.Run("mariadb", [.. Shell, "-e", $"CREATE DATABASE {name}"]);
        return new Database(this, name);
    }

    public override void Kill()
    {
        _server.Kill(entireProcessTree: true);
        _server.WaitForExit();
    }

    public override void Dispose()
    {
        Kill();
        _server.Dispose();
        Tool.Run("rm", "-rf", _folder);
    }

    private string[] Shell => ["--no-defaults", $"--socket={Socket}", "-u", "root", "--default-character-set=utf8mb4", "-N", "-B"];

    private sealed class Database(OdbcMariaDbServer server, string name) : OdbcDatabase
    {
        public override string Place => string.Create(CultureInfo.InvariantCulture, $"Driver={{MariaDB Unicode}};Server=127.0.0.1;Port={server._port};Database={name};UID=root");

        public override void Run(string sql) => Tool.Run("mariadb", [.. server.Shell, name, "-e", sql]);

        public override string Query(string sql) => Tool.Run("mariadb", [.. server.Shell, name, "-e", sql]).TrimEnd('\n').Replace('\t', '|');

        public override string DumpRows() => Tool.Run(
            "mariadb-dump", "--no-defaults", $"--socket={server.Socket}", "-u", "root", "--default-character-set=utf8mb4", "--skip-dump-date", "--skip-comments",
            "--hex-blob", "--order-by-primary", "--no-create-info", "--skip-extended-insert", "--skip-add-locks", "--tz-utc", name);

        public override Process Start(string script)
        {
            return StartWith(script, "mariadb", [.. server.Shell, name]);
        }
    }
}

/// <summary>A file.</summary>
internal sealed class OdbcSqliteDatabase(string path) : OdbcDatabase
{
    public override string Place => $"Driver=SQLite3;Database={File}";

    public string File { get; } = path;

    public override void Run(string sql) => Tool.Run("sqlite3", "-bail", "-cmd", ".timeout 20000", File, sql);

    public override string Query(string sql) => Tool.Run("sqlite3", "-cmd", ".timeout 20000", File, sql).TrimEnd('\n');

    public override string DumpRows() =>
        string.Join('\n', Tool.Run("sqlite3", File, ".dump").Split('\n').Where(line => line.StartsWith("INSERT", StringComparison.Ordinal)).Order(StringComparer.Ordinal));

    public override Process Start(string script)
    {
        return StartWith(script, "sqlite3", ["-cmd", ".timeout 20000", File]);
    }
}
