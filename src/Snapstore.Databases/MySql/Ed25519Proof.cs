using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>MariaDB's client_ed25519: the scramble signed by Ed25519, with the password in place of the 32-byte seed.</summary>
/// <remarks>RFC 8032 5.1.6 with the curve of the system's libsodium, whose own signing takes seeds of 32 bytes only.</remarks>
internal static partial class Ed25519Proof
{
    private const string Library = "libsodium.so.23";

    private const int Size = 32;

    /// <summary>The 64 bytes of the signature.</summary>
    /// <exception cref="UnsupportedException">libsodium is not installed.</exception>
    public static byte[] Sign(string password, ReadOnlySpan<byte> scramble)
    {
        try
        {
            return SignBytes(Encoding.UTF8.GetBytes(password), scramble);
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            throw new UnsupportedException($"the account is authenticated by ed25519, which needs the library {Library}; install it with: apt-get install libsodium23");
        }
    }

    private static byte[] SignBytes(byte[] password, ReadOnlySpan<byte> message)
    {
        byte[] expanded = SHA512.HashData(password);
        byte[] secret = expanded[..Size];
        secret[0] &= 248;
        secret[31] &= 63;
        secret[31] |= 64;
        byte[] publicKey = Multiply(secret);
        byte[] nonce = Reduce(SHA512.HashData([.. expanded[Size..], .. message]));
        byte[] point = Multiply(nonce);
        byte[] challenge = Reduce(SHA512.HashData([.. point, .. publicKey, .. message]));
        byte[] product = new byte[Size], sum = new byte[Size];
        ScalarMultiply(product, challenge, Reduce([.. secret, .. new byte[Size]]));
        ScalarAdd(sum, product, nonce);
        return [.. point, .. sum];
    }

    private static byte[] Multiply(byte[] scalar)
    {
        byte[] point = new byte[Size];
        if (BaseMultiply(point, scalar) != 0)
            throw new CryptographicException("libsodium refused a scalar");
        return point;
    }

    private static byte[] Reduce(byte[] wide)
    {
        byte[] scalar = new byte[Size];
        ScalarReduce(scalar, wide);
        return scalar;
    }

    [LibraryImport(Library, EntryPoint = "crypto_scalarmult_ed25519_base_noclamp")]
    private static partial int BaseMultiply(byte[] point, byte[] scalar);

    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_scalar_reduce")]
    private static partial void ScalarReduce(byte[] scalar, byte[] wide);

    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_scalar_mul")]
    private static partial void ScalarMultiply(byte[] product, byte[] x, byte[] y);

    [LibraryImport(Library, EntryPoint = "crypto_core_ed25519_scalar_add")]
    private static partial void ScalarAdd(byte[] sum, byte[] x, byte[] y);
}
