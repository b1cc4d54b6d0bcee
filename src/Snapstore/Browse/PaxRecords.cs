using System.Buffers;
using System.Globalization;
using System.Text;
using Snapstore.Formats;

namespace Snapstore.Browse;

/// <summary>The records of one PAX extended header (POSIX.1-2017, pax): "LENGTH KEY=VALUE\n", the length counting itself.</summary>
internal sealed class PaxRecords
{
    private readonly ArrayBufferWriter<byte> _bytes = new();

    /// <summary>The records so far.</summary>
    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Clear() => _bytes.ResetWrittenCount();

    public void Add(string key, ReadOnlySpan<byte> value) => Add(Encoding.UTF8.GetBytes(key), value);

    public void Add(string key, long value) => Add(key, Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture)));

    /// <summary>A time as a decimal fraction; before 1970 the fraction counts down from the second above.</summary>
    public void Add(string key, EntryTime time)
    {
        bool isNegative = time.Seconds < 0;
        bool isFraction = isNegative && time.Nanoseconds > 0;
        UInt128 seconds = isNegative ? (UInt128)(-((Int128)time.Seconds + (isFraction ? 1 : 0))) : (UInt128)time.Seconds;
        int nanoseconds = isFraction ? 1_000_000_000 - time.Nanoseconds : time.Nanoseconds;
        string text = string.Create(CultureInfo.InvariantCulture, $"{(isNegative ? "-" : "")}{seconds}");
        if (nanoseconds > 0)
            text += "." + nanoseconds.ToString("d9", CultureInfo.InvariantCulture).TrimEnd('0');
        Add(key, Encoding.ASCII.GetBytes(text));
    }

    /// <summary>An extended attribute as GNU tar and star write it; '=' would end the key, so it is escaped as GNU tar does.</summary>
    public void Add(in ExtendedAttribute attribute)
    {
        List<byte> key = [.. "SCHILY.xattr."u8];
        foreach (byte b in attribute.Name)
        {
            if (b is (byte)'=' or (byte)'%')
                key.AddRange(b == (byte)'=' ? "%3D"u8 : "%25"u8);
            else
                key.Add(b);
        }

        Add(key.ToArray(), attribute.Value);
    }

    private void Add(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        int rest = key.Length + value.Length + 3; // space, '=', newline
        int length = rest + Digits(rest);
        if (Digits(length) != Digits(rest))
            length = rest + Digits(length);
        _bytes.Write(Encoding.ASCII.GetBytes(length.ToString(CultureInfo.InvariantCulture)));
        _bytes.Write(" "u8);
        _bytes.Write(key);
        _bytes.Write("="u8);
        _bytes.Write(value);
        _bytes.Write("\n"u8);
    }

    private static int Digits(int number) => number.ToString(CultureInfo.InvariantCulture).Length;
}
