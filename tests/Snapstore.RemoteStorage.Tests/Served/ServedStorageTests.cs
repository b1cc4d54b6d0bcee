using Snapstore.RemoteStorage.Served;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.RemoteStorage.Tests.Sftp;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.Served;

/// <summary>The contract of a storage, on OpenSSH's server with a forced command: what the client names counts for nothing.</summary>
[Collection(SshCollection.Name)]
public sealed class ServedStorageTests(SshServer server) : StorageContract
{
    protected override IStorage Make()
    {
        server.Force($"serve-storage --stdio --repo '{server.NewFolder()}'");
        return ServedStorage.Create(SshLocation.Parse(server.LocationOf("/nowhere", SshLocation.Served)), "tests", new SshSettings { Command = server.ForcedCommand });
    }
}

/// <summary>The contract without ssh: the client's process is the server, and a pipe lies between.</summary>
[Trait("Category", "Slow")]
[Collection(SshCollection.Name)]
public sealed class ServedPipeTests(SshServer server) : StorageContract
{
    protected override IStorage Make() => ServedStorage.Create(SshLocation.Parse("ssh:unused:/nowhere"), "tests", new SshSettings { Command = server.Direct(server.NewFolder()) });
}
