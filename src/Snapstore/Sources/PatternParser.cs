using System.Text;

namespace Snapstore.Sources;

/// <summary>Text of a pattern to its compiled form (spec/patterns.md).</summary>
internal static class PatternParser
{
    private const byte Separator = (byte)'/';
    private const byte Escape = (byte)'\\';

    private static ReadOnlySpan<byte> ByteOrderMark => [0xEF, 0xBB, 0xBF];

    /// <summary>Compiles one pattern.</summary>
    /// <exception cref="UsageException">It is none; the message names it.</exception>
    public static PathPattern Parse(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> rest = text;
        bool isNegated = rest.StartsWith("!"u8);
        if (isNegated)
            rest = rest[1..];
        bool isAnchored = rest.StartsWith("/"u8);
        bool isDirectoryOnly = rest.EndsWith("/"u8);
        List<NameGlob?> components = [];
        foreach (Range part in rest.Split(Separator))
        {
            if (rest[part].IsEmpty)
                continue;
            NameGlob? component = rest[part].SequenceEqual("**"u8) ? null : ParseName(rest[part], text);
            if (component is not null || components.Count == 0 || components[^1] is not null)
                components.Add(component);
        }

        if (components.Count == 0)
            throw Bad(text, "it names nothing");
        return Make(components, isAnchored, isDirectoryOnly, isNegated);
    }

    /// <summary>The patterns of a file: one a line, '#' for comments, blank lines and spaces at the end left out.</summary>
    public static List<byte[]> Lines(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith(ByteOrderMark))
            content = content[ByteOrderMark.Length..];
        List<byte[]> lines = [];
        foreach (Range range in content.Split((byte)'\n'))
        {
            ReadOnlySpan<byte> line = content[range];
            if (line.EndsWith("\r"u8))
                line = line[..^1];
            line = TrimEnd(line);
            if (!line.IsEmpty && line[0] != (byte)'#')
                lines.Add(line.ToArray());
        }

        return lines;
    }

    private static PathPattern Make(List<NameGlob?> components, bool isAnchored, bool isDirectoryOnly, bool isNegated)
    {
        // A ** at the end means what is inside: at least one name. One at the front means any depth.
        if (components[^1] is null)
            components.Add(NameGlob.Any);
        if (components[0] is null)
        {
            components.RemoveAt(0);
            isAnchored = false;
        }

        return new PathPattern([.. components], isAnchored, isDirectoryOnly, isNegated);
    }

    private static NameGlob ParseName(ReadOnlySpan<byte> name, ReadOnlySpan<byte> pattern)
    {
        if (name.Contains((byte)0))
            throw Bad(pattern, "no path has a zero byte");
        if (name.SequenceEqual("."u8) || name.SequenceEqual(".."u8))
            throw Bad(pattern, "'.' and '..' never match; write the path without them");
        List<GlobToken> tokens = [];
        for (int at = 0; at < name.Length;)
            at += ParseToken(name[at..], pattern, tokens);
        return NameGlob.Of(tokens);
    }

    private static int ParseToken(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> pattern, List<GlobToken> tokens)
    {
        switch (rest[0])
        {
            case (byte)'*':
                if (tokens.Count == 0 || tokens[^1].Kind != GlobTokenKind.AnyRun)
                    tokens.Add(new GlobToken(GlobTokenKind.AnyRun));
                return 1;
            case (byte)'?':
                tokens.Add(new GlobToken(GlobTokenKind.AnyCharacter));
                return 1;
            case (byte)'[':
                tokens.Add(ParseSet(rest, pattern, out int length));
                return length;
            case Escape when rest.Length == 1:
                throw Bad(pattern, "the '\\' at the end escapes nothing");
            case Escape:
                tokens.Add(new GlobToken(GlobTokenKind.Byte, rest[1]));
                return 2;
            default:
                tokens.Add(new GlobToken(GlobTokenKind.Byte, rest[0]));
                return 1;
        }
    }

    private static GlobToken ParseSet(ReadOnlySpan<byte> rest, ReadOnlySpan<byte> pattern, out int length)
    {
        int at = 1;
        bool isNegated = at < rest.Length && rest[at] is (byte)'!' or (byte)'^';
        if (isNegated)
            at++;
        List<CharacterRange> ranges = [];
        while (at < rest.Length && (rest[at] != (byte)']' || ranges.Count == 0))
        {
            if (rest[at..].StartsWith("[:"u8))
                throw Bad(pattern, "named classes such as [:alpha:] are not known; write the range, [a-z]");
            int first = SetMember(rest, ref at, pattern);
            bool isRange = at + 1 < rest.Length && rest[at] == (byte)'-' && rest[at + 1] != (byte)']';
            if (isRange)
                at++;
            int last = isRange ? SetMember(rest, ref at, pattern) : first;
            if (last < first)
                throw Bad(pattern, "a range in its '[...]' ends before it begins");
            ranges.Add(new CharacterRange(first, last));
        }

        if (at >= rest.Length)
            throw Bad(pattern, "its '[' has no ']' in the same name; write '\\[' for the character itself");
        length = at + 1;
        return new GlobToken(GlobTokenKind.Set, Ranges: [.. ranges], IsNegated: isNegated);
    }

    private static int SetMember(ReadOnlySpan<byte> rest, ref int at, ReadOnlySpan<byte> pattern)
    {
        if (rest[at] == Escape && ++at == rest.Length)
            throw Bad(pattern, "the '\\' at the end escapes nothing");
        at += GlobToken.Decode(rest[at..], out int character);
        return character;
    }

    // A space at the end of a line is there by accident, unless a '\' stands before it.
    private static ReadOnlySpan<byte> TrimEnd(ReadOnlySpan<byte> line)
    {
        while (line.EndsWith(" "u8) || line.EndsWith("\t"u8))
        {
            int escapes = line.Length - 1 - (line[..^1].LastIndexOfAnyExcept(Escape) + 1);
            if (escapes % 2 != 0)
                break;
            line = line[..^1];
        }

        return line;
    }

    private static UsageException Bad(ReadOnlySpan<byte> pattern, string reason) =>
        new($"bad pattern '{Encoding.UTF8.GetString(pattern)}': {reason}");
}
