using Snapstore.Sources;

namespace Snapstore.Backup;

/// <summary>Opens a content that is a stream: it has no offsets to seek to and is read once, front to back.</summary>
/// <param name="open">Opens it.</param>
/// <param name="runs">Where it has data, for a file with holes, of which the stream holds the data only.</param>
internal sealed class SourceOpener(Func<Stream> open, DataRuns? runs) : IFileOpener
{
    /// <summary>Where it has data; null where it has no holes.</summary>
    public DataRuns? Runs => runs;

    public IFileContent Open() => new StreamContent(open(), runs);

    public void Dispose()
    {
    }
}
