using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>A stream as the content of a file: it has no offsets to seek to and is read once, front to back.</summary>
internal sealed class StreamContent(Stream stream, bool leaveOpen = false) : IFileContent
{
    public int Read(long offset, Span<byte> buffer) => stream.Read(buffer);

    public (long Start, long End)? NextData(long offset) => (offset, long.MaxValue);

    public ExtendedAttribute[] Attributes() => [];

    public string? ChangedWhileRead(long bytesRead) => null;

    public void Dispose()
    {
        if (!leaveOpen)
            stream.Dispose();
    }
}
