using System.Runtime.InteropServices;

namespace Snapstore.Posix;

/// <summary>Extended attributes of open files, and by name of what cannot be opened (links, pipes, devices).</summary>
internal static unsafe class ExtendedAttributes
{
    /// <summary>Name and value of every attribute of an open file, sorted by name; a file system without any has none.</summary>
    public static (byte[] Name, byte[] Value)[] Read(FileHandle file)
    {
        int descriptor = file.Descriptor;
        return ReadAll(
            (list, size) => Native.flistxattr(descriptor, list, size),
            (name, value, size) => Native.fgetxattr(descriptor, name, value, size));
    }

    /// <summary>Likewise of a name, not following a link.</summary>
    public static (byte[] Name, byte[] Value)[] Read(DirectoryHandle directory, ReadOnlySpan<byte> name)
    {
        byte[] path = PathOf(directory, name);
        return ReadAll(
            (list, size) =>
            {
                fixed (byte* pointer = path)
                    return Native.llistxattr(pointer, list, size);
            },
            (attribute, value, size) =>
            {
                fixed (byte* pointer = path)
                    return Native.lgetxattr(pointer, attribute, value, size);
            });
    }

    /// <summary>Sets one attribute of an open file.</summary>
    public static void Set(FileHandle file, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        NameArgument name = new(attribute, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* namePointer = name, valuePointer = value)
        {
            if (Native.fsetxattr(file.Descriptor, namePointer, valuePointer, (nuint)value.Length, 0) != 0)
                throw PosixException.Last("set attribute", attribute);
        }
    }

    /// <summary>Sets one attribute of a name, not following a link.</summary>
    public static void Set(DirectoryHandle directory, ReadOnlySpan<byte> name, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        NameArgument argument = new(attribute, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* path = PathOf(directory, name), namePointer = argument, valuePointer = value)
        {
            if (Native.lsetxattr(path, namePointer, valuePointer, (nuint)value.Length, 0) != 0)
                throw PosixException.Last("set attribute", attribute);
        }
    }

    /// <summary>Removes one attribute of an open file; one that is not there is no error.</summary>
    public static void Remove(FileHandle file, ReadOnlySpan<byte> attribute)
    {
        NameArgument name = new(attribute, stackalloc byte[NameArgument.StackSize]);
        fixed (byte* pointer = name)
        {
            if (Native.fremovexattr(file.Descriptor, pointer) != 0 && Marshal.GetLastPInvokeError() != Errno.NoData)
                throw PosixException.Last("remove attribute", attribute);
        }
    }

    private delegate nint List(byte* list, nuint size);

    private delegate nint Get(byte* name, byte* value, nuint size);

    private static (byte[] Name, byte[] Value)[] ReadAll(List list, Get get)
    {
        byte* probe = stackalloc byte[1024];
        nint length = list(probe, 1024);
        if (length == 0)
            return [];
        byte[] names = length > 0 ? new ReadOnlySpan<byte>(probe, (int)length).ToArray() : ReadLongList(list);
        List<(byte[] Name, byte[] Value)> attributes = [];
        foreach (Range part in names.AsSpan().Split((byte)0))
        {
            if (names[part] is { Length: > 0 } name && ReadValue(get, name) is { } value)
                attributes.Add((name, value));
        }

        attributes.Sort((a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        return [.. attributes];
    }

    private static byte[] ReadLongList(List list)
    {
        int error = Marshal.GetLastPInvokeError();
        if (error is Errno.NotSupported or Errno.NoEntry or Errno.AccessDenied or Errno.NotPermitted)
            return [];
        byte[] names = new byte[64 << 10];
        fixed (byte* pointer = names)
        {
            nint length = error == Errno.Range ? list(pointer, (nuint)names.Length) : -1;
            return length >= 0 ? names[..(int)length] : throw PosixException.Last("list attributes of", "file"u8);
        }
    }

    // An attribute that went away since the list was read, or that may not be read, is left out.
    private static byte[]? ReadValue(Get get, byte[] name)
    {
        byte[] nameZ = [.. name, 0];
        byte[] value = System.Buffers.ArrayPool<byte>.Shared.Rent(Limits.AttributeValueSizeMax);
        try
        {
            fixed (byte* namePointer = nameZ, valuePointer = value)
            {
                nint length = get(namePointer, valuePointer, (nuint)value.Length);
                if (length >= 0)
                    return value[..(int)length];
            }

            PosixException failure = PosixException.Last("read attribute", name);
            return failure.Error is Errno.NoData or Errno.NotSupported or Errno.AccessDenied or Errno.NotPermitted ? null : throw failure;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(value);
        }
    }

    // The l*xattr calls take paths only: the kernel resolves this one to the open directory.
    private static byte[] PathOf(DirectoryHandle directory, ReadOnlySpan<byte> name) =>
        [.. ProcPath.Of(directory.Descriptor), (byte)'/', .. name, 0];
}
