using System.Buffers.Binary;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>The exchange by which a user is let in: mysql_native_password, caching_sha2_password, client_ed25519,
/// mysql_clear_password (never over an open network), and accounts without a password.</summary>
internal sealed class ServerLogin(PacketReader reader, PacketWriter writer, MySqlAddress address, bool isPrivate)
{
    private const byte Utf8Mb4 = 45;

    private const uint Capabilities = ServerGreeting.LongPassword | ServerGreeting.LongFlag | ServerGreeting.Protocol41
        | ServerGreeting.Transactions | ServerGreeting.SecureConnection | ServerGreeting.PluginAuthentication;

    private const int PacketMax = 1 << 30;

    /// <summary>The packet that asks for TLS: the beginning of the one that follows it.</summary>
    public static void AskForTls(PacketWriter writer, byte sequence)
    {
        writer.Begin(sequence);
        writer.Bytes(Header(Capabilities | ServerGreeting.Tls));
        writer.Send();
    }

    /// <summary>Logs in.</summary>
    /// <exception cref="MySqlRefusal">The server refuses.</exception>
    /// <exception cref="SourceException">It wants a way of authentication that is not known, or not safe here.</exception>
    public void Run(ServerGreeting greeting, byte sequence, bool isEncrypted)
    {
        string plugin = greeting.Plugin is "caching_sha2_password" ? greeting.Plugin : "mysql_native_password";
        byte[] scramble = greeting.Scramble;
        writer.Begin(sequence);
        writer.Bytes(Header(isEncrypted ? Capabilities | ServerGreeting.Tls : Capabilities));
        writer.Text(address.User);
        writer.Byte(0);
        byte[] proof = Proof(plugin, scramble);
        writer.Byte((byte)proof.Length);
        writer.Bytes(proof);
        writer.Text(plugin);
        writer.Byte(0);
        writer.Send();
        while (!Answer(ref plugin, ref scramble))
        {
        }
    }

    private bool Answer(ref string plugin, ref byte[] scramble)
    {
        reader.Begin();
        byte kind = reader.ReadByte();
        byte[] rest = reader.ReadRest();
        switch (kind)
        {
            case 0x00:
                return true;
            case 0xff:
                throw ServerError.Parse(rest);
            case 0xfe:
                int end = Array.IndexOf(rest, (byte)0);
                if (end < 0)
                    throw new SourceException($"{address.Place} asks for a proof of the password from before MySQL 4.1, which is not safe; give the account another one");
                plugin = Encoding.ASCII.GetString(rest, 0, end);
                scramble = ScrambleOf(rest.AsSpan(end + 1));
                Send(Proof(plugin, scramble));
                return false;
            case 0x01:
                More(plugin, scramble, rest);
                return false;
            default:
                throw new IOException("the server's answer to the login is none that is known");
        }
    }

    // caching_sha2_password: 3 says that the proof will do, 4 that the server has to see the password itself once.
    private void More(string plugin, byte[] scramble, byte[] rest)
    {
        if (plugin != "caching_sha2_password" || rest.Length == 0 || rest[0] is not (3 or 4))
            throw new IOException("the server's answer to the login is none that is known");
        if (rest[0] == 3)
            return;
        if (isPrivate)
        {
            Send(PasswordProof.Clear(address.Password));
            return;
        }

        if (!address.IsLocal && !address.TrustsServerKey)
            throw new SourceException($"{address.Place} wants the password itself, and the connection is not encrypted; connect with TLS (?ssl-mode=REQUIRED), or trust the key that the server sends (?get-server-public-key=1)");
        Send([2]);
        reader.Begin();
        byte kind = reader.ReadByte();
        byte[] key = reader.ReadRest();
        if (kind == 0xff)
            throw ServerError.Parse(key);
        Send(PasswordProof.Rsa(address.Password, scramble, Encoding.ASCII.GetString(key)));
    }

    private byte[] Proof(string plugin, byte[] scramble) => plugin switch
    {
        "mysql_native_password" or "" => PasswordProof.Native(address.Password, scramble),
        "caching_sha2_password" => PasswordProof.CachingSha2(address.Password, scramble),
        "client_ed25519" => Ed25519Proof.Sign(address.Password, scramble),
        "mysql_clear_password" when isPrivate => PasswordProof.Clear(address.Password),
        "mysql_clear_password" => throw new SourceException($"{address.Place} wants the password itself, and the connection is not encrypted; connect with TLS (?ssl-mode=REQUIRED)"),
        _ => throw new SourceException($"{address.Place} authenticates user {address.User} by {plugin}, which Snapstore does not know; use an account with mysql_native_password, ed25519, caching_sha2_password or unix_socket"),
    };

    private void Send(byte[] payload)
    {
        writer.Begin(reader.NextSequence);
        writer.Bytes(payload);
        writer.Send();
    }

    private static byte[] Header(uint capabilities)
    {
        byte[] header = new byte[32];
        BinaryPrimitives.WriteUInt32LittleEndian(header, capabilities);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), PacketMax);
        header[8] = Utf8Mb4;
        return header;
    }

    // 20 bytes and a NUL, or 32 bytes for ed25519.
    private static byte[] ScrambleOf(ReadOnlySpan<byte> bytes) => bytes.Length == 21 ? bytes[..20].ToArray() : bytes.ToArray();
}
