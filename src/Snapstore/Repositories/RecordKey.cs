using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Snapstore.Repositories;

/// <summary>The first 20 bytes of a blob id, ordered as its bytes are.</summary>
/// <remarks>Ids are keyed hashes, so 160 bits collide by chance never and by intent only for who holds the key;
/// whoever reads a blob checks its whole id anyway.</remarks>
[StructLayout(LayoutKind.Sequential, Pack = 4)]
internal readonly struct RecordKey : IKeyed, IComparable<RecordKey>
{
    private const int Size = 20;

    private readonly ulong _first;
    private readonly ulong _second;
    private readonly uint _third;

    /// <summary>The key of this blob.</summary>
    public RecordKey(in BlobId id)
    {
        ReadOnlySpan<byte> bytes = id.Span[..Size];
        _first = BinaryPrimitives.ReadUInt64BigEndian(bytes);
        _second = BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]);
        _third = BinaryPrimitives.ReadUInt32BigEndian(bytes[16..]);
    }

    /// <summary>Its first 16 bits: as good as random, and in the order of keys.</summary>
    public int Prefix => (int)(_first >> 48);

    /// <summary>Other bits of it, as good as random.</summary>
    public uint Hash => _third;

    /// <summary>True for the key that no blob has (but by a chance of 2^-160).</summary>
    public bool IsZero => (_first | _second | _third) == 0;

    RecordKey IKeyed.Key => this;

    /// <inheritdoc/>
    public int CompareTo(RecordKey other)
    {
        if (_first != other._first)
            return _first < other._first ? -1 : 1;
        return _second != other._second ? _second.CompareTo(other._second) : _third.CompareTo(other._third);
    }
}

/// <summary>A record of fixed size that is found by a blob's id.</summary>
internal interface IKeyed
{
    /// <summary>What it is sorted by.</summary>
    RecordKey Key { get; }
}
