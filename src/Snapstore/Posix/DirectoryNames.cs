using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace Snapstore.Posix;

/// <summary>The names of a directory, sorted by their bytes, in one block outside the garbage-collected heap:
/// a million names take about 30 MB.</summary>
internal sealed unsafe class DirectoryNames : IDisposable
{
    private const int ReadSize = 64 << 10;
    private const int EntryHeaderSize = 19; // inode, offset, record length, type (struct linux_dirent64)

    private byte* _arena;
    private nuint _arenaSize;
    private nuint _arenaUsed;
    private readonly List<Name> _names = [];

    /// <summary>How many there are.</summary>
    public int Count => _names.Count;

    /// <summary>One name; valid until this is disposed of.</summary>
    public ReadOnlySpan<byte> this[int index] => Span(_names[index]);

    /// <summary>True where this is one of the names.</summary>
    public bool Contains(ReadOnlySpan<byte> name)
    {
        int low = 0, high = _names.Count;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            int order = this[middle].SequenceCompareTo(name);
            if (order == 0)
                return true;
            (low, high) = order < 0 ? (middle + 1, high) : (low, middle);
        }

        return false;
    }

    /// <summary>Reads a directory from where its descriptor stands.</summary>
    /// <exception cref="PosixException">It could not be read to its end: a part of a listing is never given.</exception>
    public static DirectoryNames Read(int directory)
    {
        DirectoryNames names = new();
        byte[] buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            while (names.ReadSome(directory, buffer))
            {
            }

            CollectionsMarshal.AsSpan(names._names).Sort(names.Compare);
            return names;
        }
        catch
        {
            names.Dispose();
            throw;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public void Dispose()
    {
        NativeMemory.Free(_arena);
        _arena = null;
        _names.Clear();
    }

    private bool ReadSome(int directory, byte[] buffer)
    {
        nint length;
        do
        {
            fixed (byte* pointer = buffer)
                length = Native.getdents64(directory, pointer, (nuint)buffer.Length);
        }
        while (length < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        if (length < 0)
            throw PosixException.Last("list", "directory"u8);
        ReadOnlySpan<byte> rest = buffer.AsSpan(0, (int)length);
        while (!rest.IsEmpty)
        {
            int recordLength = BinaryPrimitives.ReadUInt16LittleEndian(rest[16..]);
            ReadOnlySpan<byte> name = rest[EntryHeaderSize..recordLength];
            name = name[..name.IndexOf((byte)0)];
            if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                Add(name);
            rest = rest[recordLength..];
        }

        return length > 0;
    }

    private void Add(ReadOnlySpan<byte> name)
    {
        if (_arenaSize - _arenaUsed < (nuint)name.Length)
        {
            _arenaSize = Math.Max(_arenaSize * 2, 4096);
            _arena = (byte*)NativeMemory.Realloc(_arena, _arenaSize);
        }

        name.CopyTo(new Span<byte>(_arena + _arenaUsed, name.Length));
        _names.Add(new Name(PrefixOf(name), (uint)_arenaUsed, (ushort)name.Length));
        _arenaUsed += (nuint)name.Length;
    }

    private ReadOnlySpan<byte> Span(Name name) => new(_arena + name.Offset, name.Length);

    private int Compare(Name a, Name b) =>
        a.Prefix != b.Prefix ? a.Prefix.CompareTo(b.Prefix) : Span(a).SequenceCompareTo(Span(b));

    // The first 8 bytes, big-endian: they decide most comparisons without a look at the name.
    private static ulong PrefixOf(ReadOnlySpan<byte> name)
    {
        Span<byte> prefix = stackalloc byte[8];
        prefix.Clear();
        name[..Math.Min(8, name.Length)].CopyTo(prefix);
        return BinaryPrimitives.ReadUInt64BigEndian(prefix);
    }

    // FAT, NTFS and SMB have names above 255 bytes: 255 characters of up to 3 bytes.
    private readonly record struct Name(ulong Prefix, uint Offset, ushort Length);
}
