using System.Globalization;
using System.Text;
using System.Text.Json;
using Snapstore.Text;

namespace Snapstore.Cli;

/// <summary>Text and names that come from a repository or a file system, made safe to print.</summary>
internal static class Escaped
{
    /// <summary>Text with control characters as \xNN.</summary>
    public static string Text(string text) => PrintablePath.Of(Encoding.UTF8.GetBytes(text));

    /// <summary>One control character.</summary>
    public static string Of(char c) => string.Create(CultureInfo.InvariantCulture, $"\\x{(int)c:x2}");

    /// <summary>A path as a JSON string; where it is not UTF-8, also its exact bytes, as NAME_base64.</summary>
    public static void WritePath(this Utf8JsonWriter json, string name, ReadOnlySpan<byte> path)
    {
        json.WriteString(name, Encoding.UTF8.GetString(path));
        if (!System.Text.Unicode.Utf8.IsValid(path))
            json.WriteBase64String(name + "_base64", path);
    }

    /// <summary>Texts as an array.</summary>
    public static void WriteTexts(this Utf8JsonWriter json, string name, IEnumerable<string> texts)
    {
        json.WriteStartArray(name);
        foreach (string text in texts)
            json.WriteStringValue(text);
        json.WriteEndArray();
    }

    /// <summary>Paths as an array; where one is not UTF-8, also all their exact bytes, as NAME_base64.</summary>
    public static void WritePaths(this Utf8JsonWriter json, string name, IReadOnlyList<byte[]> paths)
    {
        json.WriteTexts(name, paths.Select(Encoding.UTF8.GetString));
        if (paths.All(path => System.Text.Unicode.Utf8.IsValid(path)))
            return;
        json.WriteStartArray(name + "_base64");
        foreach (byte[] path in paths)
            json.WriteBase64StringValue(path);
        json.WriteEndArray();
    }

    /// <summary>A time, UTC, ISO 8601 with nanoseconds.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, long nanoseconds)
    {
        string text = UnixTime.FromNanoseconds(nanoseconds).UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", CultureInfo.InvariantCulture);
        json.WriteString(name, $"{text}{(((nanoseconds % 100) + 100) % 100):00}Z");
    }
}
