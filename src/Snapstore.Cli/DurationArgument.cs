using System.Globalization;

namespace Snapstore.Cli;

/// <summary>Durations that options take: a number and its unit, as in 90s, 10m, 24h or 2d (spec/cli.md, "Times").</summary>
internal static class DurationArgument
{
    private const double SecondsMax = 100L * 366 * 86_400;

    /// <summary>The duration the text names.</summary>
    /// <exception cref="UsageException">It names none.</exception>
    public static TimeSpan Parse(string text)
    {
        double unit = text.Length == 0 ? 0 : text[^1] switch
        {
            's' => 1,
            'm' => 60,
            'h' => 3_600,
            'd' => 86_400,
            _ => 0,
        };
        bool isNumber = double.TryParse(text.AsSpan(0, Math.Max(0, text.Length - 1)), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number);
        return unit > 0 && isNumber && number * unit <= SecondsMax
            ? TimeSpan.FromSeconds(number * unit)
            : throw new UsageException($"'{Escaped.Text(text)}' is not a duration: write for example 90s, 10m, 24h or 2d");
    }
}
