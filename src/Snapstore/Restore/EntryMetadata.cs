using Snapstore.Formats;
using Snapstore.Posix;

namespace Snapstore.Restore;

/// <summary>Sets owner, attributes, mode and time, in the order in which none undoes another: chown clears setuid bits and
/// capabilities, setting an ACL moves mode bits, and everything moves the ctime alone.</summary>
internal static class EntryMetadata
{
    private const int SetIdBits = 0xc00; // setuid, setgid

    /// <summary>Of an open file or directory.</summary>
    public static void Apply(FileHandle file, TreeEntry entry, byte[] path, RestoreTally tally)
    {
        bool isOwned = TryOwner(() => file.SetOwner(entry.Owner.Uid, entry.Owner.Gid), path, tally);
        foreach (ExtendedAttribute attribute in entry.Attributes)
            Try(() => ExtendedAttributes.Set(file, attribute.Name, attribute.Value), path, tally);
        // A setuid bit under another owner than the captured one would give rights away.
        file.SetMode(isOwned ? entry.Mode : entry.Mode & ~SetIdBits);
        file.SetTime(entry.Mtime.Seconds, entry.Mtime.Nanoseconds);
    }

    /// <summary>Of a link, pipe or device that was just made in this directory.</summary>
    public static void Apply(DirectoryHandle directory, TreeEntry entry, byte[] path, RestoreTally tally)
    {
        bool isOwned = TryOwner(() => directory.SetOwner(entry.Name, entry.Owner.Uid, entry.Owner.Gid), path, tally);
        foreach (ExtendedAttribute attribute in entry.Attributes)
            Try(() => ExtendedAttributes.Set(directory, entry.Name, attribute.Name, attribute.Value), path, tally);
        if (entry.Kind != EntryKind.Symlink)
            directory.SetMode(entry.Name, isOwned ? entry.Mode : entry.Mode & ~SetIdBits);
        directory.SetTime(entry.Name, entry.Mtime.Seconds, entry.Mtime.Nanoseconds);
    }

    // Only root may give files away; without that right the files are the caller's, which is no reason to fail.
    private static bool TryOwner(Action setOwner, byte[] path, RestoreTally tally)
    {
        try
        {
            setOwner();
            return true;
        }
        catch (PosixException e)
        {
            if (Users.IsRoot || e.Error != Errno.NotPermitted)
                tally.Warn(path, e.Message);
            return false;
        }
    }

    private static void Try(Action set, byte[] path, RestoreTally tally)
    {
        try
        {
            set();
        }
        catch (PosixException e)
        {
            tally.Warn(path, e.Message);
        }
    }
}
