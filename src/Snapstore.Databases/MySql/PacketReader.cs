using System.Buffers.Binary;

namespace Snapstore.Databases.MySql;

/// <summary>Packets as they come from the server: a payload of any length, in frames of at most 16 MiB - 1, read piece by piece.</summary>
/// <remarks>Frame: length (3 bytes, little-endian), sequence number (1 byte), payload. A frame of the greatest length is followed
/// by another one of the same packet. Memory: one buffer of 64 KiB, whatever the length of a packet.</remarks>
internal sealed class PacketReader(Stream stream)
{
    public const int FrameMax = 0xffffff;

    private const int HeaderSize = 4, BufferSize = 64 << 10;

    // What is read as a whole (column definitions, errors, definitions of objects) is refused beyond this.
    private const int WholeMax = 64 << 20;

    private readonly byte[] _buffer = new byte[BufferSize];
    private int _start, _end, _left;
    private bool _isContinued;

    /// <summary>The number that the next packet sent must have.</summary>
    public byte NextSequence { get; private set; }

    /// <summary>Length of the first frame of the packet: tells an end mark from a row.</summary>
    public int FrameLength { get; private set; }

    /// <summary>Begins the next packet; the one before must be read to its end.</summary>
    /// <exception cref="IOException">The connection was lost.</exception>
    public void Begin()
    {
        if (!IsAtEnd)
            throw new IOException("the server's answer has more in it than expected");
        ReadHeader();
        FrameLength = _left;
    }

    /// <summary>True where the packet is read to its end.</summary>
    public bool IsAtEnd
    {
        get
        {
            while (_left == 0 && _isContinued)
                ReadHeader();
            return _left == 0;
        }
    }

    /// <summary>The next bytes of the packet, at least one, without taking them.</summary>
    /// <exception cref="IOException">The packet is at its end, or the connection was lost.</exception>
    public ReadOnlySpan<byte> Peek()
    {
        if (IsAtEnd)
            throw new IOException("the server's answer ends early");
        if (_start == _end)
            Fill(1);
        return _buffer.AsSpan(_start, Math.Min(_left, _end - _start));
    }

    /// <summary>Takes bytes that were peeked.</summary>
    public void Advance(int count)
    {
        _start += count;
        _left -= count;
    }

    /// <summary>Takes one byte.</summary>
    public byte ReadByte()
    {
        byte value = Peek()[0];
        Advance(1);
        return value;
    }

    /// <summary>Takes bytes.</summary>
    public void Read(Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            ReadOnlySpan<byte> piece = Peek();
            int count = Math.Min(piece.Length, target.Length);
            piece[..count].CopyTo(target);
            Advance(count);
            target = target[count..];
        }
    }

    /// <summary>Takes a length-encoded number; null for the mark of SQL's NULL.</summary>
    public long? ReadLength()
    {
        byte first = ReadByte();
        int more = first switch { < 0xfb => 0, 0xfc => 2, 0xfd => 3, 0xfe => 8, _ => -1 };
        if (first == 0xfb)
            return null;
        if (more < 0)
            throw new IOException("the server's answer has a length that is none");
        if (more == 0)
            return first;
        Span<byte> bytes = stackalloc byte[8];
        bytes.Clear();
        Read(bytes[..more]);
        long length = BinaryPrimitives.ReadInt64LittleEndian(bytes);
        return length >= 0 ? length : throw new IOException("the server's answer has a length that is none");
    }

    /// <summary>Takes a value of length-encoded size as a whole; null for SQL's NULL.</summary>
    public byte[]? ReadValue()
    {
        long? length = ReadLength();
        if (length is null)
            return null;
        if (length > WholeMax)
            throw new IOException($"the server's answer holds a value of {length} bytes where none can be so long");
        byte[] value = new byte[(int)length];
        Read(value);
        return value;
    }

    /// <summary>Takes the rest of the packet.</summary>
    public byte[] ReadRest()
    {
        using MemoryStream rest = new();
        while (!IsAtEnd)
        {
            ReadOnlySpan<byte> piece = Peek();
            if (rest.Length + piece.Length > WholeMax)
                throw new IOException("the server's answer is longer than it can be");
            rest.Write(piece);
            Advance(piece.Length);
        }

        return rest.ToArray();
    }

    private void ReadHeader()
    {
        if (_end - _start < HeaderSize)
            Fill(HeaderSize);
        ReadOnlySpan<byte> header = _buffer.AsSpan(_start, HeaderSize);
        _left = header[0] | (header[1] << 8) | (header[2] << 16);
        _isContinued = _left == FrameMax;
        NextSequence = (byte)((header[3] + 1) & 0xff);
        _start += HeaderSize;
    }

    private void Fill(int needed)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        _end -= _start;
        _start = 0;
        while (_end < needed)
        {
            int count = stream.Read(_buffer, _end, _buffer.Length - _end);
            if (count == 0)
                throw new IOException("the server closed the connection");
            _end += count;
        }
    }
}
