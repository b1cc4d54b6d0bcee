using Snapstore.RemoteStorage.Sftp;
using Snapstore.RemoteStorage.Ssh;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.RemoteStorage.Tests.Sftp;

/// <summary>The contract of a storage, on OpenSSH's server.</summary>
[Collection(SshCollection.Name)]
public sealed class SftpStorageTests(SshServer server) : StorageContract
{
    protected override IStorage Make() => SftpStorage.Create(SshLocation.Parse(server.LocationOf(server.NewFolder())), server.Settings);
}

/// <summary>The contract on a server that has no hard links, and a RENAME that keeps to the draft.</summary>
[Collection(SshCollection.Name)]
public sealed class SftpRenameTests(SshServer server) : StorageContract
{
    protected override IStorage Make() => SftpStorage.Create(
        SshLocation.Parse($"sftp:unused:{server.NewFolder()}"),
        new SshSettings { Command = server.WriteScript("without-links", $"#!/bin/sh\nexec {SshServer.FileServer} -P hardlink,posix-rename\n") });
}
