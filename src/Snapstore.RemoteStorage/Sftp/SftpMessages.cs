using System.Buffers.Binary;
using System.Text;

namespace Snapstore.RemoteStorage.Sftp;

/// <summary>Types of messages of SFTP version 3 (draft-ietf-secsh-filexfer-02, section 3).</summary>
internal enum SftpType
{
    Init = 1, Version = 2, Open = 3, Close = 4, Read = 5, Write = 6, LinkStat = 7, FileStat = 8, SetStat = 9, FileSetStat = 10,
    OpenFolder = 11, ReadFolder = 12, Remove = 13, MakeFolder = 14, Stat = 17, Rename = 18,
    Status = 101, Handle = 102, Data = 103, Name = 104, Attributes = 105, Extended = 200,
}

/// <summary>What a server says of a request (section 7).</summary>
internal enum SftpStatus
{
    Done = 0, EndOfFile = 1, NoSuchFile = 2, PermissionDenied = 3, Failure = 4, BadMessage = 5, Unsupported = 8,
}

/// <summary>What a file is (section 5); null for what the server does not say.</summary>
internal readonly record struct SftpAttributes(long? Size, uint? Mode, uint? ModifiedSeconds)
{
    private const uint TypeMask = 0xf000, FileType = 0x8000, FolderType = 0x4000, PermissionMask = 0xfff;

    public bool IsFile => (Mode & TypeMask) == FileType;

    public bool IsFolder => (Mode & TypeMask) == FolderType;

    public uint? Permissions => Mode & PermissionMask;
}

/// <summary>A request as it is built: length, type, id, then fields.</summary>
internal sealed class SftpRequest
{
    private const int HeaderSize = sizeof(uint) + 1 + sizeof(uint), SpaceFirst = 256;

    private byte[] _bytes;
    private int _length = HeaderSize;

    public SftpRequest(SftpType type, int size = SpaceFirst)
    {
        _bytes = new byte[size + HeaderSize];
        _bytes[sizeof(uint)] = (byte)type;
    }

    public SftpRequest Add(uint number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Take(sizeof(uint)), number);
        return this;
    }

    public SftpRequest Add(long number)
    {
        BinaryPrimitives.WriteInt64BigEndian(Take(sizeof(long)), number);
        return this;
    }

    public SftpRequest Add(ReadOnlySpan<byte> bytes)
    {
        Add((uint)bytes.Length);
        bytes.CopyTo(Take(bytes.Length));
        return this;
    }

    public SftpRequest Add(string text) => Add(Encoding.UTF8.GetBytes(text).AsSpan());

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

/// <summary>An answer, read field by field. A field that is not there is an <see cref="SftpLostException"/>: nothing of the server is relied upon then.</summary>
internal sealed class SftpReply(byte[] packet)
{
    private const uint HasSize = 1, HasOwner = 2, HasMode = 4, HasTimes = 8, HasExtended = 0x80000000;

    private int _position = 1;

    public SftpType Type { get; } = (SftpType)packet[0];

    public bool IsAtEnd => _position == packet.Length;

    public uint NextNumber() => BinaryPrimitives.ReadUInt32BigEndian(Next(sizeof(uint)));

    public ReadOnlySpan<byte> NextBytes()
    {
        uint length = NextNumber();
        return length <= int.MaxValue ? Next((int)length) : throw Senseless();
    }

    public string NextText() => Encoding.UTF8.GetString(NextBytes());

    public SftpAttributes NextAttributes()
    {
        uint flags = NextNumber();
        long? size = (flags & HasSize) != 0 ? BinaryPrimitives.ReadInt64BigEndian(Next(sizeof(long))) : null;
        if ((flags & HasOwner) != 0)
            Next(2 * sizeof(uint));
        uint? mode = (flags & HasMode) != 0 ? NextNumber() : null;
        uint? modified = null;
        if ((flags & HasTimes) != 0)
        {
            _ = NextNumber();
            modified = NextNumber();
        }

        for (uint left = (flags & HasExtended) != 0 ? NextNumber() : 0; left > 0; left--)
        {
            _ = NextBytes();
            _ = NextBytes();
        }

        return size is < 0 ? throw Senseless() : new SftpAttributes(size, mode, modified);
    }

    public static SftpLostException Senseless() => new("the server's answers make no sense");

    private ReadOnlySpan<byte> Next(int size)
    {
        if (size > packet.Length - _position)
            throw Senseless();
        _position += size;
        return packet.AsSpan(_position - size, size);
    }
}

/// <summary>The server answered that it could not.</summary>
internal sealed class SftpStatusException(string call, SftpStatus status, string text) : IOException($"{call}: {text}")
{
    public SftpStatus Status { get; } = status;
}

/// <summary>There is no connection, or no more. What was asked for is done or not.</summary>
internal sealed class SftpLostException(string message, bool isPassing = true) : IOException(message)
{
    /// <summary>True where another connection may be made.</summary>
    public bool IsPassing { get; } = isPassing;
}
