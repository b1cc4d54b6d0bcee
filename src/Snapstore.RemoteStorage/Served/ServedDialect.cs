using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Served;

/// <summary>The protocol of serve-storage, as a client greets.</summary>
internal sealed class ServedDialect(bool makesFolder, string program) : SshDialect
{
    public override int PacketSizeMax => ServedProtocol.PacketSizeMax;

    public override string NotSpoken =>
        "what answers is no snapstore serve-storage; does a login script there print something, or does a forced command run another program?";

    /// <summary>What the server answered instead of a greeting; null where it greeted.</summary>
    public IncomingPacket? Refusal { get; private set; }

    public override string[] Arguments(SshLocation place)
    {
        // So that no folder is taken for an option or for a place elsewhere.
        string path = place.Path[0] == '/' ? place.Path : "./" + place.Path;
        return ["-T", "--", place.Destination, $"snapstore serve-storage --stdio --repo {SshCommand.Quoted(path)}"];
    }

    public override (OutgoingPacket Packet, uint Id) Hello() =>
        (new ServedPacket(ServedType.Hello).Add(ServedProtocol.Magic).Add(makesFolder ? ServedProtocol.MakesFolder : 0u).Add(program), ServedProtocol.Version);

    public override void Greet(IncomingPacket greeting)
    {
        uint version = greeting.NextNumber();
        if (greeting.Kind() == ServedType.Failure)
        {
            Refusal = greeting;
            return;
        }

        if (greeting.Kind() != ServedType.Greeting || greeting.NextText() != ServedProtocol.Magic)
            throw new SshLostException(NotSpoken, isPassing: false);
        _ = greeting.NextNumber();
        string other = greeting.NextPlainText();
        if (version != ServedProtocol.Version)
        {
            throw new SshLostException(
                $"the snapstore there ({other}) speaks version {version} of the protocol, this one ({program}) version {ServedProtocol.Version}: install the same on both machines", isPassing: false);
        }
    }

    public override bool IsSignOfLife(byte type) => type == (byte)ServedType.Working;

    public override bool IsPart(byte type) => type == (byte)ServedType.Page;
}
