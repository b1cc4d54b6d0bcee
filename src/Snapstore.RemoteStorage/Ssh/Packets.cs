using System.Buffers.Binary;
using System.Text;

namespace Snapstore.RemoteStorage.Ssh;

/// <summary>A packet as it is built: length (4 bytes, big-endian) of what follows, type (1), id (4), then fields. SFTP and the protocol of
/// serve-storage have this form.</summary>
internal class OutgoingPacket
{
    /// <summary>Bytes before the fields.</summary>
    public const int HeaderSize = sizeof(uint) + 1 + sizeof(uint);

    private const int SpaceFirst = 256;

    private byte[] _bytes;
    private int _length = HeaderSize;

    public OutgoingPacket(byte type, int size = SpaceFirst)
    {
        _bytes = new byte[size + HeaderSize];
        _bytes[sizeof(uint)] = type;
    }

    /// <summary>Bytes of the fields so far.</summary>
    public int FieldsLength => _length - HeaderSize;

    public OutgoingPacket Add(uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), number);
        return this;
    }

    public OutgoingPacket Add(long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), number);
        return this;
    }

    public OutgoingPacket Add(ReadOnlySpan<byte> bytes)
    {
        Add((uint)bytes.Length);
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    public OutgoingPacket Add(string text) => Add(Encoding.UTF8.GetBytes(text).AsSpan());

    /// <summary>A byte string of this length, which the caller fills before anything else is added.</summary>
    public Span<byte> AddSpace(int length)
    {
        Add((uint)length);
        return Take(length);
    }

    /// <summary>The bytes that go over the wire, under this id.</summary>
    public ReadOnlySpan<byte> Finish(uint id)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes, (uint)(_length - sizeof(uint)));
        BinaryPrimitives.WriteUInt32BigEndian(_bytes.AsSpan(sizeof(uint) + 1), id);
        return _bytes.AsSpan(0, _length);
    }

    private Span<byte> Take(int size)
    {
        if (_length + size > _bytes.Length)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + size));
        _length += size;
        return _bytes.AsSpan(_length - size, size);
    }
}

/// <summary>A packet that came, without its length, read field by field. A field that is not there is an <see cref="SshLostException"/>:
/// nothing of the other side is relied upon then.</summary>
internal sealed class IncomingPacket(byte[] packet)
{
    private int _position = 1;

    public byte Type { get; } = packet[0];

    public bool IsAtEnd => _position == packet.Length;

    /// <summary>Takes one off a stream.</summary>
    /// <exception cref="SshLostException">What came is no packet.</exception>
    /// <exception cref="EndOfStreamException">The stream ends within it, or before it.</exception>
    public static IncomingPacket Read(Stream stream, int sizeMax, string wrong)
    {
        Span<byte> header = stackalloc byte[sizeof(uint)];
        stream.ReadExactly(header);
        uint length = BinaryPrimitives.ReadUInt32BigEndian(header);
        if (length == 0 || length > sizeMax)
            throw new SshLostException(wrong, isPassing: false);
        byte[] packet = new byte[length];
        stream.ReadExactly(packet);
        return new IncomingPacket(packet);
    }

    public static SshLostException Senseless() => new("the answers from there make no sense");

    public uint NextNumber() => BinaryPrimitives.ReadUInt32BigEndian(Next(sizeof(uint)));

    public long NextLong() => BinaryPrimitives.ReadInt64BigEndian(Next(sizeof(long)));

    public ReadOnlySpan<byte> NextBytes()
    {
        uint length = NextNumber();
        return length <= int.MaxValue ? Next((int)length) : throw Senseless();
    }

    public string NextText() => Encoding.UTF8.GetString(NextBytes());

    /// <summary>Passes over so many bytes.</summary>
    public void Skip(int size) => Next(size);

    private ReadOnlySpan<byte> Next(int size)
    {
        if (size > packet.Length - _position)
            throw Senseless();
        _position += size;
        return packet.AsSpan(_position - size, size);
    }
}

/// <summary>There is no connection, or no more. What was asked for is done or not.</summary>
internal sealed class SshLostException(string message, bool isPassing = true) : IOException(message)
{
    /// <summary>True where another connection may be made.</summary>
    public bool IsPassing { get; } = isPassing;
}
