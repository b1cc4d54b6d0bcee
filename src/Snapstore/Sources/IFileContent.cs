using Snapstore.Formats;

namespace Snapstore.Sources;

/// <summary>The content of an open file or stream; used by one reader thread.</summary>
internal interface IFileContent : IDisposable
{
    /// <summary>Reads at this offset; 0 at the end.</summary>
    int Read(long offset, Span<byte> buffer);

    /// <summary>The next run of data at or after this offset; null where only a hole follows. Streams are all data.</summary>
    (long Start, long End)? NextData(long offset);

    /// <summary>Extended attributes, read from the open file.</summary>
    ExtendedAttribute[] Attributes();

    /// <summary>Why what was read may not be one state of the file; null where it is.</summary>
    string? ChangedWhileRead(long bytesRead);
}

/// <summary>Something that can be opened once, by a reader thread; disposed of when it was read or never will be.</summary>
internal interface IFileOpener : IDisposable
{
    /// <summary>Opens it; an IOException or <see cref="SourceException"/> leaves the file out.</summary>
    IFileContent Open();
}
