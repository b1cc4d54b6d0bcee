using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>Files that hold a key: nothing may depend on one before it is durable, its name included.</summary>
public static class KeyFile
{
    /// <summary>Makes a file, readable by its owner only, and makes it and its name durable.</summary>
    /// <exception cref="UsageException">Something of that name exists, or its directory does not.</exception>
    /// <exception cref="StorageException">It could not be written; what was begun is removed.</exception>
    public static void Create(string path, ReadOnlySpan<byte> content)
    {
        string whole = Path.GetFullPath(path);
        byte[] name = Encoding.UTF8.GetBytes(Path.GetFileName(whole));
        try
        {
            using DirectoryHandle folder = DirectoryHandle.Open(Encoding.UTF8.GetBytes(Path.GetDirectoryName(whole) ?? whole));
            using FileHandle file = folder.CreateFile(name, 0x180);
            WriteOrRemove(folder, name, file, content);
        }
        catch (PosixException e) when (e.Error is Errno.Exists)
        {
            throw new UsageException($"the key file {path} exists and was left as it is: name a file that does not exist, or open with --key-file");
        }
        catch (PosixException e) when (e.Error is Errno.NoEntry or Errno.NotDirectory or Errno.IsDirectory)
        {
            throw new UsageException($"the key file {path} cannot be made: {e.Message}");
        }
        catch (PosixException e)
        {
            throw StorageFailure.Explain($"the key file {path} cannot be made", e);
        }
    }

    private static void WriteOrRemove(DirectoryHandle folder, byte[] name, FileHandle file, ReadOnlySpan<byte> content)
    {
        try
        {
            file.Write(0, content);
            file.Sync();
            folder.Sync();
        }
        catch (PosixException)
        {
            TryRemove(folder, name);
            throw;
        }
    }

    private static void TryRemove(DirectoryHandle folder, byte[] name)
    {
        try
        {
            folder.Remove(name, isDirectory: false);
        }
        catch (PosixException)
        {
            // The failure that led here is the one to tell.
        }
    }
}
