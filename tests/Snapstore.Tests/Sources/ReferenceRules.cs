using System.Text;

namespace Snapstore.Tests.Sources;

/// <summary>Exclude rules as spec/patterns.md says them, one recursion a rule, no thought of speed. No escapes.</summary>
internal static class ReferenceRules
{
    public static bool IsExcluded(string[] patterns, string path, bool isDirectory) =>
        Decide(patterns, path, isDirectory) ?? false;

    public static bool Matches(string[] patterns, string path, bool isDirectory)
    {
        if (path.Length == 0)
            return false;
        return Decide(patterns, path, isDirectory) ?? Matches(patterns, path[..path.LastIndexOf('/')], isDirectory: true);
    }

    private static bool? Decide(string[] patterns, string path, bool isDirectory)
    {
        foreach (string pattern in patterns.Reverse())
        {
            if (MatchesOne(pattern.TrimStart('!'), path, isDirectory))
                return !pattern.StartsWith('!');
        }

        return null;
    }

    private static bool MatchesOne(string pattern, string path, bool isDirectory)
    {
        if (pattern.EndsWith('/') && !isDirectory)
            return false;
        List<string> parts = [.. pattern.Split('/', StringSplitOptions.RemoveEmptyEntries)];
        if (!pattern.StartsWith('/'))
            parts.Insert(0, "**");
        if (parts[^1] == "**")
            parts.Add("*");
        return Names([.. parts], [.. path.Split('/').Skip(1)]);
    }

    private static bool Names(ReadOnlySpan<string> parts, ReadOnlySpan<string> names)
    {
        if (parts.IsEmpty)
            return names.IsEmpty;
        if (parts[0] == "**")
            return Names(parts[1..], names) || (!names.IsEmpty && Names(parts, names[1..]));
        return !names.IsEmpty && Name([.. parts[0].EnumerateRunes()], [.. names[0].EnumerateRunes()]) && Names(parts[1..], names[1..]);
    }

    private static bool Name(ReadOnlySpan<Rune> pattern, ReadOnlySpan<Rune> name)
    {
        if (pattern.IsEmpty)
            return name.IsEmpty;
        if (pattern[0].Value == '*')
            return Name(pattern[1..], name) || (!name.IsEmpty && Name(pattern, name[1..]));
        if (name.IsEmpty)
            return false;
        if (pattern[0].Value != '[')
            return (pattern[0].Value == '?' || pattern[0] == name[0]) && Name(pattern[1..], name[1..]);
        bool isNegated = pattern[1].Value == '!';
        Rune member = pattern[isNegated ? 2 : 1];
        return (name[0] == member) != isNegated && Name(pattern[(isNegated ? 4 : 3)..], name[1..]);
    }
}
