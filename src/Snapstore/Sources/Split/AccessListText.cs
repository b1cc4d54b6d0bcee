using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Snapstore.Sources.Split;

/// <summary>A POSIX access control list as text (acl(5), as star, GNU tar and libarchive write it), as the attribute that
/// Linux keeps it in.</summary>
internal static class AccessListText
{
    /// <summary>The attributes that Linux keeps lists in.</summary>
    public const string AccessAttribute = "system.posix_acl_access", DefaultAttribute = "system.posix_acl_default";

    private const int Version = 2, EntrySize = 8;
    private const uint NoId = uint.MaxValue;

    /// <summary>The attribute's value; null where the text is none, or names somebody whose number is not known.</summary>
    /// <param name="text">Entries such as `user:ana:rw-`, `user:ana:rw-:1000`, `group::r--`, apart by commas or line ends.</param>
    /// <param name="user">Number of a user's name; null where it is not known.</param>
    /// <param name="group">Number of a group's name.</param>
    public static byte[]? ToAttribute(ReadOnlySpan<byte> text, Func<string, uint?> user, Func<string, uint?> group)
    {
        List<(ushort Tag, ushort Rights, uint Id)> entries = [];
        foreach (string line in Encoding.UTF8.GetString(text).Split([',', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] parts = line.Split('#')[0].TrimEnd().Split(':');
            if (parts is [""])
                continue;
            if (parts[0] is "default" && parts.Length > 1)
                parts = parts[1..];
            if (ToEntry(parts, user, group) is not { } entry)
                return null;
            entries.Add(entry);
        }

        return entries.Count == 0 ? null : Encode([.. entries.OrderBy(entry => entry.Tag).ThenBy(entry => entry.Id)]);
    }

    /// <summary>A mode whose rights are those of a list: of the owner, of the mask (else the group), of others.</summary>
    public static int ModeWith(ReadOnlySpan<byte> attribute, int mode)
    {
        for (int at = 4; at + EntrySize <= attribute.Length; at += EntrySize)
        {
            int rights = attribute[at + 2] & 7;
            mode = attribute[at] switch
            {
                0x01 => (mode & ~0x1c0) | (rights << 6),
                0x04 or 0x10 => (mode & ~0x38) | (rights << 3), // the mask stands behind the group
                0x20 => (mode & ~0x7) | rights,
                _ => mode,
            };
        }

        return mode;
    }

    private static (ushort Tag, ushort Rights, uint Id)? ToEntry(string[] parts, Func<string, uint?> user, Func<string, uint?> group)
    {
        // `other:r--` and `mask:r--` are known without their empty middle.
        if (parts.Length == 2)
            parts = [parts[0], "", parts[1]];
        if (parts.Length is not (3 or 4) || ToRights(parts[2]) is not { } rights)
            return null;
        bool isNamed = parts[1].Length > 0;
        (ushort Tag, uint? Id) who = (parts[0], isNamed) switch
        {
            ("user" or "u", false) => (0x01, NoId),
            ("user" or "u", true) => (0x02, ToId(parts, user)),
            ("group" or "g", false) => (0x04, NoId),
            ("group" or "g", true) => (0x08, ToId(parts, group)),
            ("mask" or "m", false) => (0x10, NoId),
            ("other" or "o", false) => (0x20, NoId),
            _ => (0, null),
        };
        return who.Id is { } id ? (who.Tag, rights, id) : null;
    }

    // The number behind the rights is exact; a name is only as good as who knows it.
    private static uint? ToId(string[] parts, Func<string, uint?> idOf)
    {
        string number = parts.Length == 4 ? parts[3] : parts[1];
        return uint.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : idOf(parts[1]);
    }

    private static ushort? ToRights(string text)
    {
        ushort rights = 0;
        foreach (char right in text)
        {
            int bit = right switch { 'r' => 4, 'w' => 2, 'x' => 1, '-' => 0, _ => -1 };
            if (bit < 0)
                return null;
            rights |= (ushort)bit;
        }

        return text.Length is > 0 and <= 3 ? rights : null;
    }

    private static byte[] Encode((ushort Tag, ushort Rights, uint Id)[] entries)
    {
        byte[] value = new byte[4 + (EntrySize * entries.Length)];
        BinaryPrimitives.WriteInt32LittleEndian(value, Version);
        for (int i = 0; i < entries.Length; i++)
        {
            Span<byte> entry = value.AsSpan(4 + (EntrySize * i), EntrySize);
            BinaryPrimitives.WriteUInt16LittleEndian(entry, entries[i].Tag);
            BinaryPrimitives.WriteUInt16LittleEndian(entry[2..], entries[i].Rights);
            BinaryPrimitives.WriteUInt32LittleEndian(entry[4..], entries[i].Id);
        }

        return value;
    }
}
