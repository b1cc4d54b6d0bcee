namespace Snapstore.Sources;

/// <summary>One pattern, compiled: matches absolute paths of raw bytes (spec/patterns.md).</summary>
/// <remarks>Components are compared from the last to the first, for a path that fails mostly fails at its name.
/// A null component is <c>**</c>: any number of components, also none. It never stands last, nor twice in a row.</remarks>
internal sealed class PathPattern
{
    private const byte Separator = (byte)'/';

    private readonly NameGlob?[] _components;
    private readonly bool _isAnchored;
    private readonly bool _isDirectoryOnly;

    public PathPattern(NameGlob?[] components, bool isAnchored, bool isDirectoryOnly, bool isNegated)
    {
        _components = components;
        _isAnchored = isAnchored;
        _isDirectoryOnly = isDirectoryOnly;
        IsNegated = isNegated;
    }

    /// <summary>True for a pattern that takes back what earlier ones match.</summary>
    public bool IsNegated { get; }

    /// <summary>True where the last name alone decides.</summary>
    public bool IsByNameOnly => !_isAnchored && _components.Length == 1;

    /// <summary>The one name that a path it matches must end with; null where there are more.</summary>
    public byte[]? LastName => _components[^1]!.Literal;

    /// <summary>True where this path itself, not one below or above, matches.</summary>
    public bool Matches(ReadOnlySpan<byte> path, bool isDirectory)
    {
        if (_isDirectoryOnly && !isDirectory)
            return false;
        int component = _components.Length - 1;
        int spanComponent = -1;
        ReadOnlySpan<byte> rest = path, spanRest = default;
        while (component >= 0 || (_isAnchored && !rest.IsEmpty))
        {
            if (component >= 0 && _components[component] is null)
            {
                spanComponent = component--;
                spanRest = rest;
                continue;
            }

            if (component >= 0 && !rest.IsEmpty && _components[component]!.Matches(TakeLast(ref rest)))
            {
                component--;
                continue;
            }

            // The last ** takes one component more.
            if (spanComponent < 0 || spanRest.IsEmpty)
                return false;
            _ = TakeLast(ref spanRest);
            component = spanComponent - 1;
            rest = spanRest;
        }

        return true;
    }

    /// <summary>True where something below this directory might match, its name and more names appended.</summary>
    public bool MayMatchBelow(ReadOnlySpan<byte> directory)
    {
        if (!_isAnchored)
            return true;
        foreach (NameGlob? component in _components)
        {
            if (component is null || directory.IsEmpty)
                return true;
            if (!component.Matches(TakeFirst(ref directory)))
                return false;
        }

        return false;
    }

    // "/a/b" gives "b" and leaves "/a".
    private static ReadOnlySpan<byte> TakeLast(ref ReadOnlySpan<byte> path)
    {
        int slash = path.LastIndexOf(Separator);
        ReadOnlySpan<byte> name = path[(slash + 1)..];
        path = path[..Math.Max(0, slash)];
        return name;
    }

    // "/a/b" gives "a" and leaves "/b".
    private static ReadOnlySpan<byte> TakeFirst(ref ReadOnlySpan<byte> path)
    {
        path = path[1..];
        int slash = path.IndexOf(Separator);
        int length = slash < 0 ? path.Length : slash;
        ReadOnlySpan<byte> name = path[..length];
        path = path[length..];
        return name;
    }
}
