using System.Text;

namespace Snapstore.Tests.Hashing;

/// <summary>One line of spec/vectors/blake3.txt.</summary>
internal sealed record Blake3Vector(int Length, byte[] Hash, byte[] KeyedHash, byte[] DerivedKey);

/// <summary>The vectors that tools/new-blake3-vectors wrote with an independent program.</summary>
internal static class Blake3Vectors
{
    private static readonly string[] Lines =
        [.. File.ReadLines(FindFile()).Where(line => !line.StartsWith('#'))];

    public static byte[] Key => Encoding.ASCII.GetBytes(Value("key "));

    public static string Context => Value("context ");

    public static IReadOnlyList<Blake3Vector> All { get; } =
        [.. Lines.Where(line => char.IsAsciiDigit(line[0])).Select(Parse)];

    /// <summary>The input of the vectors: byte i is i % 251.</summary>
    public static byte[] Input(int length)
    {
        byte[] input = new byte[length];
        for (int index = 0; index < length; index++)
            input[index] = (byte)(index % 251);
        return input;
    }

    private static string Value(string name) =>
        Lines.Single(line => line.StartsWith(name, StringComparison.Ordinal))[name.Length..];

    private static Blake3Vector Parse(string line)
    {
        string[] fields = line.Split(' ');
        return new Blake3Vector(int.Parse(fields[0], System.Globalization.CultureInfo.InvariantCulture),
            Convert.FromHexString(fields[1]), Convert.FromHexString(fields[2]), Convert.FromHexString(fields[3]));
    }

    // The tests run from a build directory somewhere below the project's root.
    private static string FindFile()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder != null; folder = folder.Parent)
        {
            string path = Path.Combine(folder.FullName, "spec", "vectors", "blake3.txt");
            if (File.Exists(path))
                return path;
        }
        throw new FileNotFoundException("spec/vectors/blake3.txt");
    }
}
