using System.Text;

namespace Snapstore.Browse;

/// <summary>One 512-byte ustar header (POSIX.1-2017, pax). Each offset is the one before plus its length.</summary>
internal static class TarHeader
{
    /// <summary>Bytes of a header, and the unit that contents are padded to.</summary>
    public const int Size = 512;

    /// <summary>Bytes that a name or a link's target may take here; longer ones go to a PAX record.</summary>
    public const int NameSize = 100;

    /// <summary>Bytes that an owner's name may take here.</summary>
    public const int OwnerSize = 32;

    /// <summary>The greatest numbers that the fields hold: 7 and 11 octal digits.</summary>
    public const long ShortNumberMax = (1L << 21) - 1, LongNumberMax = (1L << 33) - 1;

    private const int ShortNumberSize = 8, LongNumberSize = 12, MagicSize = 8, ChecksumDigits = 6;
    private const int ModeOffset = NameSize;
    private const int UidOffset = ModeOffset + ShortNumberSize;
    private const int GidOffset = UidOffset + ShortNumberSize;
    private const int SizeOffset = GidOffset + ShortNumberSize;
    private const int MtimeOffset = SizeOffset + LongNumberSize;
    private const int ChecksumOffset = MtimeOffset + LongNumberSize;
    private const int TypeOffset = ChecksumOffset + ShortNumberSize;
    private const int LinkOffset = TypeOffset + 1;
    private const int MagicOffset = LinkOffset + NameSize;
    private const int UserOffset = MagicOffset + MagicSize;
    private const int GroupOffset = UserOffset + OwnerSize;
    private const int MajorOffset = GroupOffset + OwnerSize;
    private const int MinorOffset = MajorOffset + ShortNumberSize;

    /// <summary>Fills a header. Numbers that do not fit become 0 and texts are cut: a PAX record says them in full.</summary>
    public static void Write(TarFields fields, Span<byte> header)
    {
        header = header[..Size];
        header.Clear();
        Text(fields.Name, header.Slice(0, NameSize));
        Number(fields.Mode, header.Slice(ModeOffset, ShortNumberSize));
        Number(fields.Uid, header.Slice(UidOffset, ShortNumberSize));
        Number(fields.Gid, header.Slice(GidOffset, ShortNumberSize));
        Number(fields.Size, header.Slice(SizeOffset, LongNumberSize));
        Number(fields.Mtime, header.Slice(MtimeOffset, LongNumberSize));
        header[TypeOffset] = (byte)fields.Type;
        Text(fields.LinkTarget, header.Slice(LinkOffset, NameSize));
        "ustar\000"u8.CopyTo(header[MagicOffset..]);
        Text(Encoding.UTF8.GetBytes(fields.User), header.Slice(UserOffset, OwnerSize));
        Text(Encoding.UTF8.GetBytes(fields.Group), header.Slice(GroupOffset, OwnerSize));
        Number(fields.Major, header.Slice(MajorOffset, ShortNumberSize));
        Number(fields.Minor, header.Slice(MinorOffset, ShortNumberSize));
        Checksum(header);
    }

    // The sum of all bytes, its own field counted as spaces; six digits, a zero, a space.
    private static void Checksum(Span<byte> header)
    {
        Span<byte> field = header.Slice(ChecksumOffset, ShortNumberSize);
        field.Fill((byte)' ');
        int sum = 0;
        foreach (byte b in header)
            sum += b;
        Number(sum, field[..(ChecksumDigits + 1)]);
    }

    private static void Text(ReadOnlySpan<byte> text, Span<byte> field) => text[..Math.Min(text.Length, field.Length)].CopyTo(field);

    private static void Number(long number, Span<byte> field)
    {
        if (number < 0 || number >> (3 * (field.Length - 1)) != 0)
            number = 0;
        field[^1] = 0;
        for (int i = field.Length - 2; i >= 0; i--, number >>= 3)
            field[i] = (byte)('0' + (number & 7));
    }
}

/// <summary>What a header says.</summary>
internal sealed record TarFields
{
    public required byte[] Name { get; init; }

    public required char Type { get; init; }

    public byte[] LinkTarget { get; init; } = [];

    public int Mode { get; init; }

    public long Uid { get; init; }

    public long Gid { get; init; }

    public long Size { get; init; }

    public long Mtime { get; init; }

    public string User { get; init; } = "";

    public string Group { get; init; } = "";

    public long Major { get; init; }

    public long Minor { get; init; }
}
