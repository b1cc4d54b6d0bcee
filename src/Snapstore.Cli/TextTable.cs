namespace Snapstore.Cli;

/// <summary>Lines of columns, each as wide as its widest cell.</summary>
internal static class TextTable
{
    private const string Indent = "  ", Gap = "  ";

    /// <summary>The lines; columns that <paramref name="isRightAligned"/> names end at one edge, the others begin there.</summary>
    public static IEnumerable<string> Lines(IReadOnlyList<string[]> rows, params bool[] isRightAligned)
    {
        int[] widths = new int[isRightAligned.Length];
        foreach (string[] row in rows)
        {
            for (int column = 0; column < row.Length; column++)
                widths[column] = Math.Max(widths[column], row[column].Length);
        }

        foreach (string[] row in rows)
        {
            IEnumerable<string> cells = row.Select((cell, column) => isRightAligned[column] ? cell.PadLeft(widths[column]) : cell.PadRight(widths[column]));
            yield return (Indent + string.Join(Gap, cells)).TrimEnd();
        }
    }
}
