namespace Snapstore.Sources;

/// <summary>What of a tree to leave out.</summary>
public sealed class ExcludeRules
{
    /// <summary>Leaves nothing out.</summary>
    public static ExcludeRules None { get; } = new();
}
