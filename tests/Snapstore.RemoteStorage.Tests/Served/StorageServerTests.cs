using System.IO.Pipes;
using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Served;

/// <summary>The server alone, in this process, with a client that does as it likes.</summary>
public sealed class StorageServerTests : IDisposable
{
    private const int FuzzCases = 800;

    private readonly string _folder = Directory.CreateTempSubdirectory("snapstore-served-").FullName;
    private readonly MemoryStream _input = new();
    private uint _id;

    private string Root => Path.Combine(_folder, "above/root");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("../outside")]
    [InlineData("/etc/passwd")]
    [InlineData("keys/../../outside")]
    [InlineData("tmp/outside")]
    [InlineData("tmp")]
    [InlineData(".hidden")]
    [InlineData("keys/")]
    [InlineData("KEYS/a")]
    [InlineData("keys/a\0b")]
    [InlineData("")]
    public void No_name_leads_out_of_the_folder(string name)
    {
        Say(new ServedPacket(ServedType.Put).Add(name).Add("content"u8));
        Say(new ServedPacket(ServedType.Begin).Add(7u));
        Say(new ServedPacket(ServedType.Append).Add(7u).Add("content"u8));
        Say(new ServedPacket(ServedType.Publish).Add(7u).Add(name));
        Say(new ServedPacket(ServedType.Read).Add(name).Add(0L).Add(1u));
        Say(new ServedPacket(ServedType.Size).Add(name));
        Say(new ServedPacket(ServedType.Delete).Add(name));
        Say(new ServedPacket(ServedType.List).Add(name.Length > 0 ? name : "x"));
        Dictionary<uint, IncomingPacket> answers = Serve();
        foreach (uint id in new uint[] { 1, 4, 5, 6, 7, 8 })
            Assert.Equal(ServedFault.Malformed, FaultOf(answers[id], name == "keys/" && id == 8));
        Assert.Empty(Files());
    }

    [Fact]
    public void So_many_objects_are_begun_and_no_more_and_none_stays()
    {
        for (uint i = 0; i <= ServedProtocol.PendingMax; i++)
            Say(new ServedPacket(ServedType.Begin).Add(i));
        for (uint i = 0; i < 300; i++)
            Say(new ServedPacket(ServedType.Append).Add(i % (ServedProtocol.PendingMax + 1)).Add(new byte[60_000]));
        Say(new ServedPacket(ServedType.Begin).Add(3u));
        Say(new ServedPacket(ServedType.Publish).Add((uint)ServedProtocol.PendingMax).Add("keys/refused"));
        Dictionary<uint, IncomingPacket> answers = Serve();
        Assert.Equal(ServedType.Done, answers[ServedProtocol.PendingMax].Kind());
        Assert.Equal(ServedFault.Malformed, FaultOf(answers[ServedProtocol.PendingMax + 1]));
        Assert.Equal(ServedFault.Malformed, FaultOf(answers[ServedProtocol.PendingMax + 302]));
        Assert.Equal(ServedFault.Storage, FaultOf(answers[ServedProtocol.PendingMax + 303]));
        Assert.Empty(Files());
    }

    [Fact]
    public void No_answer_is_longer_than_a_packet()
    {
        Say(new ServedPacket(ServedType.Put).Add("packs/aa/one").Add(new byte[ServedProtocol.BlockSize]));
        Say(new ServedPacket(ServedType.Read).Add("packs/aa/one").Add(0L).Add((uint)ServedProtocol.BlockSize + 1));
        Say(new ServedPacket(ServedType.Read).Add("packs/aa/one").Add(0L).Add(uint.MaxValue));
        Dictionary<uint, IncomingPacket> answers = Serve();
        Assert.Equal(ServedType.Done, answers[1].Kind());
        Assert.Equal(ServedFault.Malformed, FaultOf(answers[2]));
        Assert.Equal(ServedFault.Malformed, FaultOf(answers[3]));
    }

    [Fact]
    public void A_listing_comes_in_pages()
    {
        using (LocalStorage storage = LocalStorage.Create(Root))
        {
            Directory.CreateDirectory(Path.Combine(Root, "keys"));
            foreach (int i in Enumerable.Range(0, 1000))
                File.WriteAllText(Path.Combine(Root, "keys", $"{new string('a', 150)}{i}"), "x");
        }

        Say(new ServedPacket(ServedType.List).Add("keys/"));
        List<IncomingPacket> pages = ServeAll().Where(answer => answer.Id == 1).Select(answer => answer.Packet).ToList();
        Assert.True(pages.Count > 2);
        Assert.Equal(ServedType.LastPage, pages[^1].Kind());
        Assert.All(pages.SkipLast(1), page => Assert.Equal(ServedType.Page, page.Kind()));
        Assert.Equal(1000, pages.Sum(page => page.NextNumber()));
    }

    [Fact]
    public void An_append_only_server_deletes_nothing_but_sessions_of_the_same_connection()
    {
        string own = StorageKey.Session(SessionId.NewRandom()).Name, other = StorageKey.Session(SessionId.NewRandom()).Name;
        using (LocalStorage storage = LocalStorage.Create(Root))
        {
            storage.PutIfAbsent(StorageKey.TryParse(other)!.Value, "x"u8);
            storage.PutIfAbsent(StorageKey.Config, "x"u8);
        }

        Say(new ServedPacket(ServedType.Delete).Add(other));
        Say(new ServedPacket(ServedType.Delete).Add("config"));
        Say(new ServedPacket(ServedType.Put).Add("config").Add("other"u8));
        Say(new ServedPacket(ServedType.Delete).Add(StorageKey.Probe(SessionId.NewRandom()).Name));
        Dictionary<uint, IncomingPacket> answers = Serve(isAppendOnly: true);
        Assert.Equal(ServedFault.MissingRight, FaultOf(answers[1]));
        Assert.Equal(ServedFault.MissingRight, FaultOf(answers[2]));
        Assert.Equal(0u, answers[3].NextNumber());
        Assert.Equal(ServedFault.MissingRight, FaultOf(answers[4]));
        Assert.Equal("x", File.ReadAllText(Path.Combine(Root, "config")));
        Assert.True(File.Exists(Path.Combine(Root, other)));

        using Held held = new(() => LocalStorage.Create(Root), new StorageServerOptions { IsAppendOnly = true });
        held.Send(new ServedPacket(ServedType.Put).Add(own).Add("x"u8));
        Assert.Equal(1u, held.Receive().NextNumber());
        held.Send(new ServedPacket(ServedType.Delete).Add(own));
        Assert.Equal(ServedType.Done, held.Receive().Kind());
        held.Send(new ServedPacket(ServedType.Delete).Add(own));
        Assert.Equal(ServedFault.MissingRight, FaultOf(held.Receive()));
    }

    [Fact]
    public void A_client_is_told_that_its_request_is_at_work()
    {
        using ManualResetEventSlim told = new();
        using Held held = new(() => new Slow(told), new StorageServerOptions { SignInterval = TimeSpan.FromMilliseconds(20) });
        held.Send(new ServedPacket(ServedType.List).Add(""));
        Assert.Equal(ServedType.Working, held.ReceiveAny().Kind());
        told.Set();
        IncomingPacket last;
        do
            last = held.ReceiveAny();
        while (last.Kind() == ServedType.Working);
        Assert.Equal(ServedType.LastPage, last.Kind());
    }

    [Fact]
    public void An_older_client_is_told_so_and_a_newer_one_is_answered_in_what_both_speak()
    {
        foreach ((uint version, ServedType kind) in new[] { (0u, ServedType.Failure), (ServedProtocol.Version + 1, ServedType.Greeting) })
        {
            using MemoryStream input = new([.. new ServedPacket(ServedType.Hello).Add(ServedProtocol.Magic).Add(0u).Add("another").Finish(version)]);
            using MemoryStream output = new();
            new StorageServer(_ => new MemoryStorage(), input, output, new StorageServerOptions()).Run();
            Assert.Equal(kind, Answers(output).Single().Packet.Kind());
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: x\r\n\r\n")]
    [InlineData("ls -l\n")]
    [InlineData("\0\0\0\u0005\u0001\0\0\0\u0001")]
    public void What_is_not_the_protocol_ends_it(string text)
    {
        using MemoryStream input = new([.. text.Select(c => (byte)c)]), output = new();
        Assert.Throws<UsageException>(() => new StorageServer(_ => new MemoryStorage(), input, output, new StorageServerOptions()).Run());
        Assert.Equal(0, output.Length);
    }

    // SNAPSTORE_FUZZ_SEED=N runs one case again.
    [Fact]
    public void Whatever_comes_is_answered_in_packets_and_leaves_whole_objects_only()
    {
        int only = int.TryParse(Environment.GetEnvironmentVariable("SNAPSTORE_FUZZ_SEED"), out int seed) ? seed : -1;
        for (int i = only < 0 ? 0 : only; i < (only < 0 ? FuzzCases : only + 1); i++)
            FuzzOnce(new Random(i), i);
    }

    private static void FuzzOnce(Random random, int seed)
    {
        using MemoryStorage storage = new();
        byte[] said = Mutated(random, Conversation(random));
        using MemoryStream input = new(said), output = new();
        try
        {
            new StorageServer(_ => storage, input, output, new StorageServerOptions { IsAppendOnly = random.Next(2) == 0 }).Run();
        }
        catch (UsageException)
        {
            // As it should be, for what is not the protocol.
        }
        catch (Exception e)
        {
            Assert.Fail($"seed {seed}: {e}");
        }

        Assert.All(Answers(output), answer => Assert.True(answer.Packet.Kind() >= ServedType.Greeting, $"seed {seed}"));
        Assert.All(storage.List(""), found => Assert.NotNull(StorageKey.TryParse(found.Key.Name)));
    }

    private static List<byte[]> Conversation(Random random)
    {
        List<byte[]> said = [[.. new ServedPacket(ServedType.Hello).Add(ServedProtocol.Magic).Add(1u).Add("fuzz").Finish(1)]];
        string[] names = ["config", "keys/a", "packs/aa/b", "sessions/" + new string('a', 32), "../x", ""];
        for (uint id = 1; id < random.Next(2, 40); id++)
        {
            string name = names[random.Next(names.Length)];
            uint number = (uint)random.Next(4);
            OutgoingPacket packet = random.Next(8) switch
            {
                0 => new ServedPacket(ServedType.Put).Add(name).Add(new byte[random.Next(2000)]),
                1 => new ServedPacket(ServedType.Begin).Add(number),
                2 => new ServedPacket(ServedType.Append).Add(number).Add(new byte[random.Next(2000)]),
                3 => new ServedPacket(ServedType.Publish).Add(number).Add(name),
                4 => new ServedPacket(ServedType.Drop).Add(number),
                5 => new ServedPacket(ServedType.Read).Add(name).Add(random.NextInt64(-5, 2000)).Add((uint)random.Next(70_000)),
                6 => new ServedPacket(ServedType.List).Add(random.Next(2) == 0 ? "" : "keys/"),
                _ => new ServedPacket(random.Next(2) == 0 ? ServedType.Delete : ServedType.Size).Add(name),
            };
            said.Add([.. packet.Finish(id)]);
        }

        return said;
    }

    // Bytes altered, lost and added, packets cut, or nothing but noise.
    private static byte[] Mutated(Random random, List<byte[]> said)
    {
        List<byte> bytes = [.. said.SelectMany(packet => packet)];
        int hello = random.Next(10) == 0 ? 0 : said[0].Length;
        for (int i = random.Next(4); i > 0 && bytes.Count > hello; i--)
        {
            int at = random.Next(hello, bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 20), bytes.Count - at));
                    break;
                case 2:
                    byte[] noise = new byte[random.Next(1, 30)];
                    random.NextBytes(noise);
                    bytes.InsertRange(at, noise);
                    break;
                case 3:
                    bytes[at] = 0xff;
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }

    private static ServedFault FaultOf(IncomingPacket answer, bool isListed = false)
    {
        if (isListed && answer.Kind() == ServedType.LastPage)
            return ServedFault.Malformed;
        Assert.Equal(ServedType.Failure, answer.Kind());
        return (ServedFault)answer.NextNumber();
    }

    private static List<(uint Id, IncomingPacket Packet)> Answers(MemoryStream output)
    {
        output.Position = 0;
        List<(uint, IncomingPacket)> answers = [];
        while (output.Position < output.Length)
        {
            IncomingPacket packet = IncomingPacket.Read(output, ServedProtocol.PacketSizeMax, "no packet");
            answers.Add((packet.NextNumber(), packet));
        }

        return answers;
    }

    private List<string> Files() => [.. Directory.GetFiles(_folder, "*", SearchOption.AllDirectories)];

    private void Say(OutgoingPacket packet) => _input.Write(packet.Finish(++_id));

    private Dictionary<uint, IncomingPacket> Serve(bool isAppendOnly = false) =>
        ServeAll(isAppendOnly).ToDictionary(answer => answer.Id, answer => answer.Packet);

    private List<(uint Id, IncomingPacket Packet)> ServeAll(bool isAppendOnly = false)
    {
        byte[] hello = [.. new ServedPacket(ServedType.Hello).Add(ServedProtocol.Magic).Add(1u).Add("tests").Finish(ServedProtocol.Version)];
        using MemoryStream input = new([.. hello, .. _input.ToArray()]), output = new();
        new StorageServer(_ => LocalStorage.Create(Root), input, output, new StorageServerOptions { IsAppendOnly = isAppendOnly }).Run();
        List<(uint Id, IncomingPacket Packet)> answers = Answers(output);
        Assert.Equal(ServedType.Greeting, answers[0].Packet.Kind());
        return [.. answers.Skip(1)];
    }

    /// <summary>A server that is talked to step by step.</summary>
    private sealed class Held : IDisposable
    {
        private readonly AnonymousPipeServerStream _to = new(PipeDirection.Out), _from = new(PipeDirection.In);
        private readonly Thread _server;
        private uint _id;

        public Held(Func<IStorage> open, StorageServerOptions options)
        {
            Stream input = new AnonymousPipeClientStream(PipeDirection.In, _to.ClientSafePipeHandle);
            Stream output = new AnonymousPipeClientStream(PipeDirection.Out, _from.ClientSafePipeHandle);
            _server = new Thread(() => new StorageServer(_ => open(), input, output, options).Run());
            _server.Start();
            _to.Write(new ServedPacket(ServedType.Hello).Add(ServedProtocol.Magic).Add(0u).Add("tests").Finish(ServedProtocol.Version));
            Assert.Equal(ServedType.Greeting, Receive().Kind());
        }

        public void Send(OutgoingPacket packet) => _to.Write(packet.Finish(++_id));

        public IncomingPacket ReceiveAny() => IncomingPacket.Read(_from, ServedProtocol.PacketSizeMax, "no packet");

        public IncomingPacket Receive()
        {
            IncomingPacket packet = ReceiveAny();
            Assert.Equal(_id == 0 ? ServedProtocol.Version : _id, packet.NextNumber());
            return packet;
        }

        public void Dispose()
        {
            _to.Dispose();
            _server.Join();
            _from.Dispose();
        }
    }

    /// <summary>Lists when it may.</summary>
    private sealed class Slow(ManualResetEventSlim may) : IStorage
    {
        private readonly MemoryStorage _storage = new();

        public string Location => "slow";

        public bool PutIfAbsent(StorageKey key, ReadOnlySpan<byte> content) => _storage.PutIfAbsent(key, content);

        public IPendingObject BeginObject() => _storage.BeginObject();

        public void Read(StorageKey key, long offset, Span<byte> destination) => _storage.Read(key, offset, destination);

        public long? SizeOf(StorageKey key) => _storage.SizeOf(key);

        public IEnumerable<StoredObject> List(string prefix)
        {
            may.Wait();
            return _storage.List(prefix);
        }

        public void Delete(StorageKey key) => _storage.Delete(key);

        public void Dispose() => _storage.Dispose();
    }
}
