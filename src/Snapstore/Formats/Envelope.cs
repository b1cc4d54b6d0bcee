using System.Security.Cryptography;
using Snapstore.Crypto;

namespace Snapstore.Formats;

/// <summary>The frame of every sealed object: header, then one sealed, padded record
/// (spec/formats/sealing.md, "Envelope").</summary>
public static class Envelope
{
    /// <summary>Bytes that an envelope adds to its padded record.</summary>
    public const int Overhead = HeaderSize + Sealer.Overhead;

    private const int HeaderSize = 12;
    private const byte Version = 1;

    /// <summary>What every envelope begins with.</summary>
    internal static ReadOnlySpan<byte> Magic => "SNPE"u8;

    /// <summary>Seals a record, padded so that its size tells little, or so that the envelope is
    /// <paramref name="length"/> bytes where that is longer.</summary>
    public static byte[] Seal(KeyRing keys, in SealContext context, ReadOnlySpan<byte> record, long length = 0) =>
        Seal(keys, context, record, length, salt: []);

    /// <summary>Seals with this salt where there is one: for worked examples only.</summary>
    internal static byte[] Seal(
        KeyRing keys, in SealContext context, ReadOnlySpan<byte> record, long length, ReadOnlySpan<byte> salt)
    {
        byte[] padded = Padding.Pad(record, length - Overhead);
        if (Overhead + (long)padded.Length > Limits.ObjectSizeMax)
            throw new InvalidOperationException($"an object of {padded.Length} bytes is beyond the bound of {Limits.ObjectSizeMax}: no reader would open it");
        byte[] envelope = new byte[Overhead + padded.Length];
        WriteHeader(context.Kind, envelope);
        Span<byte> bound = stackalloc byte[SealContext.Size];
        context.Encode(bound);
        Span<byte> message = envelope.AsSpan(HeaderSize);
        salt.CopyTo(message);
        if (salt.IsEmpty)
            Sealer.Seal(keys, context.Purpose, bound, padded, message);
        else
            Sealer.SealWithSalt(keys[context.Purpose], bound, padded, message);
        CryptographicOperations.ZeroMemory(padded);
        return envelope;
    }

    /// <summary>Opens an envelope; <paramref name="what"/> names the object in errors.</summary>
    /// <exception cref="CorruptDataException">It is damaged, of another repository, or of another name.</exception>
    /// <exception cref="UnsupportedException">A newer Snapstore wrote it.</exception>
    public static byte[] Open(KeyRing keys, in SealContext context, ReadOnlySpan<byte> envelope, string what)
    {
        CheckHeader(context.Kind, envelope, what);
        byte[] padded = new byte[envelope.Length - Overhead];
        Span<byte> bound = stackalloc byte[SealContext.Size];
        context.Encode(bound);
        if (!Sealer.TryOpen(keys, context.Purpose, bound, envelope[HeaderSize..], padded))
            throw new CorruptDataException($"{what} is damaged, or was written for another repository or under another name");
        return Padding.Unpad(padded, what).ToArray();
    }

    private static void WriteHeader(SealKind kind, Span<byte> header)
    {
        Magic.CopyTo(header);
        header[4] = Version;
        header[5] = (byte)kind;
        header[6] = SealContext.Method;
        header[7] = 0;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32LittleEndian(header[8..], KeyRing.Epoch);
    }

    private static void CheckHeader(SealKind kind, ReadOnlySpan<byte> envelope, string what)
    {
        if (envelope.Length < Overhead || !envelope.StartsWith(Magic))
            throw new CorruptDataException($"{what} is truncated or is not a sealed object");
        ByteReader reader = new(envelope[Magic.Length..HeaderSize], what);
        byte version = reader.U8();
        byte found = reader.U8();
        byte method = reader.U8();
        byte flags = reader.U8();
        uint epoch = reader.U32();
        if (version != Version || method != SealContext.Method || flags != 0 || epoch != KeyRing.Epoch)
            throw new UnsupportedException($"{what} needs a newer Snapstore: version {version}, method {method}, flags {flags}, key epoch {epoch} (or it is damaged)");
        if (found != (byte)kind)
            throw new CorruptDataException($"{what} is an object of kind {found} where {(byte)kind} belongs");
    }
}
