using System.Buffers.Binary;
using Snapstore.Posix;
using Snapstore.Sources;

namespace Snapstore.Restore;

/// <summary>Logs of databases that lie in a target and are not of what is restored there: SQLite would apply such a log to the
/// restored file as soon as it is opened, and damage it.</summary>
internal static class StaleLogs
{
    private const uint WalMagic = 0x377f0682; // or with the last bit set
    private const ulong JournalMagic = 0xd9d505f920a163d7;

    /// <summary>The names of such logs beside a file of this name.</summary>
    public static IEnumerable<byte[]> Beside(DirectoryHandle directory, byte[] name, long size)
    {
        if (size == 0 || size % DatabaseFiles.SizeUnit != 0)
            yield break;
        foreach (byte[] ending in DatabaseFiles.Endings)
        {
            byte[] log = [.. name, .. ending];
            if (directory.TryStat(log, out FileStat stat) && stat is { Kind: FileKind.File, Size: > 0 } && IsLog(directory, log))
                yield return log;
        }
    }

    private static bool IsLog(DirectoryHandle directory, byte[] name)
    {
        using FileHandle file = directory.OpenForReading(name);
        byte[] start = new byte[sizeof(ulong)];
        bool isLong = file.Read(0, start) == start.Length;
        return isLong && ((BinaryPrimitives.ReadUInt32BigEndian(start) & ~1u) == WalMagic || BinaryPrimitives.ReadUInt64BigEndian(start) == JournalMagic);
    }
}
