namespace Snapstore.Cli;

/// <summary>A file that an archive is written to: it has its name only once it is whole.</summary>
internal static class ArchiveFile
{
    private const int BufferSize = 256 << 10;

    /// <summary>Writes beside the file and then takes its place; nothing is left of an attempt that failed.</summary>
    /// <exception cref="StorageException">The file cannot be written.</exception>
    public static T Write<T>(string path, Func<Stream, T> write)
    {
        if (path.Any(char.IsSurrogate) && !System.Text.Unicode.Utf8.IsValid(RawText.ToBytes(path)))
            throw new UsageException($"'{Escaped.Text(path)}' is not UTF-8; redirect standard output to such a file instead");
        string partial = $"{path}.partial-{Environment.ProcessId}";
        try
        {
            T result;
            // What is in an archive may have been private.
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                BufferSize = BufferSize,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using (FileStream file = new(partial, options))
                result = write(file);
            File.Move(partial, path, overwrite: true);
            return result;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StorageException($"{Escaped.Text(path)} cannot be written: {e.Message}", e);
        }
        finally
        {
            if (File.Exists(partial))
                File.Delete(partial);
        }
    }
}
