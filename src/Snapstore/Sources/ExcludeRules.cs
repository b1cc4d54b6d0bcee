namespace Snapstore.Sources;

/// <summary>What of a tree to leave out.</summary>
public sealed class ExcludeRules
{
    /// <summary>Leaves nothing out.</summary>
    public static ExcludeRules None { get; } = new();

    /// <summary>The patterns as text, for the manifest.</summary>
    public IReadOnlyList<string> Patterns { get; init; } = [];

    /// <summary>Bytes above which a file is left out.</summary>
    public long LargerThan { get; init; } = long.MaxValue;

    /// <summary>Names whose presence leaves out what else is in their directory, each with the bytes it must begin with.</summary>
    public IReadOnlyList<(byte[] Name, byte[] Header)> IfPresent { get; init; } = [];

    /// <summary>True where the path is left out.</summary>
    public bool IsExcluded(ReadOnlySpan<byte> absolutePath, bool isDirectory) => Patterns.Count > 0 && absolutePath.IsEmpty && isDirectory;
}
