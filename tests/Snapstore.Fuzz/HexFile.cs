namespace Snapstore.Fuzz;

/// <summary>Inputs as text: bytes in hexadecimal, '#' begins a remark.</summary>
internal static class HexFile
{
    private const int BytesPerLine = 32;

    /// <summary>Where inputs are kept that failed once, by target: tests give them to it again.</summary>
    public static string RegressionFolder => Tests.Checkout.PathOf("tests", "Snapstore.Fuzz", "regressions");

    /// <summary>The bytes of a file.</summary>
    public static byte[] Read(string path) => Convert.FromHexString(
        string.Concat(File.ReadLines(path).SelectMany(line => line.Split('#')[0].Where(char.IsAsciiHexDigit))));

    /// <summary>Writes an input and, before it, what it is.</summary>
    public static void Write(string path, string remark, byte[] input)
    {
        IEnumerable<string> remarks = remark.Split('\n').Select(line => $"# {line.TrimEnd()}");
        IEnumerable<string> lines = input.Chunk(BytesPerLine).Select(Convert.ToHexStringLower);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllLines(path, [.. remarks, .. lines]);
    }
}
