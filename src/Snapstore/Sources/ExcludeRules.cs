using System.Text;

namespace Snapstore.Sources;

/// <summary>What of a tree to leave out, or, for a restore, to take: patterns over absolute paths of raw bytes
/// (spec/patterns.md), and two rules that only the walker can judge. Immutable; used by any number of threads.</summary>
/// <remarks>
/// The last pattern that matches decides. Patterns that end in a plain name are found through a table by that name,
/// so a list of hundreds costs a path no more than one look-up; only those with wildcards in the name are tried in turn.
/// </remarks>
public sealed class ExcludeRules
{
    private readonly PathPattern[] _patterns;

    // Numbers of patterns, the last first.
    private readonly int[] _tried;
    private readonly Dictionary<byte[], int[]>.AlternateLookup<ReadOnlySpan<byte>> _byLastName;

    private ExcludeRules(PathPattern[] patterns, IReadOnlyList<string> texts)
    {
        _patterns = patterns;
        Patterns = texts;
        _tried = [.. Enumerable.Range(0, patterns.Length).Where(i => patterns[i].LastName is null).Reverse()];
        Dictionary<byte[], int[]> byLastName = Enumerable.Range(0, patterns.Length)
            .Where(i => patterns[i].LastName is not null)
            .GroupBy(i => patterns[i].LastName!, NameComparer.Instance)
            .ToDictionary(group => group.Key, group => group.Reverse().ToArray(), NameComparer.Instance);
        _byLastName = byLastName.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Leaves nothing out.</summary>
    public static ExcludeRules None { get; } = new([], []);

    /// <summary>The patterns as they were written, in order.</summary>
    public IReadOnlyList<string> Patterns { get; }

    /// <summary>Directories that hold such a file are taken without their content; the walker looks.</summary>
    public IReadOnlyList<IfPresentRule> IfPresent { get; private init; } = [];

    /// <summary>Files of more bytes than this are left out. The walker looks.</summary>
    public long LargerThan { get; private init; } = long.MaxValue;

    /// <summary>True where no pattern and no other rule leaves anything out.</summary>
    public bool IsEmpty => _patterns.Length == 0 && IfPresent.Count == 0 && LargerThan == long.MaxValue;

    /// <summary>True where no pattern looks at more than a path's last name.</summary>
    internal bool IsByNameOnly => _patterns.All(pattern => pattern.IsByNameOnly);

    /// <summary>Rules of patterns as given on a command line.</summary>
    /// <exception cref="UsageException">One is not a pattern; the message names it.</exception>
    public static ExcludeRules Parse(IEnumerable<string> patterns) => Parse(patterns.Select(Encoding.UTF8.GetBytes));

    /// <summary>Rules of patterns that need not be UTF-8.</summary>
    /// <exception cref="UsageException">One is not a pattern; the message names it.</exception>
    public static ExcludeRules Parse(IEnumerable<byte[]> patterns)
    {
        byte[][] all = [.. patterns];
        return new ExcludeRules([.. all.Select(text => PatternParser.Parse(text))], [.. all.Select(Encoding.UTF8.GetString)]);
    }

    /// <summary>Rules of a pattern file: one pattern a line, '#' begins a comment, blank lines are skipped.</summary>
    /// <exception cref="UsageException">A line is not a pattern; the message names it.</exception>
    public static ExcludeRules ParseFile(ReadOnlySpan<byte> content) => Parse(PatternParser.Lines(content));

    /// <summary>These rules and, after them, others; where patterns of both match, the others' decide.</summary>
    public ExcludeRules Then(ExcludeRules others) => new([.. _patterns, .. others._patterns], [.. Patterns, .. others.Patterns])
    {
        IfPresent = [.. IfPresent, .. others.IfPresent],
        LargerThan = Math.Min(LargerThan, others.LargerThan),
    };

    /// <summary>The same patterns with these rules for the walker.</summary>
    public ExcludeRules With(IReadOnlyList<IfPresentRule> ifPresent, long largerThan = long.MaxValue) =>
        new(_patterns, Patterns) { IfPresent = ifPresent, LargerThan = largerThan };

    /// <summary>True where the path itself is to be left out. Whoever walks does not enter a directory that is, so
    /// nothing below it is asked for, and no pattern takes it back.</summary>
    /// <param name="absolutePath">Begins with '/', ends without; empty or "/" for the root, which is never left out.</param>
    /// <param name="isDirectory">True for a directory (a link to one is none).</param>
    public bool IsExcluded(ReadOnlySpan<byte> absolutePath, bool isDirectory) => Decide(absolutePath, isDirectory) == true;

    /// <summary>True where the path or a directory above it matches: what an include takes with all below it.</summary>
    /// <remarks>The nearest decides: in a directory that matches, <c>!name</c> leaves names out again.</remarks>
    public bool Matches(ReadOnlySpan<byte> absolutePath, bool isDirectory)
    {
        while (absolutePath.Length > 1)
        {
            if (Decide(absolutePath, isDirectory) is { } decision)
                return decision;
            absolutePath = absolutePath[..Math.Max(0, absolutePath.LastIndexOf((byte)'/'))];
            isDirectory = true;
        }

        return false;
    }

    /// <summary>True where something below this directory may match; false spares whoever walks from entering it.</summary>
    public bool MayMatchBelow(ReadOnlySpan<byte> directory)
    {
        if (directory.Length <= 1)
            return _patterns.Length > 0;
        foreach (PathPattern pattern in _patterns)
        {
            if (!pattern.IsNegated && pattern.MayMatchBelow(directory))
                return true;
        }

        return Matches(directory, isDirectory: true);
    }

    /// <summary>What the last matching pattern says; null where none matches.</summary>
    private bool? Decide(ReadOnlySpan<byte> path, bool isDirectory)
    {
        ReadOnlySpan<byte> name = path[(path.LastIndexOf((byte)'/') + 1)..];
        if (name.IsEmpty)
            return null;
        int last = _byLastName.TryGetValue(name, out int[]? named) ? FirstMatch(named, -1, path, isDirectory) : -1;
        last = FirstMatch(_tried, last, path, isDirectory);
        return last < 0 ? null : !_patterns[last].IsNegated;
    }

    // The first of these numbers, which fall, whose pattern matches; or the bound, once they are below it.
    private int FirstMatch(int[] numbers, int bound, ReadOnlySpan<byte> path, bool isDirectory)
    {
        foreach (int number in numbers)
        {
            if (number < bound)
                return bound;
            if (_patterns[number].Matches(path, isDirectory))
                return number;
        }

        return bound;
    }

    private sealed class NameComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public static NameComparer Instance { get; } = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            HashCode hash = default;
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
