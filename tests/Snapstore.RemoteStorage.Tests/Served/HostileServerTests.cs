using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;

namespace Snapstore.RemoteStorage.Tests.Served;

/// <summary>A client whose server answers with altered, lost and invented bytes, by seed. SNAPSTORE_FUZZ_SEED=N runs one case again.</summary>
[Trait("Category", "Slow")]
public sealed class HostileServerTests : IDisposable
{
    private const int Cases = 60;

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private volatile int _seed;

    public HostileServerTests()
    {
        _listener.Start();
        new Thread(ServeAll) { IsBackground = true }.Start();
    }

    public void Dispose() => _listener.Dispose();

    [Fact]
    public void Whatever_it_answers_every_call_ends_with_a_result_or_a_failure_that_is_known()
    {
        int only = int.TryParse(Environment.GetEnvironmentVariable("SNAPSTORE_FUZZ_SEED"), out int seed) ? seed : -1;
        int results = 0;
        for (_seed = only < 0 ? 0 : only; _seed < (only < 0 ? Cases : only + 1); _seed++)
            results += RunOnce();
        Assert.True(only >= 0 || results > Cases, $"hardly anything was answered: {results}");
    }

    private int RunOnce()
    {
        string port = ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        string bridge = $"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port} 4<&0; cat <&4 >&3 & cat <&3; kill $!'";
        SshSettings settings = new() { Command = bridge, StallTime = TimeSpan.FromSeconds(20), ConnectTime = TimeSpan.FromSeconds(20) };
        int results = 0;
        ServedStorage? storage = null;
        Known(() => storage = ServedStorage.Open(SshLocation.Parse("ssh:unused:/nowhere"), "tests", settings), ref results);
        using (storage)
        {
            Known(() => storage?.SizeOf(StorageKey.Config), ref results);
            Known(() => storage?.Read(StorageKey.Config, 0, new byte[100]), ref results);
            Known(() => storage?.List("keys/"), ref results);
            Known(() => storage?.PutIfAbsent(StorageKey.Config, "x"u8), ref results);
            Known(() => storage?.Delete(StorageKey.Config), ref results);
        }

        return results;
    }

    private void Known(Action call, ref int results)
    {
        try
        {
            call();
            results++;
        }
        catch (SnapstoreException)
        {
            // As it should be.
        }
        catch (Exception e)
        {
            Assert.Fail($"seed {_seed}: {e}");
        }
    }

    private void ServeAll()
    {
        try
        {
            for (int connection = 0; ; connection++)
            {
                using TcpClient client = _listener.AcceptTcpClient();
                Serve(client, new Random((_seed * 1000) + connection));
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // The test is over: in the midst of waiting, or just before it.
        }
    }

    // Answers what was asked, and from some packet on something else; then it is gone.
    private static void Serve(TcpClient client, Random random)
    {
        int harmed = random.Next(1, 6);
        try
        {
            using NetworkStream stream = client.GetStream();
            for (int number = 0; ; number++)
            {
                IncomingPacket request = IncomingPacket.Read(stream, ServedProtocol.PacketSizeMax, "no packet");
                uint id = request.NextNumber();
                byte[] answer = [.. Answer(request.Kind()).Finish(id)];
                if (number < harmed)
                {
                    stream.Write(answer);
                    continue;
                }

                // Gone behind it: whatever the client waits for now never comes.
                stream.Write(Harmed(random, answer));
                return;
            }
        }
        catch (IOException)
        {
            // The client is gone.
        }
    }

    private static OutgoingPacket Answer(ServedType request) => request switch
    {
        ServedType.Hello => new ServedPacket(ServedType.Greeting).Add(ServedProtocol.Magic).Add(0u).Add("hostile"),
        ServedType.Size => new ServedPacket(ServedType.SizeIs).Add(100L),
        ServedType.Read => new ServedPacket(ServedType.Data).Add(new byte[100]),
        ServedType.List => new ServedPacket(ServedType.LastPage).Add(1u).Add("keys/a").Add(5L),
        _ => new ServedPacket(ServedType.Done).Add(1u),
    };

    private static byte[] Harmed(Random random, byte[] answer)
    {
        List<byte> bytes = [.. answer];
        for (int i = random.Next(1, 4); i > 0; i--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(4))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 2:
                    bytes.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    bytes.RemoveRange(at, Math.Min(bytes.Count - 1, random.Next(1, 5)) is var count && at + count <= bytes.Count ? count : 0);
                    break;
            }
        }

        return [.. bytes];
    }
}
