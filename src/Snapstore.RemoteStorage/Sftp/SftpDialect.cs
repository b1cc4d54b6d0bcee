using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>Version 3 of SFTP, which every server speaks.</summary>
internal sealed class SftpDialect : SshDialect
{
    private const uint Version = 3;

    public override int PacketSizeMax => 1 << 20;

    public override string NotSpoken => "what answers does not speak SFTP; does a login script there print something?";

    /// <summary>The extensions that the server has.</summary>
    public HashSet<string> Extensions { get; } = [];

    public override string[] Arguments(SshLocation place) => ["-s", "--", place.Destination, "sftp"];

    public override (OutgoingPacket Packet, uint Id) Hello() => (new SftpRequest(SftpType.Init), Version);

    public override void Greet(IncomingPacket greeting)
    {
        if (greeting.Kind() != SftpType.Version || greeting.NextNumber() != Version)
            throw new SshLostException("the server does not speak version 3 of SFTP", isPassing: false);
        while (!greeting.IsAtEnd)
        {
            Extensions.Add(greeting.NextText());
            _ = greeting.NextBytes();
        }
    }
}
