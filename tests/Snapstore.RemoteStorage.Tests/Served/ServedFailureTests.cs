using System.Diagnostics;
using System.Globalization;
using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.RemoteStorage.Tests.Faults;
using Snapstore.RemoteStorage.Tests.Sftp;
using Snapstore.RemoteStorage.Tests.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Served;

/// <summary>Servers that are missing, old, killed, hung or hostile; connections that break.</summary>
[Collection(SshCollection.Name)]
public sealed class ServedFailureTests(SshServer server) : BrokenConnectionTests
{
    // Greets as a server does, then answers every request with one packet that it was given as hexadecimal digits (type and fields).
    private const string Liar = """
        #!/usr/bin/python3
        import struct, sys
        def packet(kind, id, fields): return struct.pack(">IBI", len(fields) + 5, kind, id) + fields
        def text(value): return struct.pack(">I", len(value)) + value
        def take():
            header = sys.stdin.buffer.read(4)
            if len(header) < 4: sys.exit(0)
            return sys.stdin.buffer.read(struct.unpack(">I", header)[0])
        take()
        sys.stdout.buffer.write(packet(65, VERSION, text(b"snapstore-storage") + struct.pack(">I", 0) + text(b"snapstore 9.9\x1b[2J")))
        sys.stdout.buffer.flush()
        while True:
            body = take()
            answer = bytes.fromhex("ANSWER")
            sys.stdout.buffer.write(packet(answer[0], struct.unpack(">I", body[1:5])[0] + OFFSET, answer[1:]))
            sys.stdout.buffer.flush()
        """;

    private readonly string _folder = server.NewFolder();
    private int _scripts;

    protected override byte[] Content { get; } = Pattern(3_000_000);

    protected override string Pids => server.InFolder("served-pids");

    protected override IStorage CreateRecorded() => Create(Recorded());

    [Fact]
    public void What_is_wrong_on_the_other_machine_is_said()
    {
        string bare = server.WriteScript("bare", "#!/bin/sh\nfor last; do :; done\nPATH=/usr/bin:/bin exec bash -c \"$last\"\n");
        StorageException missing = Refused(bare);
        Assert.Contains("snapstore: command not found", missing.Message, StringComparison.Ordinal);
        Assert.Contains("install it", missing.Message, StringComparison.Ordinal);
        Assert.False(missing.IsTransient);
        string old = server.WriteScript("old", "#!/bin/sh\necho \"snapstore: 'serve-storage' is not a verb; see: snapstore --help\" >&2\nexit 2\n");
        Assert.Contains("older than this protocol", Refused(old).Message, StringComparison.Ordinal);
        Assert.Contains("no snapstore serve-storage", Refused("echo Welcome to this machine, stranger, and have a look around").Message, StringComparison.Ordinal);
        Assert.Contains("no snapstore serve-storage", Refused(server.WriteScript("sftp", $"#!/bin/sh\nexec {SshServer.FileServer}\n")).Message, StringComparison.Ordinal);
        StorageException version = Refused(Lying("42", version: 2));
        Assert.Contains("snapstore 9.9?[2J", version.Message, StringComparison.Ordinal);
        Assert.Contains("version 2", version.Message, StringComparison.Ordinal);
        Assert.Throws<RepositoryNotFoundException>(() => Open(new SshSettings { Command = server.Direct(_folder) }));
    }

    [Theory]
    [InlineData("42 00000001")] // done, though bytes or a size were asked for
    [InlineData("43 00000001 78")] // one byte
    [InlineData("43 ffffffff")] // bytes that are not there
    [InlineData("44")] // a size without a number
    [InlineData("45 00000001 00000004 2e2e2f78 0000000000000001")] // ../x
    [InlineData("46 00000001 0000000b 736e617073686f74732f61 0000000000000001")] // snapshots/a in another listing
    [InlineData("46 00000001 00000006 6b6579732f61 ffffffffffffffff")] // a size below zero
    [InlineData("46 ffffffff")] // more names than there are
    [InlineData("47 00000001 00000000")] // a failure without its text
    [InlineData("99")]
    public void Answers_without_sense_are_failures_of_the_storage(string answer)
    {
        using ServedStorage storage = Open(new SshSettings { Command = Lying(answer) });
        if (!answer.StartsWith("43", StringComparison.Ordinal) || answer.StartsWith("43 ff", StringComparison.Ordinal))
            Assert.Throws<StorageException>(() => storage.Read(StorageKey.Config, 0, new byte[5]));
        if (!answer.StartsWith("44", StringComparison.Ordinal) || answer.Length == 2)
            Assert.Throws<StorageException>(() => storage.SizeOf(StorageKey.Config));
        Assert.Throws<StorageException>(() => storage.List("keys/"));
    }

    [Fact]
    public void An_answer_to_nothing_and_a_packet_too_long_end_the_connection()
    {
        using ServedStorage strange = Open(new SshSettings { Command = Lying("44 0000000000000001", offset: 7) });
        Assert.Contains("make no sense", Assert.Throws<StorageException>(() => strange.SizeOf(StorageKey.Config)).Message, StringComparison.Ordinal);
        using ServedStorage long_ = Open(new SshSettings { Command = Lying("43" + new string('0', 200_000)) });
        Assert.Throws<StorageException>(() => long_.SizeOf(StorageKey.Config));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Connections_that_break_at_any_time_cost_no_object_and_tear_none(bool isServerKilled)
    {
        using ServedStorage storage = Create(isServerKilled ? RecordedServer() : Recorded());
        BrokenWrites.AssertNoneTorn(storage, Content, 300_000, () => Signal("KILL"));
    }

    [Fact]
    public void A_server_whose_client_is_killed_ends_and_leaves_no_temporary()
    {
        using ServedStorage storage = Create(Recorded());
        using IPendingObject pending = storage.BeginObject();
        pending.Append(Content);
        string folder = Path.Combine(_folder, "tmp");
        Until(() => Directory.Exists(folder) && Directory.GetFiles(folder).Length == 1);
        Signal("KILL");
        Until(() => Directory.GetFiles(folder).Length == 0);
    }

    [Fact]
    public void A_connection_that_hangs_is_given_up_in_time()
    {
        SshSettings settings = Recorded() with { StallTime = TimeSpan.FromSeconds(2) };
        using ServedStorage storage = Create(settings);
        using IPendingObject pending = storage.BeginObject();
        Signal("STOP");
        // More than pipe and window hold, so that writing itself waits; nothing is owed then.
        StorageException stalled = Assert.Throws<StorageException>(() =>
        {
            for (int i = 0; i < 20; i++)
                pending.Append(Content);
            pending.Publish(Key("packs/aa/one"));
        });
        Assert.Contains("no answer in time", stalled.Message, StringComparison.Ordinal);
        string silent = server.WriteScript("silent", "#!/bin/sh\nexec sleep 1000\n");
        Assert.Contains("no answer in time", Assert.Throws<StorageException>(() => Open(new SshSettings { Command = silent, ConnectTime = TimeSpan.FromSeconds(1) })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_is_full_is_said_while_the_object_is_sent()
    {
        string command = server.WriteScript("limited", $"#!/bin/bash\nulimit -f 1024\nexport DOTNET_EnableWriteXorExecute=0\ntrap '' XFSZ\nexec '{server.Program}' serve-storage --stdio --repo '{_folder}'\n");
        using ServedStorage storage = Create(new SshSettings { Command = command });
        Assert.True(storage.PutIfAbsent(Key("packs/aa/one"), Content.AsSpan(0, 1_000_000)));
        StorageException failed = Assert.Throws<StorageException>(() => storage.PutIfAbsent(Key("packs/aa/two"), Content));
        Assert.Contains("does not allow files of that size", failed.Message, StringComparison.Ordinal);
        Assert.Single(storage.List(""));
        Assert.Empty(Directory.GetFiles(Path.Combine(_folder, "tmp")));
    }

    private static void Until(Func<bool> condition)
    {
        Stopwatch time = Stopwatch.StartNew();
        while (!condition())
        {
            Assert.True(time.Elapsed < TimeSpan.FromSeconds(60), "it did not come to that");
            Thread.Sleep(20);
        }
    }

    private string Lying(string answer, int version = 1, int offset = 0) => server.WriteScript($"liar-{++_scripts}", Liar
        .Replace("VERSION", version.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("OFFSET", offset.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("ANSWER", answer, StringComparison.Ordinal));

    private SshSettings Recorded() => new()
    {
        Command = server.WriteScript("served-recorded", $"#!/bin/sh\necho $$ > '{Pids}.new' && mv '{Pids}.new' '{Pids}'\nexec {server.Command} \"$@\"\n"),
    };

    // The process that is killed is the one that writes.
    private SshSettings RecordedServer() => new()
    {
        Command = server.WriteScript("served-directly", $"#!/bin/sh\necho $$ > '{Pids}.new' && mv '{Pids}.new' '{Pids}'\nexec '{server.Program}' serve-storage --stdio --repo '{_folder}'\n"),
    };

    private StorageException Refused(string command)
    {
        StorageException refused = Assert.Throws<StorageException>(() => Open(new SshSettings { Command = command }));
        Assert.Contains("ssh://127.0.0.1:", refused.Message, StringComparison.Ordinal);
        return refused;
    }

    private ServedStorage Open(SshSettings settings) => ServedStorage.Open(SshLocation.Parse(server.LocationOf(_folder, SshLocation.Served)), "tests", settings);

    private ServedStorage Create(SshSettings settings) => ServedStorage.Create(SshLocation.Parse(server.LocationOf(_folder, SshLocation.Served)), "tests", settings);
}
