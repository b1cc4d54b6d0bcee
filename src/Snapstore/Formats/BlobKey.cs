using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Snapstore.Formats;

/// <summary>The first 20 bytes of a blob id, ordered as its bytes are: what indexes are sorted by, and how a delta names its
/// base (spec/formats/pack.md).</summary>
/// <remarks>Ids are keyed hashes, so 160 bits collide by chance never and by intent only for who holds the key;
/// whoever reads a blob checks its whole id anyway.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
public readonly struct BlobKey : IComparable<BlobKey>, IEquatable<BlobKey>
{
    /// <summary>Bytes of a key.</summary>
    public const int Size = 20;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly uint _third;

    /// <summary>The key of this blob.</summary>
    public BlobKey(in BlobId id)
        : this(id.Span)
    {
    }

    /// <summary>The key that these bytes, 20 or more, begin with.</summary>
    public BlobKey(ReadOnlySpan<byte> bytes)
    {
        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>Its first 16 bits: as good as random, and in the order of keys.</summary>
    internal int Prefix => (int)(_first >> 48);

    /// <summary>Other bits of it, as good as random.</summary>
    internal uint Hash => _third;

    /// <summary>True for the key that no blob has (but by a chance of 2^-160).</summary>
    internal bool IsZero => (_first | _second | _third) == 0;

    /// <summary>True for equal keys.</summary>
    public static bool operator ==(BlobKey a, BlobKey b) => a.Equals(b);

    /// <summary>True for different keys.</summary>
    public static bool operator !=(BlobKey a, BlobKey b) => !a.Equals(b);

    /// <summary>Writes its 20 bytes.</summary>
    public void CopyTo(Span<byte> target)
    {
        BinaryPrimitives.WriteUInt64BigEndian(target, _first);
        BinaryPrimitives.WriteUInt64BigEndian(target[8..], _second);
        BinaryPrimitives.WriteUInt32BigEndian(target[16..], _third);
    }

    /// <summary>Its bytes with zeros behind them: stands in a directory where the id of a delta would, and is nobody's id.</summary>
    internal BlobId Padded()
    {
        Span<byte> bytes = stackalloc byte[BlobId.Size];
        bytes.Clear();
        CopyTo(bytes);
        return new BlobId(bytes);
    }

    /// <inheritdoc/>
    public int CompareTo(BlobKey other)
    {
        if (_first != other._first)
            return _first < other._first ? -1 : 1;
        return _second != other._second ? _second.CompareTo(other._second) : _third.CompareTo(other._third);
    }

    /// <inheritdoc/>
    public bool Equals(BlobKey other) => _first == other._first && _second == other._second && _third == other._third;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is BlobKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => unchecked((int)_third);

    /// <summary>The 40 digits, lower case.</summary>
    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
