using System.Text;
using System.Text.Unicode;
using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>Writes a PAX archive (spec/cli.md, export): names, targets and attributes of any bytes and length.</summary>
/// <remarks>The platform's own tar writer takes names as text and would change those that are not UTF-8.
/// A name that is no UTF-8 stays in the old field, which all readers take as it is; where it is too long for that,
/// <c>hdrcharset=BINARY</c> announces it.</remarks>
internal sealed class TarWriter(Stream output)
{
    /// <summary>Types of members.</summary>
    public const char File = '0', HardLink = '1', Symlink = '2', CharacterDevice = '3', BlockDevice = '4', Directory = '5', Fifo = '6';

    private const char ExtendedHeader = 'x';
    private const int ExtendedMode = 0x1a4; // 0644
    private const int ExtendedNameSize = 80;
    private const int RecordSize = 20 * TarHeader.Size;

    private static readonly byte[] Zeros = new byte[RecordSize];

    private readonly PaxRecords _records = new();
    private readonly byte[] _header = new byte[TarHeader.Size];
    private long _written;

    /// <summary>Starts a member whose bytes, if it has any, follow through <see cref="Write"/>.</summary>
    /// <param name="name">Its name in the archive.</param>
    /// <param name="type">Its type.</param>
    /// <param name="entry">Its metadata.</param>
    /// <param name="linkTarget">What a link leads to.</param>
    /// <param name="size">Bytes that follow.</param>
    public void Begin(byte[] name, char type, TreeEntry entry, byte[] linkTarget, long size)
    {
        _records.Clear();
        AddName(name, linkTarget);
        BeginMember(name, type, entry, linkTarget, size);
    }

    /// <summary>Starts a sparse file (GNU.sparse 1.0), whose map and data follow.</summary>
    public void BeginSparse(byte[] name, TreeEntry entry, long storedSize)
    {
        _records.Clear();
        if (!Utf8.IsValid(name))
            _records.Add("hdrcharset", "BINARY"u8);
        _records.Add("GNU.sparse.major", 1);
        _records.Add("GNU.sparse.minor", 0);
        _records.Add("GNU.sparse.name", name);
        _records.Add("GNU.sparse.realsize", entry.Size);
        BeginMember([.. "GNUSparseFile.0/"u8, .. BaseName(name)], File, entry, [], storedSize);
    }

    /// <summary>Adds bytes of the member.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        output.Write(bytes);
        _written += bytes.Length;
    }

    /// <summary>Fills the member's last block.</summary>
    public void Pad() => Write(Zeros.AsSpan(0, (int)((TarHeader.Size - (_written % TarHeader.Size)) % TarHeader.Size)));

    /// <summary>Ends the archive: two empty blocks, and more up to a whole record, as tape programs expect.</summary>
    public void Finish()
    {
        Write(Zeros.AsSpan(0, 2 * TarHeader.Size));
        Write(Zeros.AsSpan(0, (int)((RecordSize - (_written % RecordSize)) % RecordSize)));
        output.Flush();
    }

    private static ReadOnlySpan<byte> BaseName(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> trimmed = name.TrimEnd((byte)'/');
        return trimmed[(trimmed.LastIndexOf((byte)'/') + 1)..];
    }

    private static bool FitsField(ReadOnlySpan<byte> text, int size) => text.Length <= size && !text.ContainsAnyInRange((byte)0x80, (byte)0xFF);

    private void AddName(byte[] name, byte[] linkTarget)
    {
        bool isBinary = NeedsBinary(name) || NeedsBinary(linkTarget);
        if (isBinary)
            _records.Add("hdrcharset", "BINARY"u8);
        if (NeedsRecord(name))
            _records.Add("path", name);
        if (NeedsRecord(linkTarget))
            _records.Add("linkpath", linkTarget);

        static bool NeedsBinary(byte[] text) => text.Length > TarHeader.NameSize && !Utf8.IsValid(text);

        static bool NeedsRecord(byte[] text) =>
            text.Length > TarHeader.NameSize || (!FitsField(text, TarHeader.NameSize) && Utf8.IsValid(text));
    }

    private void BeginMember(byte[] name, char type, TreeEntry entry, byte[] linkTarget, long size)
    {
        AddMetadata(entry, size);
        bool isDevice = type is CharacterDevice or BlockDevice;
        TarFields fields = new()
        {
            Name = name,
            Type = type,
            LinkTarget = linkTarget,
            Mode = entry.Mode,
            Uid = entry.Owner.Uid,
            Gid = entry.Owner.Gid,
            Size = size,
            Mtime = entry.Mtime.Seconds,
            User = entry.Owner.User,
            Group = entry.Owner.Group,
            Major = isDevice ? entry.Rdev.Major : 0,
            Minor = isDevice ? entry.Rdev.Minor : 0,
        };
        if (!_records.Written.IsEmpty)
            WriteExtendedHeader(BaseName(name), fields.Mtime);
        WriteHeader(fields);
    }

    private void AddMetadata(TreeEntry entry, long size)
    {
        if (size > TarHeader.LongNumberMax)
            _records.Add("size", size);
        if (entry.Mtime.Nanoseconds != 0 || entry.Mtime.Seconds is < 0 or > TarHeader.LongNumberMax)
            _records.Add("mtime", entry.Mtime);
        if (entry.Owner.Uid > TarHeader.ShortNumberMax)
            _records.Add("uid", entry.Owner.Uid);
        if (entry.Owner.Gid > TarHeader.ShortNumberMax)
            _records.Add("gid", entry.Owner.Gid);
        AddOwner("uname", entry.Owner.User);
        AddOwner("gname", entry.Owner.Group);
        if (Math.Max(entry.Rdev.Major, entry.Rdev.Minor) > TarHeader.ShortNumberMax)
        {
            _records.Add("SCHILY.devmajor", entry.Rdev.Major);
            _records.Add("SCHILY.devminor", entry.Rdev.Minor);
        }

        foreach (ExtendedAttribute attribute in entry.Attributes)
            _records.Add(attribute);
    }

    private void AddOwner(string key, string name)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(name);
        if (!FitsField(bytes, TarHeader.OwnerSize))
            _records.Add(key, bytes);
    }

    private void WriteExtendedHeader(ReadOnlySpan<byte> baseName, long mtime)
    {
        WriteHeader(new TarFields
        {
            Name = [.. "PaxHeaders/"u8, .. baseName[..Math.Min(baseName.Length, ExtendedNameSize)]],
            Type = ExtendedHeader,
            Mode = ExtendedMode,
            Size = _records.Written.Length,
            Mtime = mtime,
        });
        Write(_records.Written);
        Pad();
    }

    private void WriteHeader(TarFields fields)
    {
        TarHeader.Write(fields, _header);
        Write(_header);
    }
}
