using System.Buffers.Binary;
using System.Text;
using System.Text.Unicode;

namespace Snapstore.Formats;

/// <summary>Reads records front to back (spec/formats/records.md). Whatever does not fit is
/// <see cref="CorruptDataException"/> that names the record and the offset; nothing is read past the end.</summary>
public ref struct ByteReader
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly string _what;
    private int _offset;

    /// <summary>A reader at the start of a record; <paramref name="what"/> names it in errors.</summary>
    public ByteReader(ReadOnlySpan<byte> data, string what)
    {
        _data = data;
        _what = what;
    }

    /// <summary>Bytes not read yet.</summary>
    public readonly int Remaining => _data.Length - _offset;

    /// <summary>Bytes read so far.</summary>
    public readonly int Offset => _offset;

    /// <summary>What this record is called in errors.</summary>
    public readonly string What => _what;

    /// <summary>One byte.</summary>
    public byte U8() => Raw(1)[0];

    /// <summary>Two bytes, little-endian.</summary>
    public ushort U16() => BinaryPrimitives.ReadUInt16LittleEndian(Raw(2));

    /// <summary>Four bytes, little-endian.</summary>
    public uint U32() => BinaryPrimitives.ReadUInt32LittleEndian(Raw(4));

    /// <summary>The next <paramref name="size"/> bytes.</summary>
    public ReadOnlySpan<byte> Raw(int size)
    {
        if ((uint)size > (uint)Remaining)
            throw Bad($"ends {size - Remaining} bytes early");
        ReadOnlySpan<byte> bytes = _data.Slice(_offset, size);
        _offset += size;
        return bytes;
    }

    /// <summary>An unsigned number; only the shortest form is accepted.</summary>
    public ulong Varint()
    {
        if (_offset < _data.Length && _data[_offset] < 0x80)
            return _data[_offset++];
        return LongVarint();
    }

    /// <summary>An unsigned number of at most <paramref name="max"/>.</summary>
    public int Varint32(int max)
    {
        ulong value = Varint();
        if (value > (uint)max)
            throw Bad($"holds {value} where at most {max} is allowed");
        return (int)value;
    }

    /// <summary>An unsigned number below 2^63.</summary>
    public long Varint63()
    {
        ulong value = Varint();
        return value <= long.MaxValue ? (long)value : throw Bad($"holds {value} where less than 2^63 is allowed");
    }

    /// <summary>A count of things of which each takes at least <paramref name="sizeMin"/> bytes, so that a false
    /// count is noticed before anything is allocated for it.</summary>
    public int Count(int sizeMin, int max = int.MaxValue)
    {
        int count = Varint32(max);
        if ((long)count * sizeMin > Remaining)
            throw Bad($"announces {count} items, more than its bytes can hold");
        return count;
    }

    /// <summary>A signed number.</summary>
    public long Zigzag()
    {
        ulong value = Varint();
        return unchecked((long)(value >> 1) ^ -(long)(value & 1));
    }

    /// <summary>Bytes behind their length.</summary>
    public ReadOnlySpan<byte> Bytes(int sizeMax = int.MaxValue) => Raw(Varint32(sizeMax));

    /// <summary>UTF-8 text behind its length in bytes.</summary>
    public string Text(int sizeMax = 1 << 20)
    {
        ReadOnlySpan<byte> bytes = Bytes(sizeMax);
        return DecodeText(bytes) ?? throw Bad("holds text that is not UTF-8");
    }

    /// <summary>The text that these bytes are; null where they are not UTF-8.</summary>
    internal static string? DecodeText(ReadOnlySpan<byte> bytes) =>
        Utf8.IsValid(bytes) ? Encoding.UTF8.GetString(bytes) : null;

    /// <summary>Says that the record must end here.</summary>
    public readonly void End()
    {
        if (Remaining != 0)
            throw Bad($"has {Remaining} bytes too many");
    }

    /// <summary>The error for this place in this record.</summary>
    public readonly CorruptDataException Bad(string problem) => new($"{_what} {problem} (at byte {_offset})");

    private ulong LongVarint()
    {
        ulong value = 0;
        for (int shift = 0; shift < 70; shift += 7)
        {
            byte next = U8();
            if (shift == 63 && next > 1)
                throw Bad("holds a number beyond 64 bits");
            value |= (ulong)(next & 0x7f) << shift;
            if (next >= 0x80)
                continue;
            if (next == 0 && shift > 0)
                throw Bad("holds a number that is not in its shortest form");
            return value;
        }

        throw Bad("holds a number that does not end");
    }
}
