namespace Snapstore.Formats;

/// <summary>Decodes tree leaves (spec/formats/tree.md). Everything a hostile repository could put there is refused
/// here: names that lead out of the directory, names twice or out of order, sizes that do not add up.</summary>
public static class TreeLeaf
{
    internal const byte TypeByte = 1;
    internal const uint AttributesFlag = 1, HardLinkFlag = 2;
    internal const byte FormEmpty = 0, FormInline = 1, FormItems = 2, FormList = 3;

    private const int EntrySizeMin = 10, OwnerSizeMin = 4;
    private const int NanosecondsMax = 999_999_999;

    /// <summary>The entries of a leaf, behind its type byte.</summary>
    internal static TreeEntry[] Decode(ref ByteReader reader)
    {
        EntryOwner[] owners = new EntryOwner[reader.Count(OwnerSizeMin)];
        for (int i = 0; i < owners.Length; i++)
            owners[i] = new EntryOwner(Uint32(ref reader), Uint32(ref reader), reader.Text(1024), reader.Text(1024));

        TreeEntry[] entries = new TreeEntry[reader.Count(EntrySizeMin, Limits.NodeEntriesMax)];
        TreeEntry? previous = null;
        for (int i = 0; i < entries.Length; i++)
        {
            TreeEntry entry = DecodeEntry(ref reader, owners, previous);
            if (previous is not null && previous.Name.AsSpan().SequenceCompareTo(entry.Name) >= 0)
                throw reader.Bad("has names twice or out of order");
            entries[i] = previous = entry;
        }

        return entries;
    }

    private static TreeEntry DecodeEntry(ref ByteReader reader, EntryOwner[] owners, TreeEntry? previous)
    {
        byte[] name = DecodeName(ref reader);
        EntryKind kind = (EntryKind)reader.U8();
        uint flags = (uint)reader.Varint32((int)(AttributesFlag | HardLinkFlag));
        int mode = reader.Varint32(0xfff);
        if (owners.Length == 0)
            throw reader.Bad("has no owners");
        EntryOwner owner = owners[reader.Varint32(owners.Length - 1)];
        EntryTime mtime = DecodeTime(ref reader, previous?.Mtime.Seconds ?? 0);
        EntryTime ctime = DecodeTime(ref reader, mtime.Seconds);
        ulong inode = unchecked((previous?.Inode ?? 0) + (ulong)reader.Zigzag());

        (long size, FileContent content) = kind == EntryKind.File ? DecodeFile(ref reader) : (0, FileContent.Empty);
        (BlobId tree, SubtreeTotals below) = kind == EntryKind.Directory ? DecodeDirectory(ref reader) : default;
        byte[] target = kind == EntryKind.Symlink ? DecodeTarget(ref reader) : [];
        (uint, uint) rdev = kind is EntryKind.CharacterDevice or EntryKind.BlockDevice
            ? (Uint32(ref reader), Uint32(ref reader))
            : default;
        if (kind is EntryKind.Socket or 0 or > EntryKind.BlockDevice)
            throw reader.Bad($"has an entry of kind {(byte)kind}");
        (ulong device, ulong linkCount) = (flags & HardLinkFlag) != 0 ? DecodeLink(ref reader, kind) : (0, 1);

        return new TreeEntry
        {
            Name = name,
            Kind = kind,
            Mode = mode,
            Owner = owner,
            Mtime = mtime,
            Ctime = ctime,
            Inode = inode,
            Size = size,
            Content = content,
            Tree = tree,
            Below = below,
            Target = target,
            Rdev = rdev,
            Device = device,
            LinkCount = linkCount,
            Attributes = (flags & AttributesFlag) != 0 ? DecodeAttributes(ref reader) : [],
        };
    }

    private static byte[] DecodeName(ref ByteReader reader)
    {
        ReadOnlySpan<byte> name = reader.Bytes(Limits.NameSizeMax);
        if (name.IsEmpty || name.ContainsAny((byte)'/', (byte)0) || name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            throw reader.Bad("has a name that no directory entry can have");
        return name.ToArray();
    }

    private static EntryTime DecodeTime(ref ByteReader reader, long baseSeconds) =>
        new(unchecked(baseSeconds + reader.Zigzag()), reader.Varint32(NanosecondsMax));

    private static (long Size, FileContent Content) DecodeFile(ref ByteReader reader)
    {
        long size = reader.Varint63();
        byte form = reader.U8();
        FileContent content = form switch
        {
            FormEmpty => FileContent.Empty,
            FormInline when size is > 0 and <= Limits.InlineContentReadMax => FileContent.OfInline(reader.Raw((int)size).ToArray()),
            FormItems => DecodeItems(ref reader, size),
            FormList => FileContent.OfList(new BlobId(reader.Raw(BlobId.Size))),
            _ => throw reader.Bad($"has content of form {form} for {size} bytes"),
        };
        if ((size == 0) != (form == FormEmpty))
            throw reader.Bad("has a file whose content and size do not agree");
        return (size, content);
    }

    private static FileContent DecodeItems(ref ByteReader reader, long size)
    {
        ContentItem[] items = new ContentItem[reader.Count(1, Limits.ContentItemsInEntryMax)];
        UInt128 total = 0;
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = ChunkListNode.DecodeItem(ref reader);
            total += (ulong)items[i].Length;
        }

        if (items.Length == 0 || total != (UInt128)size)
            throw reader.Bad($"has a file of {size} bytes whose parts add up to {total}");
        return FileContent.OfItems(items);
    }

    private static (BlobId Tree, SubtreeTotals Below) DecodeDirectory(ref ByteReader reader) =>
        (new BlobId(reader.Raw(BlobId.Size)), DecodeTotals(ref reader));

    internal static SubtreeTotals DecodeTotals(ref ByteReader reader) =>
        new(reader.Varint63(), reader.Varint63());

    private static byte[] DecodeTarget(ref ByteReader reader)
    {
        ReadOnlySpan<byte> target = reader.Bytes(Limits.LinkTargetSizeMax);
        if (target.IsEmpty || target.Contains((byte)0))
            throw reader.Bad("has a symbolic link with no possible target");
        return target.ToArray();
    }

    private static (ulong Device, ulong LinkCount) DecodeLink(ref ByteReader reader, EntryKind kind)
    {
        ulong device = reader.Varint();
        ulong count = reader.Varint();
        if (count < 2 || kind == EntryKind.Directory)
            throw reader.Bad("has a hard link that is none");
        return (device, count);
    }

    private static ExtendedAttribute[] DecodeAttributes(ref ByteReader reader)
    {
        ExtendedAttribute[] attributes = new ExtendedAttribute[reader.Count(2, Limits.AttributeCountMax)];
        for (int i = 0; i < attributes.Length; i++)
        {
            byte[] name = reader.Bytes(Limits.NameSizeMax).ToArray();
            attributes[i] = new ExtendedAttribute(name, reader.Bytes(Limits.AttributeValueSizeMax).ToArray());
            bool ordered = i == 0 || attributes[i - 1].Name.AsSpan().SequenceCompareTo(name) < 0;
            if (name.Length == 0 || name.Contains((byte)0) || !ordered)
                throw reader.Bad("has extended attributes twice, out of order or without a name");
        }

        return attributes.Length > 0 ? attributes : throw reader.Bad("announces extended attributes and has none");
    }

    private static uint Uint32(ref ByteReader reader) =>
        reader.Varint() is var value and <= uint.MaxValue ? (uint)value : throw reader.Bad("has a number beyond 32 bits");
}
