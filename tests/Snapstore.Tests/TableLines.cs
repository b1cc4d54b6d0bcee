using System.Globalization;
using System.Text;

namespace Snapstore.Tests;

/// <summary>A table as COPY writes it, in the order of its key; some rows of it can be changed.</summary>
internal static class TableLines
{
    private static readonly string[] Cities = ["Oslo", "Quito", "Dakar", "Hanoi", "Lima", "Perth", "Turin", "Cairo"];

    /// <summary>The rows; of those that a seed picks, as many in a thousand as are asked for, the values are others.</summary>
    /// <param name="rows">How many.</param>
    /// <param name="changedPerMille">How many in a thousand are changed.</param>
    /// <param name="seed">Which are, and to what.</param>
    /// <param name="before">Changes made before, which stay where these do not change the row again.</param>
    public static byte[] Make(int rows, int changedPerMille = 0, int seed = 0, Func<int, int>? before = null)
    {
        StringBuilder text = new(rows * 96);
        for (int row = 0; row < rows; row++)
            Append(text, row, Version(row, changedPerMille, seed, before));
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>The version of a row after a change.</summary>
    public static int Version(int row, int changedPerMille, int seed, Func<int, int>? before = null) =>
        changedPerMille > 0 && Mix((row * 1_000_003L) + seed) % 1000 < (ulong)changedPerMille ? seed + 1 : before?.Invoke(row) ?? 0;

    private static void Append(StringBuilder text, int row, int version)
    {
        ulong own = Mix(row);
        ulong balance = Mix(row + ((long)version << 40)) % 100_000_000;
        text.Append(CultureInfo.InvariantCulture, $"{row + 1}\t{own:x16}\t{Cities[own % 8]}\t{balance / 100.0:F2}\t");
        text.Append(CultureInfo.InvariantCulture, $"2026-{1 + (own % 12):00}-{1 + (own / 12 % 28):00} 12:{own / 400 % 60:00}:{own / 24_000 % 60:00}\t{Mix(~row):x16}\n");
    }

    // SplitMix64 (Steele and others, 2014).
    private static ulong Mix(long value)
    {
        ulong z = unchecked((ulong)value + 0x9e3779b97f4a7c15);
        z = unchecked((z ^ (z >> 30)) * 0xbf58476d1ce4e5b9);
        z = unchecked((z ^ (z >> 27)) * 0x94d049bb133111eb);
        return z ^ (z >> 31);
    }
}
