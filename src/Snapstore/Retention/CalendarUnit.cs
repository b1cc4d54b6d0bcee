using System.Globalization;

namespace Snapstore.Retention;

/// <summary>A unit that divides the calendar: each local time lies in one bucket, and later times never in an earlier one.</summary>
/// <param name="Name">The rule's name: daily.</param>
/// <param name="Bucket">The number of a time's bucket.</param>
/// <param name="Label">A bucket's name, from any time in it.</param>
internal sealed record CalendarUnit(string Name, Func<DateTime, long> Bucket, Func<DateTime, string> Label)
{
    public static CalendarUnit Hour { get; } = new("hourly", time => time.Ticks / TimeSpan.TicksPerHour, time => Text(time, "yyyy-MM-dd'T'HH"));

    public static CalendarUnit Day { get; } = new("daily", time => time.Ticks / TimeSpan.TicksPerDay, time => Text(time, "yyyy-MM-dd"));

    // Day 0 of .NET's calendar, 0001-01-01, is a Monday: weeks of seven days from there are ISO weeks.
    public static CalendarUnit Week { get; } = new(
        "weekly",
        time => time.Ticks / (7 * TimeSpan.TicksPerDay),
        time => string.Create(CultureInfo.InvariantCulture, $"{ISOWeek.GetYear(time):d4}-W{ISOWeek.GetWeekOfYear(time):d2}"));

    public static CalendarUnit Month { get; } = new("monthly", time => (time.Year * 12L) + time.Month, time => Text(time, "yyyy-MM"));

    public static CalendarUnit Year { get; } = new("yearly", time => time.Year, time => Text(time, "yyyy"));

    private static string Text(DateTime time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
