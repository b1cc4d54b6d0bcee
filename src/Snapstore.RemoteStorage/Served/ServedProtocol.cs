using Snapstore.RemoteStorage.Ssh;

namespace Snapstore.RemoteStorage.Served;

/// <summary>Types of packets (spec/protocols/serve-storage.md).</summary>
internal enum ServedType : byte
{
    Hello = 1, Put = 2, Begin = 3, Append = 4, Publish = 5, Drop = 6, Read = 7, Size = 8, List = 9, Delete = 10,
    Greeting = 65, Done = 66, Data = 67, SizeIs = 68, Page = 69, LastPage = 70, Failure = 71, Working = 72,
}

/// <summary>What a request failed of.</summary>
internal enum ServedFault
{
    Missing = 1, Damage = 2, Storage = 3, NoRepository = 4, MissingRight = 5, Malformed = 6,
}

/// <summary>Numbers and names that both sides hold to.</summary>
internal static class ServedProtocol
{
    /// <summary>The version spoken here; a side that knew more would speak the older of the two.</summary>
    public const uint Version = 1;

    /// <summary>The first field of both greetings.</summary>
    public const string Magic = "snapstore-storage";

    /// <summary>Bytes of an object in one packet, at most.</summary>
    public const int BlockSize = 64 << 10;

    /// <summary>The longest packet: a block, a name, and what goes with them.</summary>
    public const int PacketSizeMax = BlockSize + (4 << 10);

    /// <summary>Objects that one connection may have begun and not ended.</summary>
    public const int PendingMax = 64;

    /// <summary>Flags of a hello, and of a greeting.</summary>
    public const uint MakesFolder = 1, IsAppendOnly = 1;

    /// <summary>The flag of a failure that may be none later.</summary>
    public const uint IsTransient = 1;

    /// <summary>What a client lacks that asks an append-only server to delete.</summary>
    public const string Right = "a login that is served without --append-only";

    public static ServedType Kind(this IncomingPacket packet) => (ServedType)packet.Type;

    /// <summary>A text of the other side: no byte of it steers a terminal, and it has an end.</summary>
    public static string NextPlainText(this IncomingPacket packet)
    {
        const int LengthMax = 2000;
        string text = packet.NextText();
        return string.Concat(text.Take(LengthMax).Select(c => char.IsControl(c) ? '?' : c));
    }
}

/// <summary>A packet as it is built.</summary>
internal sealed class ServedPacket(ServedType type, int size = 256) : OutgoingPacket((byte)type, size);
