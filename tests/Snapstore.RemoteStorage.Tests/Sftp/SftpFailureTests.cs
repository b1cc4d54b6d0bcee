using System.Diagnostics;
using System.Globalization;
using Snapstore.RemoteStorage.Sftp;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.RemoteStorage.Tests.Faults;
using Snapstore.RemoteStorage.Tests.S3;
using Snapstore.RemoteStorage.Tests.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Sftp;

/// <summary>Connections that are not made, break or hang; servers that are not fit.</summary>
[Collection(SshCollection.Name)]
public sealed class SftpFailureTests(SshServer server) : BrokenConnectionTests
{
    // A server without hard links whose RENAME overwrites: each RENAME goes on as posix-rename.
    private const string Overwriting = """
        #!/usr/bin/python3
        import struct, subprocess, sys
        server = subprocess.Popen(["/usr/lib/openssh/sftp-server", "-P", "hardlink"], stdin=subprocess.PIPE)
        source = sys.stdin.buffer
        while True:
            header = source.read(4)
            if len(header) < 4:
                break
            body = source.read(struct.unpack(">I", header)[0])
            if body[0] == 18:
                name = b"posix-rename@openssh.com"
                body = bytes([200]) + body[1:5] + struct.pack(">I", len(name)) + name + body[5:]
            server.stdin.write(struct.pack(">I", len(body)) + body)
            server.stdin.flush()
        server.stdin.close()
        server.wait()
        """;

    private readonly string _folder = server.NewFolder();

    protected override byte[] Content { get; } = Pattern(10_000_000);

    protected override string Pids => server.InFolder("pids");

    protected override IStorage CreateRecorded() => Create(Recorded());

    [Fact]
    public void A_host_key_that_is_unknown_or_another_is_refused()
    {
        try
        {
            foreach (string? key in new[] { null, "other_host_key" })
            {
                server.Trust(key);
                StorageException refused = Assert.Throws<StorageException>(() => Open(server.Settings));
                Assert.Contains("Host key verification failed", refused.Message, StringComparison.Ordinal);
                Assert.Contains("machine's key", refused.Message, StringComparison.Ordinal);
                Assert.False(refused.IsTransient);
            }
        }
        finally
        {
            server.Trust("host_key");
        }
    }

    [Fact]
    public void What_is_wrong_is_said()
    {
        Create(server.Settings).Dispose();
        File.WriteAllText(server.InFolder("other_config"), File.ReadAllText(server.InFolder("ssh_config")).Replace("/user_key", "/other_user_key", StringComparison.Ordinal));
        Assert.Contains("no key of yours", Refused($"ssh -F '{server.InFolder("other_config")}'").Message, StringComparison.Ordinal);
        Assert.Contains("does not speak SFTP", Refused("echo Welcome to this machine").Message, StringComparison.Ordinal);
        Assert.Contains("cannot be run", Refused("/nowhere/ssh").Message, StringComparison.Ordinal);
        Assert.Contains("something of mine", Refused(server.WriteScript("says", "#!/bin/sh\necho something of mine >&2\nexit 1\n")).Message, StringComparison.Ordinal);
        string nowhere = string.Create(CultureInfo.InvariantCulture, $"sftp://127.0.0.1:{CephGateway.FreePort()}/x");
        Assert.Contains("nothing listens", Assert.Throws<StorageException>(() => SftpStorage.Open(SshLocation.Parse(nowhere), server.Settings)).Message, StringComparison.Ordinal);
        Assert.Throws<RepositoryNotFoundException>(() => SftpStorage.Open(SshLocation.Parse(server.LocationOf(_folder + "/elsewhere")), server.Settings));
    }

    [Fact]
    public void A_server_that_overwrites_is_refused()
    {
        StorageException refused = Assert.Throws<StorageException>(() => Create(new SshSettings { Command = server.WriteScript("overwriting", Overwriting) }));
        Assert.Contains("its RENAME overwrites", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(_folder, "tmp")));
    }

    [Fact]
    public void A_server_that_cannot_make_anything_durable_is_refused()
    {
        string command = server.WriteScript("without-fsync", $"#!/bin/sh\nexec {SshServer.FileServer} -P fsync\n");
        Assert.Contains("fsync@openssh.com", Assert.Throws<StorageException>(() => Create(new SshSettings { Command = command })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Connections_that_break_at_any_time_cost_no_object_and_tear_none()
    {
        using SftpStorage storage = Create(Recorded());
        BrokenWrites.AssertNoneTorn(storage, Content, 300_000, () => Signal("KILL"));
    }

    [Fact]
    public void A_connection_that_hangs_is_given_up_in_time()
    {
        SshSettings settings = Recorded() with { StallTime = TimeSpan.FromSeconds(1), ConnectTime = TimeSpan.FromSeconds(1) };
        using SftpStorage storage = Create(settings);
        using IPendingObject pending = storage.BeginObject();
        Signal("STOP");
        Stopwatch time = Stopwatch.StartNew();
        // More than pipe and window hold, so that writing itself waits.
        StorageException stalled = Assert.Throws<StorageException>(() => pending.Append(Content));
        Assert.Contains("no answer in time", stalled.Message, StringComparison.Ordinal);
        string silent = server.WriteScript("silent", "#!/bin/sh\nexec sleep 1000\n");
        Assert.Contains("no answer in time", Assert.Throws<StorageException>(() => Open(settings with { Command = silent })).Message, StringComparison.Ordinal);
        Assert.True(time.Elapsed < TimeSpan.FromSeconds(12), $"{time.Elapsed}");
    }

    private SshSettings Recorded() => new()
    {
        Command = server.WriteScript("recorded", $"#!/bin/sh\necho $$ > '{Pids}.new' && mv '{Pids}.new' '{Pids}'\nexec {server.Command} \"$@\"\n"),
    };

    private StorageException Refused(string command)
    {
        StorageException refused = Assert.Throws<StorageException>(() => Open(new SshSettings { Command = command }));
        Assert.Contains("sftp://127.0.0.1:", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    private SftpStorage Open(SshSettings settings) => SftpStorage.Open(SshLocation.Parse(server.LocationOf(_folder)), settings);

    private SftpStorage Create(SshSettings settings) => SftpStorage.Create(SshLocation.Parse(server.LocationOf(_folder)), settings);
}
