using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Text;

namespace Snapstore.Formats;

/// <summary>Writes records front to back into a buffer that grows (spec/formats/records.md).</summary>
/// <remarks>Reusable: <see cref="Clear"/> keeps the buffer. Not thread safe.</remarks>
public sealed class ByteWriter
{
    private const int VarintSizeMax = 10;

    private byte[] _buffer;
    private int _length;

    /// <summary>A writer whose buffer begins with this many bytes.</summary>
    public ByteWriter(int capacity = 256) => _buffer = new byte[capacity];

    /// <summary>Bytes written so far.</summary>
    public int Length => _length;

    /// <summary>What was written; valid until the next write.</summary>
    public ReadOnlySpan<byte> Written => _buffer.AsSpan(0, _length);

    /// <summary>Forgets what was written.</summary>
    public void Clear() => _length = 0;

    /// <summary>Forgets what was written after this length.</summary>
    public void Truncate(int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)length, (uint)_length);
        _length = length;
    }

    /// <summary>A copy of what was written.</summary>
    public byte[] ToArray() => Written.ToArray();

    /// <summary>One byte.</summary>
    public void U8(byte value) => Reserve(1)[0] = value;

    /// <summary>Two bytes, little-endian.</summary>
    public void U16(ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(Reserve(2), value);

    /// <summary>Four bytes, little-endian.</summary>
    public void U32(uint value) => BinaryPrimitives.WriteUInt32LittleEndian(Reserve(4), value);

    /// <summary>Bytes without a length before them.</summary>
    public void Raw(ReadOnlySpan<byte> bytes) => bytes.CopyTo(Reserve(bytes.Length));

    /// <summary>Bytes behind their length.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Varint((uint)bytes.Length);
        Raw(bytes);
    }

    /// <summary>Text as UTF-8 behind its length in bytes.</summary>
    public void Text(string text)
    {
        int size = Encoding.UTF8.GetByteCount(text);
        Varint((uint)size);
        Encoding.UTF8.GetBytes(text, Reserve(size));
    }

    /// <summary>An unsigned number in 1 to 10 bytes.</summary>
    public void Varint(ulong value)
    {
        EnsureRoom(VarintSizeMax);
        while (value >= 0x80)
        {
            _buffer[_length++] = unchecked((byte)(value | 0x80));
            value >>= 7;
        }

        _buffer[_length++] = (byte)value;
    }

    /// <summary>A signed number in 1 to 10 bytes.</summary>
    public void Zigzag(long value) => Varint(unchecked((ulong)((value << 1) ^ (value >> 63))));

    /// <summary>Room for <paramref name="size"/> bytes that the caller fills at once.</summary>
    public Span<byte> Reserve(int size)
    {
        EnsureRoom(size);
        Span<byte> room = _buffer.AsSpan(_length, size);
        _length += size;
        return room;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnsureRoom(int size)
    {
        if (_buffer.Length - _length < size)
            Grow(size);
    }

    private void Grow(int size) =>
        Array.Resize(ref _buffer, Math.Max(checked(_length + size), (int)Math.Min(Array.MaxLength, _buffer.Length * 2L)));
}
