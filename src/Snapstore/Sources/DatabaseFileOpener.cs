using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>Opens a database that a scan has met; as a plain file where it can no longer be read consistently, with a warning.</summary>
internal sealed class DatabaseFileOpener(DatabaseFiles databases, DirectoryHandle directory, byte[] name, byte[] path, in FileStat expected) : IFileOpener
{
    private readonly FileStat _expected = expected;

    public IFileContent Open()
    {
        DiskFileOpener.WaitForNextTick(_expected);
        try
        {
            return databases.Open(path, directory.OpenForReading(name));
        }
        catch (Exception e) when (e is IOException or SourceException)
        {
            string problem = $"a database, captured as the file it is and without its log, for it could not be read consistently: {e.Message}";
            return new DiskFileContent(directory.OpenForReading(name), _expected, problem);
        }
    }

    public void Dispose() => directory.Dispose();
}
