using System.Globalization;
using System.Text;
using Snapstore.Browse;
using Snapstore.Hashing;
using Snapstore.Posix;

namespace Snapstore.Databases.Sqlite;

/// <summary>The database file of a snapshot, to be written to disk and compared with what was recorded.</summary>
internal sealed class CapturedFile(CapturedDatabase captured, RunProgress progress, CancellationToken cancel)
{
    private const int BufferSize = 1 << 20;

    /// <summary>Bytes, as recorded.</summary>
    public long Bytes => long.Parse(Property(SqliteSource.BytesProperty), NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>BLAKE3 hash, as recorded.</summary>
    public string Checksum => Property(SqliteSource.ChecksumProperty);

    /// <summary>Writes it to a new file, durably.</summary>
    /// <exception cref="SourceException">It is not what was captured; the new file is removed.</exception>
    public void Write(string path, int mode)
    {
        try
        {
            string checksum = WriteContent(path, mode);
            if (checksum != Checksum)
                throw new SourceException($"the snapshot holds {checksum} instead of {Checksum}, which was captured; nothing was changed. Look at the repository with: snapstore check --read-data");
        }
        catch
        {
            File.Delete(path);
            throw;
        }
    }

    /// <summary>The BLAKE3 hash of a file.</summary>
    public static string HashOf(string path, CancellationToken cancel)
    {
        using FileHandle file = StillFile.Open(Encoding.UTF8.GetBytes(path));
        Blake3Hasher hash = new();
        byte[] buffer = new byte[BufferSize];
        int count;
        for (long offset = 0; (count = file.Read(offset, buffer)) > 0; offset += count)
        {
            cancel.ThrowIfCancellationRequested();
            hash.Update(buffer.AsSpan(0, count));
        }

        return Finish(hash);
    }

    private string WriteContent(string path, int mode)
    {
        using DirectoryHandle directory = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(path)!));
        using FileHandle file = directory.CreateFile(Encoding.UTF8.GetBytes(Path.GetFileName(path)), mode);
        using SnapshotFiles files = captured.Open();
        using Stream content = files.Open(Property(SqliteSource.FileProperty));
        Blake3Hasher hash = new();
        byte[] buffer = new byte[BufferSize];
        int count;
        for (long offset = 0; (count = content.Read(buffer)) > 0; offset += count)
        {
            cancel.ThrowIfCancellationRequested();
            hash.Update(buffer.AsSpan(0, count));
            file.Write(offset, buffer.AsSpan(0, count));
            progress.Add(files: 0, count);
        }

        file.Sync();
        return Finish(hash);
    }

    private string Property(string name) => captured.Description.Properties.GetValueOrDefault(name)
        ?? throw new CorruptDataException($"{DatabaseDescription.FileName} of the snapshot does not say its {name}");

    private static string Finish(Blake3Hasher hash)
    {
        byte[] bytes = new byte[32];
        hash.Finish(bytes);
        return Convert.ToHexStringLower(bytes);
    }
}
