using System.Buffers.Binary;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>The first packet of a server: handshake version 10.</summary>
/// <param name="Version">The server's version, without MariaDB's compatibility prefix.</param>
/// <param name="Scramble">20 bytes that the proof of the password depends on.</param>
/// <param name="Plugin">How the server would like the user to be authenticated; "" where it does not say.</param>
/// <param name="Capabilities">What the server can do.</param>
internal sealed record ServerGreeting(string Version, byte[] Scramble, string Plugin, uint Capabilities)
{
    /// <summary>Bits of capabilities.</summary>
    public const uint
        LongPassword = 0x1,
        LongFlag = 0x4,
        Protocol41 = 0x200,
        Tls = 0x800,
        Transactions = 0x2000,
        SecureConnection = 0x8000,
        PluginAuthentication = 0x80000;

    private const string MariaDbPrefix = "5.5.5-";

    private const int ScrambleSize = 20, ScrambleStart = 8;

    /// <summary>True where the server can switch to TLS.</summary>
    public bool HasTls => (Capabilities & Tls) != 0;

    /// <summary>Reads the packet.</summary>
    /// <exception cref="IOException">It is none.</exception>
    public static ServerGreeting Parse(ReadOnlySpan<byte> packet)
    {
        int end = packet.IsEmpty ? -1 : packet[1..].IndexOf((byte)0);
        if (end < 0 || packet[0] != 10 || packet.Length < end + 2 + 4 + ScrambleStart + 1 + 18)
            throw new IOException("what answers there is no MySQL or MariaDB server, or one before MySQL 5.0");
        string version = Encoding.ASCII.GetString(packet.Slice(1, end));
        ReadOnlySpan<byte> rest = packet[(end + 2 + 4)..];
        byte[] scramble = new byte[ScrambleSize];
        rest[..ScrambleStart].CopyTo(scramble);
        rest = rest[(ScrambleStart + 1)..];
        uint capabilities = BinaryPrimitives.ReadUInt16LittleEndian(rest) | ((uint)BinaryPrimitives.ReadUInt16LittleEndian(rest[5..]) << 16);
        int scrambleLength = rest[7];
        rest = rest[18..];
        int second = Math.Max(13, scrambleLength - ScrambleStart);
        if (rest.Length < second)
            throw new IOException("the server speaks a protocol from before MySQL 4.1");
        rest[..(ScrambleSize - ScrambleStart)].CopyTo(scramble.AsSpan(ScrambleStart));
        string plugin = Encoding.ASCII.GetString(rest[second..]).TrimEnd('\0');
        return new ServerGreeting(WithoutPrefix(version), scramble, plugin, capabilities);
    }

    // MariaDB 10 and 11 put 5.5.5- before their version, for old replicas.
    private static string WithoutPrefix(string version) =>
        version.StartsWith(MariaDbPrefix, StringComparison.Ordinal) ? version[MariaDbPrefix.Length..] : version;
}
