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
        RemoveOthers(file, entry, path, tally);
        foreach (ExtendedAttribute attribute in entry.Attributes)
            Try(() => ExtendedAttributes.Set(file, attribute.Name, attribute.Value), path, tally);
        // A setuid bit under another owner than the captured one would give rights away.
        Try(() => file.SetMode(isOwned ? entry.Mode : entry.Mode & ~SetIdBits), path, tally);
        Try(() => file.SetTime(entry.Mtime.Seconds, entry.Mtime.Nanoseconds), path, tally);
    }

    /// <summary>Of a link, pipe or device that was just made in this directory.</summary>
    public static void Apply(DirectoryHandle directory, TreeEntry entry, byte[] path, RestoreTally tally)
    {
        bool isOwned = TryOwner(() => directory.SetOwner(entry.Name, entry.Owner.Uid, entry.Owner.Gid), path, tally);
        foreach (ExtendedAttribute attribute in entry.Attributes)
            Try(() => ExtendedAttributes.Set(directory, entry.Name, attribute.Name, attribute.Value), path, tally);
        if (entry.Kind != EntryKind.Symlink)
            Try(() => directory.SetMode(entry.Name, isOwned ? entry.Mode : entry.Mode & ~SetIdBits), path, tally);
        Try(() => directory.SetTime(entry.Name, entry.Mtime.Seconds, entry.Mtime.Nanoseconds), path, tally);
    }

    // What was there before, or came from a default ACL of the directory around, is not in the snapshot. What the system
    // itself puts on files (labels of security modules) stays.
    private static void RemoveOthers(FileHandle file, TreeEntry entry, byte[] path, RestoreTally tally)
    {
        foreach ((byte[] name, byte[] _) in ExtendedAttributes.Read(file))
        {
            bool isOurs = name.AsSpan().StartsWith("user."u8) || name.AsSpan().StartsWith("system.posix_acl_"u8);
            if (isOurs && !entry.Attributes.Any(attribute => attribute.Name.AsSpan().SequenceEqual(name)))
                Try(() => ExtendedAttributes.Remove(file, name), path, tally);
        }
    }

    // Only root may give files away: for anybody else that is one warning for all files.
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
            else
                tally.NotOwned();
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
