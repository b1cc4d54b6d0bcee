namespace Snapstore.RemoteStorage.Ssh;

/// <summary>What is spoken over one connection, and what the other side said in its greeting.</summary>
internal abstract class SshDialect
{
    /// <summary>The longest packet that is taken; a longer one is none.</summary>
    public abstract int PacketSizeMax { get; }

    /// <summary>What is wrong where that does not come which should.</summary>
    public abstract string NotSpoken { get; }

    /// <summary>What follows ssh's options: the destination and what is to run there.</summary>
    public abstract string[] Arguments(SshLocation place);

    /// <summary>The first packet, with its id.</summary>
    public abstract (OutgoingPacket Packet, uint Id) Hello();

    /// <summary>Looks at the first packet that came.</summary>
    /// <exception cref="SshLostException">It is no greeting, or of a version that is not spoken here.</exception>
    public abstract void Greet(IncomingPacket greeting);

    /// <summary>True for packets that only tell that the other side is there and at work.</summary>
    public virtual bool IsSignOfLife(byte type) => false;

    /// <summary>True for packets behind which more follow under the same id.</summary>
    public virtual bool IsPart(byte type) => false;
}
