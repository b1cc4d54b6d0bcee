using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using Snapstore.Cli.Tests;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.RemoteStorage.Tests.S3;

namespace Snapstore.RemoteStorage.Tests.Sftp;

/// <summary>OpenSSH's server on loopback with keys and a configuration of its own, in a folder that goes away; it lets in whoever runs the tests.</summary>
public sealed class SshServer : IDisposable
{
    /// <summary>OpenSSH's file server, which a login runs.</summary>
    public const string FileServer = "/usr/lib/openssh/sftp-server";

    private const string PrivilegeFolder = "/run/sshd";
    private static readonly TimeSpan StartTimeMax = TimeSpan.FromSeconds(20);

    private readonly Process _process;
    private int _places;

    public SshServer()
    {
        Directory.CreateDirectory(Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        foreach (string key in new[] { "host_key", "other_host_key", "user_key", "other_user_key", "forced_key" })
            RunTool("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", InFolder(key));
        File.Copy(InFolder("user_key.pub"), InFolder("authorized_keys"));
        Trust("host_key");
        Program = WriteScript("snapstore", $"#!/bin/sh\nDOTNET_ROOT='{Environment.GetEnvironmentVariable("DOTNET_ROOT")}' exec '{SnapstoreProgram.File}' \"$@\"\n");
        Port = CephGateway.FreePort();
        WriteConfigurations();
        WriteForcedConfiguration();
        if (Environment.IsPrivilegedProcess)
            Directory.CreateDirectory(PrivilegeFolder);
        _process = Process.Start(new ProcessStartInfo("/usr/sbin/sshd", ["-D", "-f", InFolder("sshd_config"), "-E", InFolder("log")]))!;
        WaitUntilReady();
    }

    /// <summary>Where all of it is.</summary>
    public string Folder { get; } = Path.Combine(Path.GetTempPath(), $"snapstore-sshd-{Path.GetRandomFileName()}");

    /// <summary>Its port on loopback.</summary>
    public int Port { get; }

    /// <summary>The command that logs in.</summary>
    public string Command => $"ssh -F '{InFolder("ssh_config")}'";

    /// <summary>The built program, as a login there finds it.</summary>
    public string Program { get; }

    /// <summary>The command that logs in with another key, which is let in for one command only.</summary>
    public string ForcedCommand => $"ssh -F '{InFolder("forced_config")}'";

    /// <summary>The same as settings.</summary>
    public SshSettings Settings => new() { Command = Command };

    /// <summary>A folder that is not there yet.</summary>
    public string NewFolder() => InFolder(string.Create(CultureInfo.InvariantCulture, $"place {Interlocked.Increment(ref _places)}/below/it"));

    /// <summary>The location of a folder.</summary>
    public string LocationOf(string folder, string scheme = SshLocation.Sftp) => string.Create(CultureInfo.InvariantCulture, $"{scheme}//127.0.0.1:{Port}{folder.Replace(" ", "%20", StringComparison.Ordinal)}");

    /// <summary>From now on the client expects this host key.</summary>
    public void Trust(string? key) => File.WriteAllText(InFolder("known_hosts"),
        key is null ? "" : $"snapstore-test {string.Join(' ', File.ReadAllText(InFolder(key + ".pub")).Split(' ').Take(2))}\n");

    /// <summary>From now on a login with the forced key runs this program with these arguments, whatever it asks for.</summary>
    public void Force(string arguments) =>
        File.WriteAllText(InFolder("forced_keys"), $"command=\"{Program} {arguments.Replace("\"", "\\\"", StringComparison.Ordinal)}\",restrict {File.ReadAllText(InFolder("forced_key.pub"))}");

    /// <summary>A program that can be named instead of ssh.</summary>
    public string WriteScript(string name, string content)
    {
        string path = InFolder(name);
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return path;
    }

    /// <summary>A program that can be named instead of ssh, and is itself the server of a folder.</summary>
    public string Direct(string folder, string options = "")
    {
        string name = string.Create(CultureInfo.InvariantCulture, $"direct-{Interlocked.Increment(ref _places)}");
        return WriteScript(name, $"#!/bin/sh\nexec '{Program}' serve-storage --stdio {options} --repo '{folder}'\n");
    }

    /// <summary>The path of a file of this folder.</summary>
    public string InFolder(string name) => Path.Combine(Folder, name);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(Folder, recursive: true);
    }

    private static void RunTool(string file, params string[] arguments)
    {
        using Process process = Process.Start(file, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private void WriteConfigurations()
    {
        File.WriteAllText(InFolder("sshd_config"), string.Create(CultureInfo.InvariantCulture, $"""
            ListenAddress 127.0.0.1
            Port {Port}
            HostKey {InFolder("host_key")}
            PidFile none
            AuthorizedKeysFile {InFolder("authorized_keys")} {InFolder("forced_keys")}
            SetEnv PATH={Folder}:/usr/bin:/bin
            PasswordAuthentication no
            KbdInteractiveAuthentication no
            UsePAM no
            PermitRootLogin prohibit-password
            StrictModes no
            MaxStartups 100
            Subsystem sftp internal-sftp

            """));
        File.WriteAllText(InFolder("ssh_config"), $"""
            Host *
              HostKeyAlias snapstore-test
              IdentityFile {InFolder("user_key")}
              IdentitiesOnly yes
              IdentityAgent none
              UserKnownHostsFile {InFolder("known_hosts")}
              GlobalKnownHostsFile /dev/null
              StrictHostKeyChecking yes

            """);
    }

    private void WriteForcedConfiguration() => File.WriteAllText(
        InFolder("forced_config"), File.ReadAllText(InFolder("ssh_config")).Replace("/user_key", "/forced_key", StringComparison.Ordinal));

    private void WaitUntilReady()
    {
        Stopwatch time = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                using TcpClient client = new("127.0.0.1", Port);
                return;
            }
            catch (SocketException) when (time.Elapsed < StartTimeMax && !_process.HasExited)
            {
                Thread.Sleep(20);
            }
            catch (SocketException)
            {
                throw new InvalidOperationException($"sshd did not start: {File.ReadAllText(InFolder("log"))}");
            }
        }
    }
}

/// <summary>One server for all tests that use it.</summary>
[CollectionDefinition(Name)]
public sealed class SshCollection : ICollectionFixture<SshServer>
{
    public const string Name = "SSH";
}
