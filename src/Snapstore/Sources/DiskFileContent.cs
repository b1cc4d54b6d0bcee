using Snapstore.Formats;
using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>The content of a file on disk, and whether it held still while it was read.</summary>
internal sealed class DiskFileContent : IFileContent
{
    private readonly FileHandle _file;
    private readonly FileStat _expected;

    public DiskFileContent(FileHandle file, in FileStat expected)
    {
        _file = file;
        _expected = expected;
    }


    public int Read(long offset, Span<byte> buffer) => _file.Read(offset, buffer);

    public (long Start, long End)? NextData(long offset) => _file.NextData(offset);

    public ExtendedAttribute[] Attributes() => EntryCapture.Convert(ExtendedAttributes.Read(_file));

    public string? ChangedWhileRead(long bytesRead)
    {
        FileStat now = _file.Stat();
        if (now.Inode != _expected.Inode)
            return "was replaced while it was read; the snapshot may hold a mixture";
        if (bytesRead < _expected.Size)
            return $"shrank while it was read: {bytesRead} of {_expected.Size} bytes are in the snapshot";
        if (now.Size < _expected.Size)
            return "shrank while it was read; what was missing is zeros in the snapshot";
        if (now.Size != _expected.Size)
            return $"grew while it was read: its first {bytesRead} bytes are in the snapshot";
        bool isSameTime = now.MtimeSeconds == _expected.MtimeSeconds && now.MtimeNanoseconds == _expected.MtimeNanoseconds;
        return isSameTime ? null : "changed while it was read; the snapshot may hold a mixture";
    }

    public void Dispose() => _file.Dispose();
}

/// <summary>Opens a file that a scan has met; holds its directory open until then.</summary>
internal sealed class DiskFileOpener(DirectoryHandle directory, byte[] name, in FileStat expected) : IFileOpener
{
    private readonly FileStat _expected = expected;

    public IFileContent Open()
    {
        FileHandle file = directory.OpenForReading(name);
        try
        {
            return file.Stat().Kind == FileKind.File
                ? new DiskFileContent(file, _expected)
                : throw new SourceException("it was replaced by something that is no file");
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => directory.Dispose();
}
