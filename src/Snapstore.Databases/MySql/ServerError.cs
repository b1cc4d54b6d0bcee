using System.Buffers.Binary;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>The packet by which a server refuses.</summary>
internal static class ServerError
{
    private const int StateSize = 6;

    /// <summary>Reads what follows its first byte: code (2 bytes), '#' and five characters of SQL state, text.</summary>
    public static MySqlRefusal Parse(ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 2)
            return new MySqlRefusal(0, "the server refused and did not say why");
        int code = BinaryPrimitives.ReadUInt16LittleEndian(packet);
        ReadOnlySpan<byte> text = packet[2..];
        if (text.Length >= StateSize && text[0] == (byte)'#')
            text = text[StateSize..];
        return new MySqlRefusal(code, Encoding.UTF8.GetString(text));
    }
}
