using System.Globalization;

namespace Snapstore.Cli;

/// <summary>Numbers as people read and write them.</summary>
internal static class Quantity
{
    private static readonly string[] Units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"];

    /// <summary>Bytes in binary units, three digits: 1.46 MiB.</summary>
    public static string Bytes(long bytes)
    {
        double value = bytes;
        int unit = 0;
        while (Math.Abs(value) >= 999.5 && unit < Units.Length - 1)
        {
            value /= 1024;
            unit++;
        }

        string format = unit == 0 || value >= 99.95 ? "0" : value >= 9.995 ? "0.0" : "0.00";
        return $"{value.ToString(format, CultureInfo.InvariantCulture)} {Units[unit]}";
    }

    /// <summary>A count with thousands set apart: 78,000.</summary>
    public static string Count(long count) => count.ToString("#,0", CultureInfo.InvariantCulture);

    /// <summary>A count and its noun: 1 file, 2 files.</summary>
    public static string Count(long count, string noun) => $"{Count(count)} {noun}{(count == 1 ? "" : "s")}";

    /// <summary>How many times smaller: 2.8 : 1.</summary>
    public static string Ratio(long before, long after) => after > 0
        ? ((double)before / after).ToString("0.00", CultureInfo.InvariantCulture) + " : 1"
        : "-";

    /// <summary>A duration: 0.3 s, 4:05 or 1:02:03.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds < 60
        ? time.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s"
        : Clock(time);

    /// <summary>A duration without fractions: 0:07, 4:05 or 1:02:03.</summary>
    public static string Clock(TimeSpan time) => time.ToString(time.TotalHours < 1 ? @"m\:ss" : time.TotalDays < 1 ? @"h\:mm\:ss" : @"d\d\ hh\:mm", CultureInfo.InvariantCulture);

    /// <summary>Bytes written as a number with or without a unit: 100, 10K, 10KiB, 1.5GiB. Units are binary.</summary>
    /// <exception cref="UsageException">The text is anything else.</exception>
    public static long ParseBytes(string text)
    {
        string digits = text.TrimEnd('B', 'b', 'i', 'K', 'k', 'M', 'm', 'G', 'g', 'T', 't');
        string unit = text[digits.Length..].ToUpperInvariant();
        int power = unit switch
        {
            "" or "B" => 0,
            "K" or "KB" or "KIB" => 10,
            "M" or "MB" or "MIB" => 20,
            "G" or "GB" or "GIB" => 30,
            "T" or "TB" or "TIB" => 40,
            _ => -1,
        };
        bool isNumber = decimal.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number);
        return power >= 0 && isNumber && number <= long.MaxValue >> power
            ? (long)(number * (1L << power))
            : throw new UsageException($"'{text}' is not a size; write for example 500KiB, 100MiB or 1.5GiB");
    }
}
