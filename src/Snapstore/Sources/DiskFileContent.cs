using Snapstore.Formats;
using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>The content of a file on disk, and whether it held still while it was read.</summary>
internal sealed class DiskFileContent : IFileContent
{
    private readonly FileHandle _file;
    private readonly FileStat _expected;

    private readonly string? _problem;

    public DiskFileContent(FileHandle file, in FileStat expected, string? problem = null)
    {
        _file = file;
        _expected = expected;
        _problem = problem;
    }

    public int Read(long offset, Span<byte> buffer) => _file.Read(offset, buffer);

    public (long Start, long End)? NextData(long offset) => _file.NextData(offset);

    public ExtendedAttribute[] Attributes() => EntryCapture.Convert(ExtendedAttributes.Read(_file));

    public string? ChangedWhileRead(long bytesRead)
    {
        FileStat now = _file.Stat();
        if (now.Kind != FileKind.File)
            throw DiskFileOpener.NoFile();
        if (_problem is not null)
            return _problem;
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

    public void Dispose() => HeldFiles.Close(_file, _expected);
}

/// <summary>Opens a file that a scan has met; holds its directory open until then.</summary>
internal sealed class DiskFileOpener(DirectoryHandle directory, byte[] name, in FileStat expected) : IFileOpener
{
    // The coarsest tick of Linux' file times (HZ=100).
    private static readonly TimeSpan TimeStampTick = TimeSpan.FromMilliseconds(10);

    // Read in one call: what is read of a pipe or device that took the file's place ends by itself.
    private static readonly long ReadAtOnceMax = 64 << 10;

    private readonly FileStat _expected = expected;

    public IFileContent Open()
    {
        WaitForNextTick(_expected);
        FileHandle file = directory.OpenForReading(name);
        try
        {
            if (_expected.Size > ReadAtOnceMax && file.Stat().Kind != FileKind.File)
                throw NoFile();
            return new DiskFileContent(file, _expected);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => directory.Dispose();

    /// <summary>Something else has taken the name since the scan.</summary>
    internal static SourceException NoFile() => new("it was replaced by something that is no file");

    // A file changed again within one tick of its times keeps the times that the snapshot notes, and the next snapshot
    // would take it as unchanged for ever: so nothing is read before the tick of its last change is over.
    internal static void WaitForNextTick(in FileStat expected)
    {
        DateTimeOffset changed = UnixTime.FromNanoseconds((expected.CtimeSeconds * 1_000_000_000) + expected.CtimeNanoseconds);
        TimeSpan age = TimeProvider.System.GetUtcNow() - changed;
        if (age.Duration() < TimeStampTick)
            Thread.Sleep((int)Math.Ceiling((TimeStampTick - age).TotalMilliseconds));
    }
}
