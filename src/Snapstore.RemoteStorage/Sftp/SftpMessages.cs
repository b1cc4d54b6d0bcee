using Snapstore.RemoteStorage.Ssh;

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

/// <summary>A request as it is built.</summary>
internal sealed class SftpRequest(SftpType type, int size = 256) : OutgoingPacket((byte)type, size);

/// <summary>What answers of SFTP hold.</summary>
internal static class SftpAnswers
{
    private const uint HasSize = 1, HasOwner = 2, HasMode = 4, HasTimes = 8, HasExtended = 0x80000000;

    public static SftpType Kind(this IncomingPacket reply) => (SftpType)reply.Type;

    public static SftpAttributes NextAttributes(this IncomingPacket reply)
    {
        uint flags = reply.NextNumber();
        long? size = (flags & HasSize) != 0 ? reply.NextLong() : null;
        if ((flags & HasOwner) != 0)
            reply.Skip(2 * sizeof(uint));
        uint? mode = (flags & HasMode) != 0 ? reply.NextNumber() : null;
        uint? modified = null;
        if ((flags & HasTimes) != 0)
        {
            _ = reply.NextNumber();
            modified = reply.NextNumber();
        }

        for (uint left = (flags & HasExtended) != 0 ? reply.NextNumber() : 0; left > 0; left--)
        {
            _ = reply.NextBytes();
            _ = reply.NextBytes();
        }

        return size is < 0 ? throw IncomingPacket.Senseless() : new SftpAttributes(size, mode, modified);
    }
}

/// <summary>The server answered that it could not.</summary>
internal sealed class SftpStatusException(string call, SftpStatus status, string text) : IOException($"{call}: {text}")
{
    public SftpStatus Status { get; } = status;
}
