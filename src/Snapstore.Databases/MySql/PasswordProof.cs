using System.Security.Cryptography;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>How a client proves that it knows the password without saying it.</summary>
/// <remarks>SHA-1 and PKCS-1 OAEP with SHA-1 are the protocol's choice, not ours.</remarks>
internal static class PasswordProof
{
    /// <summary>mysql_native_password: SHA1(p) xor SHA1(scramble + SHA1(SHA1(p))).</summary>
#pragma warning disable CA5350 // the protocol's choice
    public static byte[] Native(string password, ReadOnlySpan<byte> scramble)
    {
        if (password.Length == 0)
            return [];
        byte[] once = SHA1.HashData(Encoding.UTF8.GetBytes(password));
        byte[] proof = SHA1.HashData([.. scramble, .. SHA1.HashData(once)]);
        return Xor(proof, once);
    }
#pragma warning restore CA5350

    /// <summary>caching_sha2_password: SHA256(p) xor SHA256(SHA256(SHA256(p)) + scramble).</summary>
    public static byte[] CachingSha2(string password, ReadOnlySpan<byte> scramble)
    {
        if (password.Length == 0)
            return [];
        byte[] once = SHA256.HashData(Encoding.UTF8.GetBytes(password));
        byte[] proof = SHA256.HashData([.. SHA256.HashData(once), .. scramble]);
        return Xor(proof, once);
    }

    /// <summary>The password itself, ended by NUL: only where nobody can listen.</summary>
    public static byte[] Clear(string password) => [.. Encoding.UTF8.GetBytes(password), 0];

    /// <summary>The password encrypted for the server's RSA key, on a connection without TLS.</summary>
    /// <param name="password">The password.</param>
    /// <param name="scramble">The server's 20 bytes.</param>
    /// <param name="publicKey">PEM, as the server sent it.</param>
    /// <exception cref="IOException">The key is none.</exception>
    public static byte[] Rsa(string password, ReadOnlySpan<byte> scramble, string publicKey)
    {
        byte[] masked = Clear(password);
        for (int i = 0; i < masked.Length; i++)
            masked[i] ^= scramble[i % scramble.Length];
        try
        {
            using RSA rsa = RSA.Create();
            rsa.ImportFromPem(publicKey);
            return rsa.Encrypt(masked, RSAEncryptionPadding.OaepSHA1);
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            throw new IOException("the server's RSA key for passwords cannot be used; connect with TLS (?ssl-mode=REQUIRED)", e);
        }
    }

    private static byte[] Xor(byte[] a, byte[] b)
    {
        byte[] result = new byte[a.Length];
        for (int i = 0; i < a.Length; i++)
            result[i] = (byte)(a[i] ^ b[i]);
        return result;
    }
}
