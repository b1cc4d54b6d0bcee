using System.Globalization;
using Snapstore.Tests;

namespace Snapstore.Simulation.Model;

/// <summary>The tables of spec/protocols/garbage-model.md: rows that begin with a name in backquotes.</summary>
internal static class ModelPage
{
    private static readonly List<string[]> Rows =
        [.. SpecFiles.Lines("protocols/garbage-model.md").Where(line => line.StartsWith("| `", StringComparison.Ordinal)).Select(Cells)];

    /// <summary>How many states the page says a configuration has.</summary>
    public static int StatesOf(string configuration) => Number(RowOf(configuration)[1]);

    /// <summary>The configuration in which the page says a rule is missed, and after how many steps.</summary>
    public static (string Configuration, int Steps) CounterexampleOf(string rule)
    {
        string[] row = RowOf(rule);
        return (row[1], Number(row[2]));
    }

    private static string[] RowOf(string name) => Assert.Single(Rows, row => row[0] == name);

    private static string[] Cells(string line) => [.. line.Trim('|').Split('|').Select(Unquoted)];

    // A remark may stand behind what is quoted.
    private static string Unquoted(string cell) =>
        cell.Trim() is ['`', .. string quoted] ? quoted[..quoted.IndexOf('`', StringComparison.Ordinal)] : cell.Trim();

    private static int Number(string text) => int.Parse(text, NumberStyles.AllowThousands, CultureInfo.InvariantCulture);
}
