using System.Globalization;
using System.Text;
using Snapstore.Hashing;

namespace Snapstore.Databases;

/// <summary>Names of database objects as names of files: readable, and never the same for two objects (spec/databases/README.md).</summary>
/// <remarks>
/// `%`, `/`, control characters and a leading `.` become `%XX`, an unpaired surrogate `%uXXXX`, an empty name `%`. What is too
/// long keeps its beginning and ends in `%-` and 32 hexadecimal digits of its hash: no escape begins so.
/// </remarks>
public static class FileNames
{
    // Room for a suffix such as ".definition.sql" below the 255 bytes that file systems allow.
    private const int SizeMax = 200;

    private const int HashDigits = 32;

    /// <summary>The file name of an object's name.</summary>
    /// <param name="name">The name as the engine has it, unquoted.</param>
    /// <returns>1 to 200 bytes of UTF-8.</returns>
    public static string Of(string name)
    {
        StringBuilder escaped = new();
        for (int at = 0; at < name.Length; at++)
        {
            if (char.IsHighSurrogate(name[at]) && at + 1 < name.Length && char.IsLowSurrogate(name[at + 1]))
                escaped.Append(name[at]).Append(name[++at]);
            else
                Append(escaped, name[at], isFirst: at == 0);
        }

        string all = name.Length == 0 ? "%" : escaped.ToString();
        return Encoding.UTF8.GetByteCount(all) <= SizeMax ? all : Shorten(all);
    }

    /// <summary>The path of an object's file: `folder/SCHEMA/NAME.suffix`; without the middle where there is no schema.</summary>
    public static string PathOf(string folder, string schema, string name, string suffix) =>
        schema.Length == 0 ? $"{folder}/{Of(name)}{suffix}" : $"{folder}/{Of(schema)}/{Of(name)}{suffix}";

    private static void Append(StringBuilder escaped, char c, bool isFirst)
    {
        if (char.IsSurrogate(c))
            escaped.Append(CultureInfo.InvariantCulture, $"%u{(int)c:X4}");
        else if (c is '%' or '/' or < ' ' or '\x7f' || (c == '.' && isFirst))
            escaped.Append(CultureInfo.InvariantCulture, $"%{(int)c:X2}");
        else
            escaped.Append(c);
    }

    private static string Shorten(string escaped)
    {
        byte[] hash = new byte[32];
        Blake3.Hash(Encoding.UTF8.GetBytes(escaped), hash);
        int size = SizeMax - HashDigits - 2;
        int length = 0;
        foreach (Rune rune in escaped.EnumerateRunes())
        {
            size -= rune.Utf8SequenceLength;
            if (size < 0)
                break;
            length += rune.Utf16SequenceLength;
        }

        // An escape is not cut in two: what is left of one goes.
        int percent = escaped.LastIndexOf('%', Math.Max(0, length - 1));
        if (percent >= 0 && length - percent < (escaped[percent + 1] == 'u' ? 6 : 3))
            length = percent;
        return $"{escaped[..length]}%-{Convert.ToHexStringLower(hash)[..HashDigits]}";
    }
}
