using System.Text;

namespace Snapstore.Databases.MySql;

/// <summary>Builds packets and sends them frame by frame: memory is at most one frame, 16 MiB, whatever the length of a packet.</summary>
internal sealed class PacketWriter(Stream stream)
{
    private const int HeaderSize = 4, SizeKept = 1 << 20;

    private byte[] _buffer = new byte[16 << 10];
    private int _end = HeaderSize;
    private byte _sequence;

    /// <summary>Bytes of the packet so far.</summary>
    public long Length { get; private set; }

    /// <summary>Begins a packet.</summary>
    public void Begin(byte sequence)
    {
        if (_buffer.Length > SizeKept && Length < SizeKept)
            _buffer = new byte[16 << 10];
        _sequence = sequence;
        _end = HeaderSize;
        Length = 0;
    }

    /// <summary>Adds one byte.</summary>
    public void Byte(byte value) => Bytes([value]);

    /// <summary>Adds text as UTF-8.</summary>
    public void Text(string text) => Bytes(Encoding.UTF8.GetBytes(text));

    /// <summary>Adds bytes.</summary>
    public void Bytes(ReadOnlySpan<byte> bytes)
    {
        Length += bytes.Length;
        while (!bytes.IsEmpty)
        {
            int room = HeaderSize + PacketReader.FrameMax - _end;
            int count = Math.Min(room, bytes.Length);
            Reserve(_end + count);
            bytes[..count].CopyTo(_buffer.AsSpan(_end));
            _end += count;
            bytes = bytes[count..];
            if (_end == HeaderSize + PacketReader.FrameMax)
                SendFrame();
        }
    }

    /// <summary>Sends what is left of the packet.</summary>
    public void Send()
    {
        SendFrame();
        stream.Flush();
    }

    private void SendFrame()
    {
        int length = _end - HeaderSize;
        _buffer[0] = (byte)(length & 0xff);
        _buffer[1] = (byte)((length >> 8) & 0xff);
        _buffer[2] = (byte)((length >> 16) & 0xff);
        _buffer[3] = _sequence;
        _sequence = (byte)((_sequence + 1) & 0xff);
        stream.Write(_buffer, 0, _end);
        _end = HeaderSize;
    }

    private void Reserve(int size)
    {
        if (size > _buffer.Length)
            Array.Resize(ref _buffer, Math.Clamp(_buffer.Length * 2, size, HeaderSize + PacketReader.FrameMax));
    }
}
