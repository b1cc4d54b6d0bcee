using System.Runtime.CompilerServices;

namespace Snapstore.Tests;

/// <summary>The files of this checkout, found from where the tests were compiled.</summary>
internal static class Checkout
{
    public static string Root { get; } = FindRoot();

    /// <summary>A path below the root, made of its parts.</summary>
    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    private static string FindRoot([CallerFilePath] string self = "") =>
        Path.GetFullPath(Path.Combine(Path.GetDirectoryName(self)!, "..", ".."));
}
