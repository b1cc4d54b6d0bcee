using System.Globalization;
using System.Text;

namespace Snapstore.Tests.Sources.Split;

/// <summary>An archive made by hand, member by member, right or wrong.</summary>
internal sealed class TarArchive
{
    private readonly List<byte> _bytes = [];

    /// <summary>The archive with its end.</summary>
    public byte[] Bytes => [.. _bytes, .. new byte[1024]];

    /// <summary>The archive without its end.</summary>
    public byte[] WithoutEnd => [.. _bytes];

    /// <summary>Adds a member.</summary>
    public TarArchive Add(string name, char type = '0', string content = "", string link = "", Action<byte[]>? change = null)
    {
        byte[] body = Encoding.UTF8.GetBytes(content);
        byte[] header = new byte[512];
        Encoding.UTF8.GetBytes(name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000644\00000000\00000000\0").CopyTo(header, 100);
        Encoding.ASCII.GetBytes(Convert.ToString(body.Length, 8).PadLeft(11, '0')).CopyTo(header, 124);
        Encoding.ASCII.GetBytes("07346545000").CopyTo(header, 136);
        header[156] = (byte)type;
        Encoding.UTF8.GetBytes(link).CopyTo(header, 157);
        Encoding.ASCII.GetBytes("ustar\000").CopyTo(header, 257);
        change?.Invoke(header);
        Seal(header);
        _bytes.AddRange(header);
        _bytes.AddRange(body);
        _bytes.AddRange(new byte[(512 - (body.Length % 512)) % 512]);
        return this;
    }

    /// <summary>Adds an extended header of these records for what comes next.</summary>
    public TarArchive Extended(params (string Key, string Value)[] records) => Add("pax", 'x', string.Concat(records.Select(Record)));

    /// <summary>Writes the checksum.</summary>
    public static void Seal(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = header.Sum(b => b);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
    }

    private static string Record((string Key, string Value) record)
    {
        int rest = Encoding.UTF8.GetByteCount(record.Key) + Encoding.UTF8.GetByteCount(record.Value) + 3;
        int length = rest + 1;
        while (length != rest + length.ToString(CultureInfo.InvariantCulture).Length)
            length++;
        return $"{length} {record.Key}={record.Value}\n";
    }
}
