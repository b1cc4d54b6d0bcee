using System.Text;

namespace Snapstore.Sources;

/// <summary>One component of a pattern, compiled: matches one name, raw bytes (spec/patterns.md).</summary>
/// <remarks>
/// Common shapes (a plain name, <c>*.ext</c>, <c>name*</c>) are one comparison; the rest is a list of tokens and a
/// matcher that goes back to the last <c>*</c> only, so time is at most name length times pattern length.
/// A character is one UTF-8 sequence, or one byte that is not part of any.
/// </remarks>
internal sealed class NameGlob
{
    private readonly Shape _shape;
    private readonly byte[] _text;
    private readonly GlobToken[] _tokens;

    private NameGlob(Shape shape, byte[] text, GlobToken[] tokens)
    {
        _shape = shape;
        _text = text;
        _tokens = tokens;
    }

    private enum Shape
    {
        Any = 1,
        Literal = 2,
        Prefix = 3,
        Suffix = 4,
        General = 5,
    }

    /// <summary>Matches every name.</summary>
    public static NameGlob Any { get; } = new(Shape.Any, [], []);

    /// <summary>The name that alone it matches; null where it has wildcards.</summary>
    public byte[]? Literal => _shape == Shape.Literal ? _text : null;

    /// <summary>A glob of these tokens.</summary>
    public static NameGlob Of(List<GlobToken> tokens)
    {
        byte[] text = [.. tokens.Where(t => t.Kind == GlobTokenKind.Byte).Select(t => t.Value)];
        int runs = tokens.Count(t => t.Kind == GlobTokenKind.AnyRun);
        bool isSimple = runs + text.Length == tokens.Count;
        return (isSimple, runs) switch
        {
            (true, 0) => new NameGlob(Shape.Literal, text, []),
            (true, 1) when text.Length == 0 => Any,
            (true, 1) when tokens[^1].Kind == GlobTokenKind.AnyRun => new NameGlob(Shape.Prefix, text, []),
            // A text that begins inside a UTF-8 sequence must not match the end of a longer one.
            (true, 1) when tokens[0].Kind == GlobTokenKind.AnyRun && (text[0] & 0xC0) != 0x80 => new NameGlob(Shape.Suffix, text, []),
            _ => new NameGlob(Shape.General, [], [.. tokens]),
        };
    }

    /// <summary>True where the whole name matches.</summary>
    public bool Matches(ReadOnlySpan<byte> name) => _shape switch
    {
        Shape.Literal => name.SequenceEqual(_text),
        Shape.Suffix => name.EndsWith(_text),
        Shape.Prefix => name.StartsWith(_text),
        Shape.Any => true,
        _ => MatchesTokens(name),
    };

    private bool MatchesTokens(ReadOnlySpan<byte> name)
    {
        int at = 0, token = 0;
        int runToken = -1, runEnd = 0;
        while (at < name.Length || token < _tokens.Length)
        {
            if (token < _tokens.Length && _tokens[token].Kind == GlobTokenKind.AnyRun)
            {
                (runToken, runEnd) = (token++, at);
                continue;
            }

            int taken = token < _tokens.Length ? _tokens[token].Take(name[at..]) : 0;
            if (taken > 0)
            {
                at += taken;
                token++;
                continue;
            }

            // The last run takes one character more; none left to take is the end.
            if (runToken < 0 || runEnd >= name.Length)
                return false;
            runEnd += GlobToken.CharacterLength(name[runEnd..]);
            (at, token) = (runEnd, runToken + 1);
        }

        return true;
    }
}

/// <summary>What a token of a pattern takes of a name.</summary>
internal enum GlobTokenKind
{
    /// <summary>One byte.</summary>
    Byte = 1,

    /// <summary>Any one character: <c>?</c>.</summary>
    AnyCharacter = 2,

    /// <summary>Any characters, or none: <c>*</c>.</summary>
    AnyRun = 3,

    /// <summary>One character of a set: <c>[a-z]</c>.</summary>
    Set = 4,
}

/// <summary>A run of code points, both ends included.</summary>
internal readonly record struct CharacterRange(int First, int Last);

/// <summary>One token of a pattern.</summary>
internal readonly record struct GlobToken(GlobTokenKind Kind, byte Value = 0, CharacterRange[]? Ranges = null, bool IsNegated = false)
{
    // Bytes outside every UTF-8 sequence count as characters behind the last code point.
    private const int InvalidByteBase = 0x110000;

    /// <summary>Bytes that it takes from the front of a name; 0 where it does not match.</summary>
    public int Take(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : Kind switch
    {
        GlobTokenKind.Byte => name[0] == Value ? 1 : 0,
        GlobTokenKind.AnyCharacter => CharacterLength(name),
        _ => TakeOfSet(name),
    };

    /// <summary>Bytes of the first character of a name.</summary>
    public static int CharacterLength(ReadOnlySpan<byte> name) => Decode(name, out _);

    /// <summary>The first character of a name and the bytes it takes.</summary>
    public static int Decode(ReadOnlySpan<byte> name, out int character)
    {
        character = name[0];
        if (character < 0x80)
            return 1;
        if (Rune.DecodeFromUtf8(name, out Rune rune, out int length) == System.Buffers.OperationStatus.Done)
        {
            character = rune.Value;
            return length;
        }

        character += InvalidByteBase;
        return 1;
    }

    private int TakeOfSet(ReadOnlySpan<byte> name)
    {
        int length = Decode(name, out int character);
        bool isMember = false;
        foreach (CharacterRange range in Ranges!)
            isMember |= character >= range.First && character <= range.Last;
        return isMember != IsNegated ? length : 0;
    }
}
