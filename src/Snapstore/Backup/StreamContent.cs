using Snapstore.Formats;
using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>A stream as the content of a file: it has no offsets to seek to and is read once, front to back.</summary>
/// <param name="stream">The bytes.</param>
/// <param name="runs">Where in the file they stand, one run after the other; null where the file has no holes.</param>
/// <param name="leaveOpen">True leaves the stream to whoever made it.</param>
internal sealed class StreamContent(Stream stream, DataRuns? runs = null, bool leaveOpen = false) : IFileContent
{
    private int _next;

    public int Read(long offset, Span<byte> buffer) => stream.Read(buffer);

    public (long Start, long End)? NextData(long offset)
    {
        if (runs is null)
            return (offset, long.MaxValue);
        while (_next < runs.Runs.Count && runs.Runs[_next].End <= offset)
            _next++;
        return _next < runs.Runs.Count ? runs.Runs[_next] : null;
    }

    public ExtendedAttribute[] Attributes() => [];

    public string? ChangedWhileRead(long bytesRead) => null;

    public void Dispose()
    {
        if (!leaveOpen)
            stream.Dispose();
    }
}
