using System.Runtime.CompilerServices;

namespace Snapstore.Tests;

/// <summary>Pages of spec/ as the tests read them.</summary>
internal static class SpecFiles
{
    /// <summary>The lines of a page, by its path below spec/.</summary>
    public static string[] Lines(string page) => File.ReadAllLines(Path.Combine(SpecFolder(), page));

    /// <summary>The cells of the rows of the table below a heading, header rows left out.</summary>
    public static IEnumerable<string[]> TableRows(string page, string heading) => Lines(page)
        .SkipWhile(line => line != heading)
        .Skip(1)
        .TakeWhile(line => !line.StartsWith("## ", StringComparison.Ordinal))
        .Where(line => line.StartsWith("| ", StringComparison.Ordinal))
        .Skip(2)
        .Select(line => line.Split('|')[1..^1].Select(cell => cell.Trim()).ToArray());

    private static string SpecFolder([CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "../../spec");
}
