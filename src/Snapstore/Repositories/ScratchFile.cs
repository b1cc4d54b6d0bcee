namespace Snapstore.Repositories;

/// <summary>A file without a name, gone when the process ends however it ends: for tables that would not fit in memory.</summary>
/// <remarks>In the folder that TMPDIR names, else /var/tmp: /tmp is often memory. What is put there (blob ids and places,
/// which are keyed hashes and numbers) tells no content; the file is readable by its owner only.</remarks>
internal sealed class ScratchFile : IDisposable
{
    private readonly FileStream _file;
    private long _length;

    private ScratchFile(FileStream file) => _file = file;

    /// <summary>Makes an empty one.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static ScratchFile Create()
    {
        string path = Path.Combine(Folder(), "snapstore-" + Path.GetRandomFileName());
        try
        {
            FileStreamOptions options = new()
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Share = FileShare.None,
                BufferSize = 0,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            ScratchFile file = new(new FileStream(path, options));
            File.Delete(path);
            return file;
        }
        catch (UnauthorizedAccessException e)
        {
            throw new IOException(e.Message, e);
        }
    }

    /// <summary>Adds bytes at the end.</summary>
    /// <exception cref="IOException">The disk is full, or fails.</exception>
    public void Append(ReadOnlySpan<byte> bytes)
    {
        RandomAccess.Write(_file.SafeFileHandle, bytes, _length);
        _length += bytes.Length;
    }

    /// <summary>Fills the buffer with the bytes from this offset on.</summary>
    /// <exception cref="IOException">The disk fails, or there are fewer.</exception>
    public void Read(long offset, Span<byte> buffer)
    {
        while (buffer.Length > 0)
        {
            int count = RandomAccess.Read(_file.SafeFileHandle, buffer, offset);
            if (count == 0)
                throw new IOException("a scratch file ends early; is something truncating files in " + Folder() + "?");
            offset += count;
            buffer = buffer[count..];
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _file.Dispose();

    private static string Folder() => Environment.GetEnvironmentVariable("TMPDIR") is { Length: > 0 } named ? named : "/var/tmp";
}
