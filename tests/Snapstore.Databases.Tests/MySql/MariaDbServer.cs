using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Snapstore.Tests;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>A MariaDB server of its own: private directory, socket, free port on loopback, account root without a password. Run as
/// the account mysql where the tests run as root.</summary>
public sealed class MariaDbServer : IDisposable
{
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(60);

    private readonly TemporaryFolder _folder = new();
    private readonly Process _process;

    public MariaDbServer()
    {
        Port = FreePort();
        WriteCertificate();
        if (Environment.IsPrivilegedProcess)
            Tool.Run("chown", "-R", "mysql:", _folder.Path);
        string[] install = [.. AsServer, "mariadb-install-db", "--no-defaults", $"--datadir={_folder["data"]}", "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"];
        Tool.Run(install[0], install[1..]);
        _process = Start();
        WaitUntilReady();

        // Accounts of this host's name, which mean nothing without name resolution.
        Sql("mysql", "DELETE FROM global_priv WHERE Host NOT IN ('localhost', '127.0.0.1', '::1'); FLUSH PRIVILEGES");
    }

    /// <summary>Its TCP port on loopback.</summary>
    public int Port { get; }

    /// <summary>Its Unix socket.</summary>
    public string Socket => _folder["socket"];

    /// <summary>The certificate it shows, which signs itself.</summary>
    public string Certificate => _folder["certificate.pem"];

    /// <summary>The URL of one of its databases for root, through the socket.</summary>
    public DatabaseUrl Url(string database) => DatabaseUrl.Parse($"mysql://root@{Uri.EscapeDataString(Socket)}/{Uri.EscapeDataString(database)}");

    /// <summary>The URL of one of its databases over TCP.</summary>
    public DatabaseUrl TcpUrl(string user, string database, string parameters = "") => DatabaseUrl.Parse($"mysql://{user}@127.0.0.1:{Port}/{database}{parameters}");

    /// <summary>Runs SQL as root by the server's own client; what it printed.</summary>
    public string Sql(string database, string sql) =>
        Tool.Run("mariadb", "--no-defaults", $"--socket={Socket}", "--user=root", "--default-character-set=utf8mb4", "--batch", "--skip-column-names", "-e", sql, database).TrimEnd('\n');

    /// <summary>Makes a database anew and loads a file of SQL into it.</summary>
    public void Load(string database, string file)
    {
        Sql("mysql", $"DROP DATABASE IF EXISTS `{database}`; CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci");
        Sql(database, $"source {file}");
    }

    /// <summary>All of a database by the server's own dump program, history of rows included.</summary>
    public string Dump(string database) => Tool.Run(
        "mariadb-dump", "--no-defaults", $"--socket={Socket}", "--user=root", "--default-character-set=utf8mb4", "--skip-dump-date", "--skip-comments", "--routines", "--triggers",
        "--events", "--hex-blob", "--single-transaction", "--dump-history", database);

    /// <summary>All accounts by the server's own dump program.</summary>
    public string DumpUsers() => Tool.Run("mariadb-dump", "--no-defaults", $"--socket={Socket}", "--user=root", "--skip-dump-date", "--skip-comments", "--system=users");

    /// <summary>Kills it as a loss of power would.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            Kill();
        _process.Dispose();
        _folder.Dispose();
    }

    private static string[] AsServer => Environment.IsPrivilegedProcess ? ["setpriv", "--reuid=mysql", "--regid=mysql", "--clear-groups"] : ["env"];

    private Process Start()
    {
        string program = File.Exists("/usr/sbin/mariadbd") ? "/usr/sbin/mariadbd" : "mariadbd";
        string[] command =
        [
            .. AsServer, program, "--no-defaults", $"--datadir={_folder["data"]}", $"--socket={Socket}", $"--pid-file={_folder["pid"]}", $"--log-error={_folder["log"]}",
            "--bind-address=127.0.0.1", $"--port={Port.ToString(CultureInfo.InvariantCulture)}", "--skip-name-resolve", "--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0",
            "--performance-schema=OFF", "--log-bin", "--server-id=1", "--max-allowed-packet=64M", "--plugin-load-add=auth_ed25519", $"--ssl-cert={Certificate}", $"--ssl-key={_folder["key.pem"]}",
        ];
        return Process.Start(new ProcessStartInfo(command[0], command[1..]) { WorkingDirectory = _folder.Path })!;
    }

    private void WaitUntilReady()
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (waited.Elapsed < StartTimeMax && !_process.HasExited)
        {
            try
            {
                Sql("mysql", "SELECT 1");
                return;
            }
            catch (InvalidOperationException)
            {
                Thread.Sleep(100);
            }
        }

        string log = File.Exists(_folder["log"]) ? File.ReadAllText(_folder["log"]) : "";
        Dispose();
        throw new InvalidOperationException($"the MariaDB server did not start:\n{log}");
    }

    private void WriteCertificate()
    {
        using RSA key = RSA.Create(2048);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 certificate = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(100));
        File.WriteAllText(Certificate, certificate.ExportCertificatePem());
        File.WriteAllText(_folder["key.pem"], key.ExportPkcs8PrivateKeyPem());
    }

    private static int FreePort()
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>One server for all tests that only need some.</summary>
[CollectionDefinition(Name)]
public sealed class MariaDbCollection : ICollectionFixture<MariaDbServer>
{
    public const string Name = "MariaDB";
}
