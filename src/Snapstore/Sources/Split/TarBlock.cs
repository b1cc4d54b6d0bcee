using System.Text;

namespace Snapstore.Sources.Split;

/// <summary>One 512-byte header of a tar archive, of any of its kinds (POSIX.1-2017 ustar; old GNU; star; V7).</summary>
internal readonly ref struct TarBlock(ReadOnlySpan<byte> block)
{
    /// <summary>Bytes of a header, and the unit that contents are padded to.</summary>
    public const int Size = 512;

    private const int ChecksumOffset = 148, ChecksumSize = 8, PrefixOffset = 345;

    private readonly ReadOnlySpan<byte> _block = block[..Size];

    /// <summary>What the member is.</summary>
    public char Type => (char)_block[156];

    /// <summary>True for the block that ends an archive.</summary>
    public bool IsZero => !_block.ContainsAnyExcept((byte)0);

    /// <summary>True where it says "ustar" and is not of GNU's own older kind.</summary>
    public bool IsPosix => _block[257..].StartsWith("ustar\0"u8);

    /// <summary>True for GNU tar's own older kind.</summary>
    public bool IsOldGnu => _block[257..].StartsWith("ustar  \0"u8);

    /// <summary>The link's target.</summary>
    public byte[] LinkName => Text(157, 100).ToArray();

    /// <summary>The owner's name.</summary>
    public string User => IsPosix || IsOldGnu ? Encoding.UTF8.GetString(Text(265, 32)) : "";

    /// <summary>The group's name.</summary>
    public string Group => IsPosix || IsOldGnu ? Encoding.UTF8.GetString(Text(297, 32)) : "";

    private bool IsStar => IsPosix && _block[508..].SequenceEqual("tar\0"u8);

    /// <summary>The name; with its prefix, where the kind has one.</summary>
    public byte[] Name
    {
        get
        {
            ReadOnlySpan<byte> name = Text(0, 100);
            ReadOnlySpan<byte> prefix = IsPosix ? Text(PrefixOffset, IsStar ? 131 : 155) : [];
            return prefix.IsEmpty ? name.ToArray() : [.. prefix, (byte)'/', .. name];
        }
    }

    /// <summary>True where the sum of the block's bytes is what it says; some programs add signed bytes.</summary>
    public bool HasChecksum()
    {
        long unsigned = 0, signed = 0;
        for (int i = 0; i < Size; i++)
        {
            byte next = i is >= ChecksumOffset and < ChecksumOffset + ChecksumSize ? (byte)' ' : _block[i];
            unsigned += next;
            signed += unchecked((sbyte)next);
        }

        return Number(ChecksumOffset, ChecksumSize) is { } sum && (sum == unsigned || sum == signed);
    }

    /// <summary>The number in a field: octal digits, or binary where its first bit is set; 0 where it is empty; null where it is
    /// none.</summary>
    public Int128? Number(int offset, int size)
    {
        ReadOnlySpan<byte> field = _block.Slice(offset, size);
        return field[0] is 0x80 or 0xff ? Binary(field) : Octal(field);
    }

    /// <summary>A text field, up to its zero.</summary>
    public ReadOnlySpan<byte> Text(int offset, int size)
    {
        ReadOnlySpan<byte> field = _block.Slice(offset, size);
        int end = field.IndexOf((byte)0);
        return end < 0 ? field : field[..end];
    }

    private static Int128? Binary(ReadOnlySpan<byte> field)
    {
        Int128 value = field[0] == 0xff ? -1 : 0;
        foreach (byte next in field[1..])
            value = (value << 8) | next;
        return value;
    }

    private static Int128? Octal(ReadOnlySpan<byte> field)
    {
        ReadOnlySpan<byte> digits = field.Trim(" \0"u8);
        Int128 value = 0;
        foreach (byte digit in digits)
        {
            if (digit is < (byte)'0' or > (byte)'7')
                return null;
            value = (value * 8) + (digit - '0');
        }

        return value;
    }
}
