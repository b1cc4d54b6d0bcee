using System.Text;

namespace Snapstore.Sources.Split;

/// <summary>The list of the parts of a dump: one behind the other they are the dump (spec/split.md).</summary>
public static class PartOrder
{
    /// <summary>The file's name, at the top of the parts.</summary>
    public const string FileName = ".pg_dump-order";

    private const string FirstLine = "snapstore parts 1";

    /// <summary>The parts' paths from where the list stands; null where the bytes are no such list.</summary>
    public static IReadOnlyList<string>? Decode(ReadOnlySpan<byte> bytes)
    {
        string[] lines = Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines.Length > 0 && lines[0] == FirstLine ? lines[1..] : null;
    }

    internal static byte[] Encode(string paths) => Encoding.UTF8.GetBytes($"{FirstLine}\n{paths}");
}
