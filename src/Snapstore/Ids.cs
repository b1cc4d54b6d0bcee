using System.Buffers.Binary;
using System.Runtime.CompilerServices;

namespace Snapstore;

/// <summary>32 bytes that name one plaintext: its keyed BLAKE3 hash (spec/formats/sealing.md).</summary>
public readonly record struct BlobId : IComparable<BlobId>
{
    /// <summary>Bytes of an id.</summary>
    public const int Size = 32;

    private readonly Bytes32 _bytes;

    /// <summary>The id that stands in the first <see cref="Size"/> bytes given.</summary>
    public BlobId(ReadOnlySpan<byte> bytes) => bytes[..Size].CopyTo(_bytes);

    /// <summary>The id's bytes.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <inheritdoc/>
    public bool Equals(BlobId other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(Span);

    /// <inheritdoc/>
    public int CompareTo(BlobId other) => Span.SequenceCompareTo(other.Span);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}

/// <summary>The plain BLAKE3 hash of an object's stored bytes; it needs no key to be checked.</summary>
public readonly record struct ObjectHash
{
    /// <summary>Bytes of a hash.</summary>
    public const int Size = 32;

    private readonly Bytes32 _bytes;

    /// <summary>The hash that stands in the first <see cref="Size"/> bytes given.</summary>
    public ObjectHash(ReadOnlySpan<byte> bytes) => bytes[..Size].CopyTo(_bytes);

    /// <summary>The hash's bytes.</summary>
    [System.Diagnostics.CodeAnalysis.UnscopedRef]
    public ReadOnlySpan<byte> Span => _bytes;

    /// <inheritdoc/>
    public bool Equals(ObjectHash other) => Span.SequenceEqual(other.Span);

    /// <inheritdoc/>
    public override int GetHashCode() => BinaryPrimitives.ReadInt32LittleEndian(Span);

    /// <summary>64 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(Span);
}

/// <summary>16 random bytes that name one run of a writer and, once it commits, its snapshot.</summary>
public readonly record struct SessionId : IComparable<SessionId>
{
    /// <summary>Bytes of an id.</summary>
    public const int Size = 16;

    // Two halves and no UInt128: code that touches that type is never compiled ahead of time, and start-up pays for it.
    private readonly ulong _high;
    private readonly ulong _low;

    /// <summary>The id that stands in the first <see cref="Size"/> bytes given.</summary>
    public SessionId(ReadOnlySpan<byte> bytes)
    {
        _high = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _low = BinaryPrimitives.ReadUInt64BigEndian(bytes[sizeof(ulong)..]);
    }

    /// <summary>A new id from the system's random generator.</summary>
    public static SessionId NewRandom()
    {
        Span<byte> bytes = stackalloc byte[Size];
        Randomness.Fill(bytes);
        return new SessionId(bytes);
    }

    /// <summary>Reads the 32 hexadecimal digits of <see cref="ToString"/>; false where they are anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> text, out SessionId id)
    {
        id = default;
        Span<byte> bytes = stackalloc byte[Size];
        if (!LowerHex.TryParse(text, bytes))
            return false;
        id = new SessionId(bytes);
        return true;
    }

    /// <summary>Writes the id's bytes.</summary>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
        BinaryPrimitives.WriteUInt64BigEndian(destination[sizeof(ulong)..], _low);
    }

    /// <summary>The id's bytes as a new array.</summary>
    public byte[] ToArray()
    {
        byte[] bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <inheritdoc/>
    public int CompareTo(SessionId other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>32 lower-case hexadecimal digits.</summary>
    public override string ToString() => Convert.ToHexStringLower(ToArray());

    /// <summary>The first 8 digits: what people read and type.</summary>
    public string ToShortString() => ToString()[..8];
}

/// <summary>Hexadecimal in the one spelling that object names use: lower case, exact length.</summary>
internal static class LowerHex
{
    public static bool TryParse(ReadOnlySpan<char> text, Span<byte> bytes) =>
        text.Length == bytes.Length * 2
        && text.IndexOfAnyExcept("0123456789abcdef") < 0
        && Convert.FromHexString(text, bytes, out _, out int written) == System.Buffers.OperationStatus.Done
        && written == bytes.Length;
}

[InlineArray(32)]
internal struct Bytes32
{
    private byte _first;
}
