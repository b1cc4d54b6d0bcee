using System.Security.Cryptography;
using System.Text;
using Snapstore.Posix;

namespace Snapstore.Storage;

/// <summary>The files of `tmp/`: objects that are not published yet (spec/storage.md, "Temporaries"). Thread safe.</summary>
internal sealed class TemporaryFiles(LocalFolders folders)
{
    /// <summary>The folder, below the storage's root; no object lies in it.</summary>
    public const string FolderName = "tmp";

    private const int FileMode = 0x180, PermissionMask = 0x1ff; // 0600, 0777
    private const int RandomSize = 16;
    private const long StaleSeconds = 7 * 24 * 60 * 60;

    private int _isTidied;

    /// <summary>Makes a temporary file with a name of its own. The caller disposes of folder and file.</summary>
    public (DirectoryHandle Folder, byte[] Name, FileHandle File) Create()
    {
        DirectoryHandle folder = folders.EnterTemporary();
        byte[] name = Encoding.ASCII.GetBytes(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(RandomSize)));
        FileHandle? file = null;
        try
        {
            file = folder.CreateFile(name, FileMode);
            FileStat stat = file.Stat();
            // The umask takes bits away, even the owner's.
            if ((stat.Mode & PermissionMask) != FileMode)
                TrySetMode(() => file.SetMode(FileMode));
            if (Interlocked.Exchange(ref _isTidied, 1) == 0)
                RemoveStale(folder, stat.MtimeSeconds);
            return (folder, name, file);
        }
        catch
        {
            file?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Sets permissions where the file system has any; FAT, for one, has none.</summary>
    public static void TrySetMode(Action set)
    {
        try
        {
            set();
        }
        catch (PosixException e) when (e.Error is Errno.NotPermitted or Errno.NotSupported or Errno.NotImplemented)
        {
        }
    }

    // Ages are taken between times of the same file system, so that no clock of a host comes in. If a slow writer is
    // robbed of its file all the same, its publishing fails and nothing else: tidying is never a matter of safety.
    private static void RemoveStale(DirectoryHandle folder, long now)
    {
        try
        {
            using DirectoryNames names = folder.ReadNames();
            for (int i = 0; i < names.Count; i++)
            {
                if (IsOwnName(names[i])
                    && folder.StatIfThere(names[i]) is { Kind: FileKind.File } stat
                    && stat.MtimeSeconds < now - StaleSeconds)
                {
                    folder.Remove(names[i], isDirectory: false);
                }
            }
        }
        catch (PosixException)
        {
        }
    }

    private static bool IsOwnName(ReadOnlySpan<byte> name) =>
        name.Length == RandomSize * 2 && name.IndexOfAnyExcept("0123456789abcdef"u8) < 0;
}
