using System.Security.Cryptography;
using System.Text;
using Snapstore.Databases.MySql;

namespace Snapstore.Databases.Tests.MySql;

/// <summary>Proofs of passwords against vectors computed by another program (Python's hashlib).</summary>
public sealed class PasswordProofTests
{
    private const string Password = "S3cr3t!ü";

    private static readonly byte[] Scramble = [.. Enumerable.Range(1, 20).Select(i => (byte)i)];

    [Fact]
    public void Caching_sha2_is_as_computed_elsewhere() =>
        Assert.Equal("ca0489268d497209ea0f54ee50b615d517a428c9bee3abd0d1b12daa685ee47e", Convert.ToHexStringLower(PasswordProof.CachingSha2(Password, Scramble)));

    [Fact]
    public void Native_is_as_computed_elsewhere() =>
        Assert.Equal("2ca0beadcc39fab6682fc599dd32a2ae3af0d5e0", Convert.ToHexStringLower(PasswordProof.Native(Password, Scramble)));

    [Fact]
    public void No_password_has_an_empty_proof()
    {
        Assert.Empty(PasswordProof.CachingSha2("", Scramble));
        Assert.Empty(PasswordProof.Native("", Scramble));
    }

    [Fact]
    public void The_servers_key_opens_what_is_sealed_for_it()
    {
        using RSA key = RSA.Create(2048);
        byte[] opened = key.Decrypt(PasswordProof.Rsa(Password, Scramble, key.ExportSubjectPublicKeyInfoPem()), RSAEncryptionPadding.OaepSHA1);
        byte[] password = [.. opened.Select((b, i) => (byte)(b ^ Scramble[i % 20]))];
        Assert.Equal(Password + "\0", Encoding.UTF8.GetString(password));
        Assert.Throws<IOException>(() => PasswordProof.Rsa(Password, Scramble, "no key"));
    }

    // MySQL 8 cannot be installed beside MariaDB here: its side of the exchange is played.
    [Theory]
    [InlineData(false, "0103", "ca0489268d497209ea0f54ee50b615d517a428c9bee3abd0d1b12daa685ee47e")]
    [InlineData(true, "0104", "53336372337421c3bc00")]
    public void Logs_in_to_a_server_of_MySQL_8(bool isPrivate, string more, string lastSent)
    {
        MySqlAddress address = new() { Host = "db1", Port = 3306, User = "ann", Password = Password };
        byte[] answers = [.. Packet(2, Convert.FromHexString(more)), .. Packet(isPrivate ? (byte)4 : (byte)3, [0, 0, 0, 2, 0, 0, 0])];
        using MemoryStream sent = new();
        ServerGreeting greeting = new("8.0.36", Scramble, "caching_sha2_password", 0);

        new ServerLogin(new PacketReader(new MemoryStream(answers)), new PacketWriter(sent), address, isPrivate).Run(greeting, 1, isEncrypted: false);

        Assert.Contains(lastSent, Convert.ToHexStringLower(sent.ToArray()), StringComparison.Ordinal);
    }

    [Fact]
    public void Never_says_the_password_over_an_open_network()
    {
        MySqlAddress address = new() { Host = "db1.example.org", Port = 3306, User = "ann", Password = Password };
        using MemoryStream sent = new();
        ServerGreeting greeting = new("8.0.36", Scramble, "caching_sha2_password", 0);

        SourceException refused = Assert.Throws<SourceException>(() =>
            new ServerLogin(new PacketReader(new MemoryStream(Packet(2, [1, 4]))), new PacketWriter(sent), address, isPrivate: false).Run(greeting, 1, isEncrypted: false));

        Assert.Contains("ssl-mode", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("53336372", Convert.ToHexStringLower(sent.ToArray()), StringComparison.Ordinal);
    }

    private static byte[] Packet(byte sequence, byte[] payload) => [(byte)payload.Length, 0, 0, sequence, .. payload];
}
