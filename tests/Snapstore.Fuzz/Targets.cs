namespace Snapstore.Fuzz;

/// <summary>Every decoder that is fuzzed (spec/fuzzing.md).</summary>
internal static class Targets
{
    /// <summary>All of them, in the order in which the pages stand.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
        [.. RecordTargets.All, .. GarbageTargets.All, .. SealedTargets.All, .. PackTargets.All, .. TreeTargets.All, .. TextTargets.All, .. StreamTargets.All, .. DatabaseTargets.All];
}
