using Snapstore.Formats;
using Snapstore.Posix;

namespace Snapstore.Sources;

/// <summary>Makes tree entries of what the file system says of a name. Where the ctime is the parent entry's, nothing
/// can have changed (owner, mode and attributes all move it), so the attributes are not read again.</summary>
internal sealed class EntryCapture
{
    private EntryOwner _lastOwner = new(0, 0, Users.NameOfUser(0), Users.NameOfGroup(0));

    /// <summary>The entry of a directory, without its tree.</summary>
    public TreeEntry Directory(byte[] name, DirectoryOpener directory, in FileStat stat, TreeEntry? parent)
    {
        bool isSameInode = parent is not null && IsSameInode(parent, stat);
        TreeEntry entry = EntryWithoutAttributes(name, stat);
        if (isSameInode)
            return entry with { Attributes = parent!.Attributes };
        using FileHandle file = directory.Open().AsFile();
        return entry with { Attributes = Convert(ExtendedAttributes.Read(file)) };
    }

    /// <summary>The entry of anything else that needs no reading: the parent's own where nothing differs, else a new one
    /// with the parent's content.</summary>
    public TreeEntry Entry(ReadOnlySpan<byte> name, DirectoryOpener directory, in FileStat stat, TreeEntry? parent)
    {
        bool isSameInode = parent is not null && IsSameInode(parent, stat);
        if (isSameInode && IsSame(parent!, stat))
            return parent!;
        TreeEntry entry = EntryWithoutAttributes(parent?.Name ?? name.ToArray(), stat);
        ExtendedAttribute[] attributes = isSameInode ? parent!.Attributes : Convert(ExtendedAttributes.Read(directory.Open(), name));
        entry = entry with { Attributes = attributes, Content = parent?.Content ?? FileContent.Empty };
        return stat.Kind == FileKind.Symlink ? entry with { Target = directory.Open().ReadLink(name) } : entry;
    }

    /// <summary>The entry as far as its metadata alone says; the reader of its content adds the rest.</summary>
    public TreeEntry EntryWithoutAttributes(ReadOnlySpan<byte> name, in FileStat stat)
    {
        bool isHardLink = stat.LinkCount > 1 && stat.Kind != FileKind.Directory;
        bool isDevice = stat.Kind is FileKind.CharacterDevice or FileKind.BlockDevice;
        return new TreeEntry
        {
            Name = name.ToArray(),
            Kind = (EntryKind)stat.Kind,
            Mode = stat.Mode,
            Owner = OwnerOf(stat.Uid, stat.Gid),
            Mtime = new EntryTime(stat.MtimeSeconds, stat.MtimeNanoseconds),
            Ctime = new EntryTime(stat.CtimeSeconds, stat.CtimeNanoseconds),
            Inode = stat.Inode,
            Device = isHardLink ? stat.Device : 0,
            LinkCount = isHardLink ? stat.LinkCount : 1,
            Size = stat.Kind == FileKind.File ? stat.Size : 0,
            Rdev = isDevice ? (stat.RdevMajor, stat.RdevMinor) : default,
        };
    }

    /// <summary>The attributes of an open file as entries hold them.</summary>
    /// <exception cref="PosixException">They take more than a tree node may hold.</exception>
    public static ExtendedAttribute[] Convert((byte[] Name, byte[] Value)[] attributes)
    {
        if (attributes.Length == 0)
            return [];
        if (attributes.Sum(a => (long)a.Value.Length) > Limits.AttributesSizeMax)
            throw new PosixException("read extended attributes", "(more than 4 MiB)"u8, Errno.TooBig);
        return [.. attributes.Select(a => new ExtendedAttribute(a.Name, a.Value))];
    }

    private static bool IsSameInode(TreeEntry parent, in FileStat stat) =>
        parent.Inode == stat.Inode && parent.Ctime.Seconds == stat.CtimeSeconds && parent.Ctime.Nanoseconds == stat.CtimeNanoseconds;

    private bool IsSame(TreeEntry parent, in FileStat stat)
    {
        bool isHardLink = stat.LinkCount > 1;
        return parent.Mode == stat.Mode
            && parent.Mtime.Seconds == stat.MtimeSeconds
            && parent.Mtime.Nanoseconds == stat.MtimeNanoseconds
            && (stat.Kind != FileKind.File || parent.Size == stat.Size)
            && parent.LinkCount == (isHardLink ? stat.LinkCount : 1)
            && parent.Device == (isHardLink ? stat.Device : 0)
            && parent.Owner == OwnerOf(stat.Uid, stat.Gid);
    }

    private EntryOwner OwnerOf(uint uid, uint gid)
    {
        if (_lastOwner.Uid != uid || _lastOwner.Gid != gid)
            _lastOwner = new EntryOwner(uid, gid, Users.NameOfUser(uid), Users.NameOfGroup(gid));
        return _lastOwner;
    }
}
