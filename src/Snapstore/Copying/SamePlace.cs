using System.Text;
using Snapstore.Posix;
using Snapstore.Storage;

namespace Snapstore.Copying;

/// <summary>Finds that two names mean one place: a copy there would be none.</summary>
public static class SamePlace
{
    /// <summary>Makes sure that they are two.</summary>
    /// <param name="source">Where the repository is.</param>
    /// <param name="place">Where its mirror is.</param>
    /// <param name="mayWrite">True tries it, by an object that is removed again; else only files are compared.</param>
    /// <exception cref="UsageException">They are one.</exception>
    public static void Refuse(IStorage source, IStorage place, bool mayWrite)
    {
        if (IsSameFile(source, place) || (mayWrite && IsSeen(source, place)))
            throw Same(place.Location);
    }

    /// <summary>Makes sure that their names are two.</summary>
    /// <exception cref="UsageException">They are one.</exception>
    public static void RefuseSameName(string source, string place)
    {
        if (place == source)
            throw Same(place);
    }

    private static UsageException Same(string place) => new($"the mirror must be another place than the repository, and {place} is the same");

    private static bool IsSeen(IStorage source, IStorage place)
    {
        StorageKey probe = StorageKey.Probe(SessionId.NewRandom());
        _ = place.PutIfAbsent(probe, "is this the same place?"u8);
        try
        {
            return source.SizeOf(probe) is not null;
        }
        finally
        {
            place.Delete(probe);
        }
    }

    private static bool IsSameFile(IStorage source, IStorage place) =>
        source is LocalStorage && place is LocalStorage && StatConfig(source) is { } one && StatConfig(place) is { } other && one.Device == other.Device && one.Inode == other.Inode;

    private static FileStat? StatConfig(IStorage storage)
    {
        try
        {
            using DirectoryHandle folder = DirectoryHandle.Open(Encoding.UTF8.GetBytes(storage.Location));
            return folder.TryStat(Encoding.UTF8.GetBytes(StorageKey.ConfigName), out FileStat stat) ? stat : null;
        }
        catch (PosixException)
        {
            return null;
        }
    }
}
