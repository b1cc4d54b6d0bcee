using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.RemoteStorage.Tests.Sftp;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.Served;

/// <summary>The contract of a storage, on OpenSSH's server with a forced command: what the client names counts for nothing.</summary>
[Trait("Category", "Slow")]
[Collection(SshCollection.Name)]
public sealed class ServedStorageTests(SshServer server) : StorageContract
{
    protected override IStorage Make()
    {
        server.Force($"serve-storage --stdio --repo '{server.NewFolder()}'");
        return ServedStorage.Create(SshLocation.Parse(server.LocationOf("/nowhere", SshLocation.Served)), "tests", new SshSettings { Command = server.ForcedCommand });
    }
}

/// <summary>The contract without ssh: the server is in this process, and the client's pipes lead to it.</summary>
public sealed class ServedPipeTests : StorageContract, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("snapstore-pipe-").FullName;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public ServedPipeTests()
    {
        _listener.Start();
        new Thread(ServeAll) { IsBackground = true }.Start();
    }

    public void Dispose()
    {
        _listener.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    protected override IStorage Make()
    {
        string port = ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        string bridge = $"bash -c 'exec 3<>/dev/tcp/127.0.0.1/{port}; cat <&3 & cat >&3; kill $!'";
        return ServedStorage.Create(SshLocation.Parse("ssh:unused:/nowhere"), "tests", new SshSettings { Command = bridge });
    }

    private void ServeAll()
    {
        try
        {
            while (true)
            {
                TcpClient client = _listener.AcceptTcpClient();
                new Thread(() => Serve(client)) { IsBackground = true }.Start();
            }
        }
        catch (Exception e) when (e is SocketException or InvalidOperationException)
        {
            // The test is over: in the midst of waiting, or just before it.
        }
    }

    private void Serve(TcpClient client)
    {
        using (client)
        using (NetworkStream stream = client.GetStream())
            new StorageServer(_ => LocalStorage.Create(Path.Combine(_folder, "root")), stream, stream, new StorageServerOptions()).Run();
    }
}
