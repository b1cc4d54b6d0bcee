namespace Snapstore.Posix;

/// <summary>What changes a directory's entries: always by name in this directory, never through a link.</summary>
internal sealed unsafe partial class DirectoryHandle
{
    /// <summary>Makes a directory.</summary>
    public void MakeDirectory(ReadOnlySpan<byte> name, int mode)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            Check(Native.mkdirat(Descriptor, pointer, (uint)mode), "make directory", name);
    }

    /// <summary>Makes a symbolic link.</summary>
    public void MakeSymlink(ReadOnlySpan<byte> target, ReadOnlySpan<byte> name)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        NameArgument to = new(target, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument, targetPointer = to)
            Check(Native.symlinkat(targetPointer, Descriptor, pointer), "make link", name);
    }

    /// <summary>Makes another name of an inode; the old name is not followed.</summary>
    public void MakeHardLink(DirectoryHandle oldDirectory, ReadOnlySpan<byte> oldName, ReadOnlySpan<byte> name)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        NameArgument old = new(oldName, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument, oldPointer = old)
            Check(Native.linkat(oldDirectory.Descriptor, oldPointer, Descriptor, pointer, 0), "link", name);
    }

    /// <summary>Makes a pipe or a device.</summary>
    public void MakeNode(ReadOnlySpan<byte> name, FileKind kind, int mode, uint major, uint minor)
    {
        uint type = kind switch
        {
            FileKind.Fifo => 0x1000u,
            FileKind.CharacterDevice => 0x2000u,
            FileKind.BlockDevice => 0x6000u,
            _ => throw new ArgumentException($"no node of kind {kind} can be made", nameof(kind)),
        };
        // The C library's encoding of device numbers (gnu_dev_makedev).
        ulong device = ((ulong)(major & 0xfffff000) << 32) | ((major & 0xfffu) << 8) | ((ulong)(minor & 0xffffff00) << 12) | (minor & 0xffu);
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            Check(Native.mknodat(Descriptor, pointer, type | (uint)mode, device), "make node", name);
    }

    /// <summary>Gives an entry another name, atomically; with <paramref name="noReplace"/> it fails where the new name exists.</summary>
    public void Rename(ReadOnlySpan<byte> oldName, DirectoryHandle newDirectory, ReadOnlySpan<byte> newName, bool noReplace)
    {
        NameArgument old = new(oldName, stackalloc byte[NameArgument.StackSize]);
        NameArgument to = new(newName, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* oldPointer = old, newPointer = to)
            Check(Native.renameat2(Descriptor, oldPointer, newDirectory.Descriptor, newPointer, noReplace ? (uint)Native.RenameNoReplace : 0), "rename", newName);
    }

    /// <summary>Removes an entry; a directory must be empty.</summary>
    public void Remove(ReadOnlySpan<byte> name, bool isDirectory)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            Check(Native.unlinkat(Descriptor, pointer, isDirectory ? Native.AtRemoveDir : 0), "remove", name);
    }

    /// <summary>Sets owner and group of an entry; a link itself, not what it leads to.</summary>
    public void SetOwner(ReadOnlySpan<byte> name, uint uid, uint gid)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            Check(Native.fchownat(Descriptor, pointer, uid, gid, Native.AtSymlinkNoFollow), "set owner of", name);
    }

    /// <summary>Sets the permission bits of a pipe or device; a link is refused.</summary>
    public void SetMode(ReadOnlySpan<byte> name, int mode)
    {
        // fchmodat follows links, and older C libraries cannot be told not to: the inode is held, looked at, then changed
        // through /proc, which takes descriptors that fchmod does not.
        using FileHandle held = new(OpenDescriptor(name, OpenFlags.PathOnly | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0));
        if (held.Stat().Kind == FileKind.Symlink)
            throw new PosixException("set mode of", name, Errno.Loop);
        NameArgument argument = new(ProcPath.Of(held.Descriptor), stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = argument)
            Check(Native.fchmodat(OpenFlags.CurrentDirectory, pointer, (uint)mode, 0), "set mode of", name);
    }

    /// <summary>Sets the mtime of an entry (the atime stays); a link itself, not what it leads to.</summary>
    public void SetTime(ReadOnlySpan<byte> name, long seconds, int nanoseconds)
    {
        NameArgument argument = new(name, stackalloc byte[NameArgument.StackSize]);
        Native.TimeSpec* times = stackalloc Native.TimeSpec[2];
        times[0].Nanoseconds = Native.UtimeOmit;
        times[1] = new Native.TimeSpec { Seconds = seconds, Nanoseconds = nanoseconds };
        fixed (byte* pointer = argument)
            Check(Native.utimensat(Descriptor, pointer, times, Native.AtSymlinkNoFollow), "set time of", name);
    }

    /// <summary>This directory opened once more as a file: to set its own owner, mode, mtime and attributes.</summary>
    public FileHandle AsFile() => new(OpenDescriptor("."u8, DirectoryFlags, 0));

    private static void Check(int result, string call, ReadOnlySpan<byte> name)
    {
        if (result != 0)
            throw PosixException.Last(call, name);
    }
}
