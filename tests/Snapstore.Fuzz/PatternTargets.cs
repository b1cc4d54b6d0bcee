using Snapstore.Sources;
using Snapstore.Tests.Formats;

namespace Snapstore.Fuzz;

/// <summary>Exclude patterns: parsed, and matched against paths that stand in the same input.</summary>
internal static class PatternTargets
{
    private const int PathSizeMax = 4096;

    private static readonly byte[][] Symbols =
        TextTargets.Words("*", "**", "/", "?", "[a-z]", "[!", "]", "\\", "!", "-", "\n", "\xe9", "[:alpha:]", "/**/", "a", "\u20ac", "#");

    private static readonly byte[][] Paths = TextTargets.Words("/a", "/home/ana/a.tmp", "/a/b/c/d", "/\u20ac/\xe9", "/a/a/a/a/a/a/a/b");

    /// <summary>The targets.</summary>
    public static IEnumerable<FuzzTarget> All =>
    [
        new("pattern", "PatternParser.Parse, PathPattern and NameGlob", StartOfPattern, GivePattern) { Words = Symbols },
        new("pattern-file", "ExcludeRules.ParseFile", StartOfFile, GiveFile) { Words = Symbols },
    ];

    private static IEnumerable<byte[]> StartOfPattern(SeededValues values) =>
    [
        .. TextTargets.Words("*.tmp\n/a.tmp", "/home/*/cache/\n/home/ana/cache", "**/a/**/b\n/a/a/b", "![a-c!\\]]?x\n/bax", "/a/**\n/a/b"),
        [.. values.Name(), (byte)'\n', (byte)'/', .. values.Name()],
    ];

    // The first line is the pattern, what follows a path.
    private static string? GivePattern(byte[] input)
    {
        int end = input.AsSpan().IndexOf((byte)'\n');
        ReadOnlySpan<byte> text = input.AsSpan(0, end < 0 ? input.Length : end);
        PathPattern pattern = PatternParser.Parse(text);
        ExcludeRules rules = ExcludeRules.Parse([text.ToArray()]);
        byte[] path = end < 0 ? "/x"u8.ToArray() : ToPath(input.AsSpan(end + 1));
        return Paths.Append(path).Select(any => Disagreement(pattern, rules, any)).FirstOrDefault(static problem => problem is not null);
    }

    private static string? Disagreement(PathPattern pattern, ExcludeRules rules, byte[] path)
    {
        foreach (bool isDirectory in (bool[])[false, true])
        {
            bool matches = pattern.Matches(path, isDirectory);
            if (rules.IsExcluded(path, isDirectory) != (matches && !pattern.IsNegated))
                return $"rules of this pattern alone do not agree with it about {Convert.ToHexStringLower(path)}";
            if (matches && !pattern.MayMatchBelow(path.AsSpan(0, path.AsSpan().LastIndexOf((byte)'/'))))
                return $"{Convert.ToHexStringLower(path)} matches, and nothing may match in its directory";
        }

        return null;
    }

    private static IEnumerable<byte[]> StartOfFile(SeededValues values) =>
        [.. TextTargets.Words("# comment\n*.tmp\r\n/a/b \n\n!keep\\ \n", "\ufeff*.o\n**/x\n"), [.. "a\n"u8, .. values.Name(), (byte)'\n']];

    private static string? GiveFile(byte[] input)
    {
        ExcludeRules rules = ExcludeRules.ParseFile(input);
        foreach (byte[] path in Paths)
            _ = rules.IsExcluded(path, isDirectory: false);
        return PatternParser.Lines(input).Count == rules.Patterns.Count ? null : "has lost a line";
    }

    // Absolute, without empty parts and zero bytes: what a walk gives.
    private static byte[] ToPath(ReadOnlySpan<byte> bytes)
    {
        List<byte> path = [(byte)'/'];
        foreach (byte value in bytes[..Math.Min(bytes.Length, PathSizeMax)])
        {
            if (value != 0 && (value != (byte)'/' || path[^1] != (byte)'/'))
                path.Add(value);
        }

        if (path[^1] == (byte)'/')
            path.Add((byte)'x');
        return [.. path];
    }
}
