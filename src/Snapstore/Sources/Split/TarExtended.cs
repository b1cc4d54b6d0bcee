using System.Globalization;
using System.Text;
using Snapstore.Formats;

namespace Snapstore.Sources.Split;

/// <summary>The records of PAX extended headers (POSIX.1-2017, pax; GNU tar; star; libarchive), and what they say of a member.</summary>
internal sealed class TarExtended(ByteInput input)
{
    private const string SchilyAttribute = "SCHILY.xattr.", LibarchiveAttribute = "LIBARCHIVE.xattr.";

    // Later records go over earlier ones, but the runs of a sparse map are many records of the same key: so all are kept, in order.
    private readonly List<(string Key, byte[] Value)> _records = [];

    /// <summary>Takes in the body of an extended header.</summary>
    public void Read(ReadOnlySpan<byte> body)
    {
        while (!body.IsEmpty)
        {
            int space = body.IndexOf((byte)' ');
            bool isLength = space > 0 && int.TryParse(body[..space], NumberStyles.None, CultureInfo.InvariantCulture, out int length)
                && length > space + 1 && length <= body.Length && body[length - 1] == '\n';
            if (!isLength)
                throw input.Damaged("an extended header that is none");
            length = int.Parse(body[..space], NumberStyles.None, CultureInfo.InvariantCulture);
            ReadOnlySpan<byte> record = body[(space + 1)..(length - 1)];
            int equals = record.IndexOf((byte)'=');
            if (equals <= 0)
                throw input.Damaged("an extended header with a record without its key");
            _records.Add((Encoding.Latin1.GetString(record[..equals]), record[(equals + 1)..].ToArray()));
            body = body[length..];
        }
    }

    /// <summary>Says what the records say of a member.</summary>
    public void ApplyTo(TarMember member)
    {
        foreach ((string key, byte[] value) in _records)
        {
            // A record without a value takes back what was said before: the member's own header counts.
            if (value.Length == 0 && !key.Contains(".xattr.", StringComparison.Ordinal))
                continue;
            bool isApplied = ApplyMetadata(member, key, value) || ApplySparse(member.Sparse, key, value) || ApplyName(member, key, value);
            if (!isApplied)
                ApplyAttribute(member, key, value);
        }
    }

    /// <summary>A text as the bytes it was made of.</summary>
    public static byte[] NameBytes(string name) => Encoding.Latin1.GetBytes(name);

    /// <summary>A time as a decimal fraction; null where it is none.</summary>
    public static EntryTime? ToTime(ReadOnlySpan<byte> text)
    {
        bool isNegative = text.StartsWith("-"u8);
        ReadOnlySpan<byte> digits = isNegative ? text[1..] : text;
        int point = digits.IndexOf((byte)'.');
        ReadOnlySpan<byte> fraction = point < 0 ? [] : digits[(point + 1)..];
        bool isTime = long.TryParse(point < 0 ? digits : digits[..point], NumberStyles.None, CultureInfo.InvariantCulture, out long seconds)
            && !fraction.ContainsAnyExceptInRange((byte)'0', (byte)'9');
        if (!isTime)
            return null;
        int nanoseconds = 0;
        for (int i = 0; i < 9; i++)
            nanoseconds = (nanoseconds * 10) + (i < fraction.Length ? fraction[i] - '0' : 0);
        if (!isNegative)
            return new EntryTime(seconds, nanoseconds);
        return nanoseconds == 0 ? new EntryTime(-seconds, 0) : new EntryTime(-seconds - 1, 1_000_000_000 - nanoseconds);
    }

    private bool ApplyMetadata(TarMember member, string key, byte[] value)
    {
        switch (key)
        {
            case "size":
                member.Size = ToLong(key, value);
                break;
            case "uid":
                member.Uid = ToNumber(key, value);
                break;
            case "gid":
                member.Gid = ToNumber(key, value);
                break;
            case "uname":
                member.User = Encoding.UTF8.GetString(value);
                break;
            case "gname":
                member.Group = Encoding.UTF8.GetString(value);
                break;
            case "mtime":
                member.Mtime = ToTime(value) ?? throw Wrong(key);
                break;
            case "ctime":
                member.Ctime = ToTime(value) ?? throw Wrong(key);
                break;
            case "SCHILY.devmajor":
                member.Major = ToDevice(key, value);
                break;
            case "SCHILY.devminor":
                member.Minor = ToDevice(key, value);
                break;
            default:
                return false;
        }

        return true;
    }

    private static bool ApplyName(TarMember member, string key, byte[] value)
    {
        switch (key)
        {
            case "path" or "GNU.sparse.name":
                // The name of a sparse file goes over the one that its header has for programs that do not know of holes.
                if (key != "path" || !member.HasSparseName)
                    member.Name = value;
                member.HasSparseName |= key != "path";
                return true;
            case "linkpath":
                member.LinkName = value;
                return true;
            default:
                return false;
        }
    }

    private bool ApplySparse(TarSparse sparse, string key, byte[] value)
    {
        switch (key)
        {
            case "GNU.sparse.major":
                sparse.Major = (int)Math.Min(TarSparse.ToNumber(input, value), int.MaxValue);
                break;
            case "GNU.sparse.minor" or "GNU.sparse.numblocks":
                break;
            case "GNU.sparse.size" or "GNU.sparse.realsize":
                sparse.RealSize = TarSparse.ToNumber(input, value);
                break;
            case "GNU.sparse.offset":
                sparse.AddOffset(TarSparse.ToNumber(input, value));
                break;
            case "GNU.sparse.numbytes":
                sparse.AddLength(input, TarSparse.ToNumber(input, value));
                break;
            case "GNU.sparse.map":
                sparse.AddList(input, value);
                break;
            default:
                return false;
        }

        sparse.IsSparse = true;
        return true;
    }

    private static void ApplyAttribute(TarMember member, string key, byte[] value)
    {
        if (key.StartsWith(SchilyAttribute, StringComparison.Ordinal))
        {
            // GNU tar writes what would end a key, and its own mark, in hexadecimal.
            string name = key[SchilyAttribute.Length..].Replace("%3D", "=", StringComparison.Ordinal).Replace("%25", "%", StringComparison.Ordinal);
            member.Attributes[name] = value;
        }
        else if (key.StartsWith(LibarchiveAttribute, StringComparison.Ordinal))
        {
            AddLibarchive(member, Encoding.Latin1.GetString(Unescape(key[LibarchiveAttribute.Length..])), value);
        }
        else if (key == "RHT.security.selinux")
        {
            member.Attributes.TryAdd("security.selinux", [.. value.AsSpan().TrimEnd((byte)0), 0]);
        }
        else if (key is "SCHILY.acl.access" or "SCHILY.acl.default")
        {
            member.AccessLists.Add((key.EndsWith("default", StringComparison.Ordinal) ? AccessListText.DefaultAttribute : AccessListText.AccessAttribute, value));
        }
        else if (key is "SCHILY.acl.ace")
        {
            member.Problems.Add("its access control list is of NFS version 4, which is not captured");
        }
    }

    // libarchive writes each attribute twice; the other form is exact where both are there.
    private static void AddLibarchive(TarMember member, string name, byte[] value)
    {
        string text = Encoding.ASCII.GetString(value);
        byte[] decoded = new byte[value.Length];
        bool isDecoded = Convert.TryFromBase64String(text.PadRight((text.Length + 3) / 4 * 4, '='), decoded, out int length);
        if (isDecoded)
            member.Attributes.TryAdd(name, decoded[..length]);
        else
            member.Problems.Add($"its attribute {Snapstore.Text.PrintablePath.Of(NameBytes(name))} cannot be read and is not captured");
    }

    private static byte[] Unescape(string name)
    {
        List<byte> bytes = [];
        for (int i = 0; i < name.Length; i++)
        {
            bool isEscape = name[i] == '%' && i + 2 < name.Length && char.IsAsciiHexDigit(name[i + 1]) && char.IsAsciiHexDigit(name[i + 2]);
            bytes.Add(isEscape ? Convert.FromHexString(name.AsSpan(i + 1, 2))[0] : (byte)name[i]);
            i += isEscape ? 2 : 0;
        }

        return [.. bytes];
    }

    private Int128 ToNumber(string key, byte[] value) =>
        Int128.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out Int128 number) ? number : throw Wrong(key);

    private long ToLong(string key, byte[] value) =>
        ToNumber(key, value) is var number && number >= 0 && number <= long.MaxValue ? (long)number : throw Wrong(key);

    private uint ToDevice(string key, byte[] value) =>
        ToNumber(key, value) is var number && number >= 0 && number <= uint.MaxValue ? (uint)number : throw Wrong(key);

    private SourceException Wrong(string key) => input.Damaged($"an extended header with a {key} that is none");
}
