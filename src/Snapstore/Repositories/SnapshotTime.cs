using System.Globalization;
using System.Text.RegularExpressions;

namespace Snapstore.Repositories;

/// <summary>Times as users write them: 2026-11-01, 2026-11-01T12:00, or 2d and 3h ago (spec/cli.md).</summary>
/// <remarks>Read as "not after": a day stands for its end, a minute for its end, so that what a list shows finds itself.</remarks>
public static partial class SnapshotTime
{
    private static readonly (string Format, long Ticks)[] Formats =
    [
        ("yyyy-MM-dd", TimeSpan.TicksPerDay),
        ("yyyy-MM-dd'T'HH:mm", TimeSpan.TicksPerMinute),
        ("yyyy-MM-dd' 'HH:mm", TimeSpan.TicksPerMinute),
        ("yyyy-MM-dd'T'HH:mm:ss", TimeSpan.TicksPerSecond),
        ("yyyy-MM-dd' 'HH:mm:ss", TimeSpan.TicksPerSecond),
        ("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF", 1),
    ];

    private static readonly (string Format, long Ticks)[] ZonedFormats =
    [
        ("yyyy-MM-dd'T'HH:mmK", TimeSpan.TicksPerMinute),
        ("yyyy-MM-dd'T'HH:mm:ssK", TimeSpan.TicksPerSecond),
        ("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", 1),
    ];

    /// <summary>The first moment of what the text names, Unix nanoseconds; null where it is no time.</summary>
    public static long? TryParseStart(string text, TimeProvider time) => TryParse(text, time)?.Start;

    /// <summary>The last moment of what the text names, Unix nanoseconds; null where it is no time.</summary>
    public static long? TryParseEnd(string text, TimeProvider time) => TryParse(text, time)?.End;

    private static (long Start, long End)? TryParse(string text, TimeProvider time)
    {
        foreach ((string format, long ticks) in Formats)
        {
            if (DateTime.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateTime local))
                return Span(OfLocal(local, 0, time), OfLocal(local, ticks, time));
        }

        foreach ((string format, long ticks) in ZonedFormats)
        {
            if (DateTimeOffset.TryParseExact(text, format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset moment))
                return Span(Nanoseconds(moment.UtcTicks), Nanoseconds(moment.UtcTicks + ticks));
        }

        return TryParseAge(text, time) is { } then ? (then, then) : null;
    }

    // Beyond what nanoseconds reach both ends are one: no span is shorter than its first moment.
    private static (long Start, long End) Span(long start, long next) => (start, Math.Max(start, next - 1));

    private static long OfLocal(DateTime local, long ticksLater, TimeProvider time)
    {
        DateTime end = ticksLater < DateTime.MaxValue.Ticks - local.Ticks ? local.AddTicks(ticksLater) : DateTime.MaxValue;
        return Nanoseconds(end.Ticks - time.LocalTimeZone.GetUtcOffset(end).Ticks);
    }

    // Nanoseconds reach from 1677 to 2262, the calendar of .NET further: what lies beyond is as good as the end.
    private static long Nanoseconds(long utcTicks)
    {
        const long FarthestTicks = (long.MaxValue / TimeSpan.NanosecondsPerTick) - 1;
        return Math.Clamp(utcTicks - DateTime.UnixEpoch.Ticks, -FarthestTicks, FarthestTicks) * TimeSpan.NanosecondsPerTick;
    }

    private static long? TryParseAge(string text, TimeProvider time)
    {
        Match match = Age().Match(text);
        if (!match.Success)
            return null;
        DateTimeOffset then = time.GetUtcNow();
        try
        {
            foreach (Capture part in match.Groups["part"].Captures)
            {
                string unit = part.Value.TrimStart("0123456789".ToCharArray());
                then = Before(then, int.Parse(part.Value[..^unit.Length], CultureInfo.InvariantCulture), unit);
            }
        }
        catch (ArgumentOutOfRangeException)
        {
            // Before the calendar begins: no snapshot is that old.
            then = DateTimeOffset.MinValue;
        }

        return Nanoseconds(then.UtcTicks);
    }

    private static DateTimeOffset Before(DateTimeOffset time, int count, string unit) => unit switch
    {
        "s" => time.AddSeconds(-count),
        "min" => time.AddMinutes(-count),
        "h" => time.AddHours(-count),
        "d" => time.AddDays(-count),
        "w" => time.AddDays(-7L * count),
        "mo" => time.AddMonths(-count),
        _ => time.AddYears(-count),
    };

    [GeneratedRegex("^(?<part>[0-9]{1,6}(?:s|min|h|d|w|mo|y))+(?: ago)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Age();
}
