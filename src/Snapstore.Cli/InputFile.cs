using System.Text;

namespace Snapstore.Cli;

/// <summary>Files that options name: lists and patterns.</summary>
internal static class InputFile
{
    private const int SizeMax = 256 << 20;

    /// <summary>What stands for standard input.</summary>
    public const string StandardInput = "-";

    /// <summary>The whole content.</summary>
    /// <exception cref="UsageException">It cannot be read.</exception>
    public static byte[] Read(string path)
    {
        try
        {
            using Stream input = path == StandardInput ? Snapstore.Cli.StandardInput.Open() : File.OpenRead(path);
            using MemoryStream content = new();
            input.CopyTo(content);
            return content.Length <= SizeMax ? content.ToArray() : throw new UsageException($"{Escaped.Text(path)} is longer than {Quantity.Bytes(SizeMax)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new UsageException($"{Escaped.Text(path)} cannot be read: {e.Message}");
        }
    }

    /// <summary>The parts between separators, raw; empty ones are passed over.</summary>
    public static List<byte[]> Split(byte[] content, byte separator)
    {
        List<byte[]> parts = [];
        foreach (Range part in content.AsSpan().Split(separator))
        {
            if (!content.AsSpan(part).IsEmpty)
                parts.Add(content[part]);
        }

        return parts;
    }

    /// <summary>Text of bytes that must be UTF-8.</summary>
    /// <exception cref="UsageException">They are not.</exception>
    public static string RequireText(string argument, string what)
    {
        byte[] bytes = RawText.ToBytes(argument);
        return System.Text.Unicode.Utf8.IsValid(bytes)
            ? Encoding.UTF8.GetString(bytes)
            : throw new UsageException($"{what} is not UTF-8: {Snapstore.Text.PrintablePath.Of(bytes)}");
    }
}
