using System.Buffers.Binary;
using System.Security.Cryptography;
using Snapstore.Hashing;

namespace Snapstore.Crypto;

/// <summary>Seals and opens single messages (spec/formats/sealing.md, "One sealed message").</summary>
/// <remarks>
/// Invariants: every message has a key of its own, so no nonce ever meets a key twice; the commitment is compared
/// before AES-GCM runs; everything that must be authentic is in the context and so in the key.
/// </remarks>
public static class Sealer
{
    /// <summary>Bytes that sealing adds: salt, commitment and tag.</summary>
    public const int Overhead = SaltSize + CommitmentSize + TagSize;

    private const int SaltSize = 32, CommitmentSize = 32, TagSize = 16, KeySize = 32, NonceSize = 12;

    /// <summary>Seals <paramref name="plaintext"/> into <paramref name="destination"/>, which is
    /// <see cref="Overhead"/> bytes longer and does not overlap it.</summary>
    public static void Seal(
        KeyRing keys, KeyPurpose purpose, ReadOnlySpan<byte> context, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> salt = destination[..SaltSize];
        FillSalt(keys, context, plaintext, salt);
        SealWithSalt(keys[purpose], context, plaintext, destination);
    }

    /// <summary>Opens a sealed message into <paramref name="plaintext"/>, <see cref="Overhead"/> bytes shorter;
    /// false, and nothing revealed, where it is not authentic for this key and context.</summary>
    public static bool TryOpen(
        KeyRing keys, KeyPurpose purpose, ReadOnlySpan<byte> context, ReadOnlySpan<byte> message, Span<byte> plaintext)
    {
        if (message.Length < Overhead)
            return false;
        Span<byte> derived = stackalloc byte[KeySize + NonceSize + CommitmentSize];
        Derive(keys[purpose], context, message[..SaltSize], derived);
        try
        {
            if (!CryptographicOperations.FixedTimeEquals(derived[(KeySize + NonceSize)..], message.Slice(SaltSize, CommitmentSize)))
                return false;
            using AesGcm cipher = new(derived[..KeySize], TagSize);
            cipher.Decrypt(
                derived.Slice(KeySize, NonceSize),
                message[(SaltSize + CommitmentSize)..^TagSize],
                message[^TagSize..],
                plaintext[..(message.Length - Overhead)]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    /// <summary>Seals with the salt that already stands in <paramref name="destination"/>: for worked examples only.</summary>
    internal static void SealWithSalt(
        ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        Span<byte> derived = stackalloc byte[KeySize + NonceSize + CommitmentSize];
        Derive(key, context, destination[..SaltSize], derived);
        derived[(KeySize + NonceSize)..].CopyTo(destination[SaltSize..]);
        using AesGcm cipher = new(derived[..KeySize], TagSize);
        cipher.Encrypt(
            derived.Slice(KeySize, NonceSize),
            plaintext,
            destination.Slice(SaltSize + CommitmentSize, plaintext.Length),
            destination.Slice(SaltSize + CommitmentSize + plaintext.Length, TagSize));
        CryptographicOperations.ZeroMemory(derived);
    }

    private static void FillSalt(KeyRing keys, ReadOnlySpan<byte> context, ReadOnlySpan<byte> plaintext, Span<byte> salt)
    {
        Span<byte> random = stackalloc byte[SaltSize];
        Randomness.Fill(random);
        Blake3Hasher hasher = _saltHasher ??= new Blake3Hasher(keys[KeyPurpose.Salt]);
        if (!ReferenceEquals(_saltOwner, keys))
            (hasher, _saltOwner) = (_saltHasher = new Blake3Hasher(keys[KeyPurpose.Salt]), keys);
        hasher.Reset();
        hasher.Update(random);
        hasher.Update(context);
        hasher.Update(plaintext);
        hasher.Finish(salt);
    }

    // One hasher a thread: it is reused for every segment, and 2 KiB of state is dear to make anew.
    [ThreadStatic]
    private static Blake3Hasher? _saltHasher;

    [ThreadStatic]
    private static KeyRing? _saltOwner;

    private static void Derive(ReadOnlySpan<byte> key, ReadOnlySpan<byte> context, ReadOnlySpan<byte> salt, Span<byte> output)
    {
        ReadOnlySpan<byte> domain = "snapstore v1 seal"u8;
        Span<byte> input = stackalloc byte[256];
        int length = 0;
        domain.CopyTo(input);
        length += domain.Length;
        BinaryPrimitives.WriteUInt16LittleEndian(input[length..], (ushort)context.Length);
        length += sizeof(ushort);
        context.CopyTo(input[length..]);
        length += context.Length;
        salt.CopyTo(input[length..]);
        length += salt.Length;
        Blake3.HashKeyed(key, input[..length], output);
    }
}
