using System.Globalization;

namespace Snapstore.Retention;

/// <summary>Unix nanoseconds and the calendar of one time zone.</summary>
internal sealed class LocalCalendar(TimeZoneInfo zone)
{
    // Farther back than any snapshot: what a rule reaches beyond is everything.
    private const int YearMin = 1600;
    private const long HoursMax = 10_000L * 366 * 24;

    /// <summary>What a clock in the zone showed.</summary>
    public DateTime LocalTime(long nanoseconds) => TimeZoneInfo.ConvertTime(UnixTime.FromNanoseconds(nanoseconds), zone).DateTime;

    /// <summary>The same with the offset from UTC, for messages.</summary>
    public string Text(long nanoseconds) => TimeZoneInfo.ConvertTime(UnixTime.FromNanoseconds(nanoseconds), zone)
        .ToString("yyyy-MM-dd'T'HH:mm:sszzz", CultureInfo.InvariantCulture);

    /// <summary>The first nanosecond that is less than a duration before a time.</summary>
    /// <remarks>Years, months, weeks and days go back on the calendar, to the same time of day; then hours as time that passed.</remarks>
    public long FirstWithin(long nanoseconds, RetentionDuration duration)
    {
        DateTimeOffset newest = UnixTime.FromNanoseconds(nanoseconds);
        long belowTick = nanoseconds % TimeSpan.NanosecondsPerTick;
        if (duration.Hours > HoursMax || MoveBack(newest, duration) is not { } start)
            return long.MinValue;
        long ticks = (start - DateTime.UnixEpoch).Ticks - (duration.Hours * TimeSpan.TicksPerHour);
        if (ticks <= (long.MinValue / TimeSpan.NanosecondsPerTick) + 1)
            return long.MinValue;

        // Where the zone skipped time, the start may be the newest itself, which is always within.
        return Math.Min((ticks * TimeSpan.NanosecondsPerTick) + belowTick + 1, nanoseconds);
    }

    private DateTime? MoveBack(DateTimeOffset newest, RetentionDuration duration)
    {
        long months = (duration.Years * 12L) + duration.Months;
        long days = (duration.Weeks * 7L) + duration.Days;
        if (months == 0 && days == 0)
            return newest.UtcDateTime;
        DateTime local = TimeZoneInfo.ConvertTime(newest, zone).DateTime;
        if (months > (local.Year - YearMin) * 12L)
            return null;
        local = local.AddMonths((int)-months);
        return days > (local - new DateTime(YearMin, 1, 1)).Days ? null : FirstMoment(local.AddDays(-days));
    }

    // The first moment at which a clock in the zone shows this time or, where it skips that, a later one.
    private DateTime FirstMoment(DateTime local)
    {
        if (zone.IsAmbiguousTime(local))
            return AsUtc(local - zone.GetAmbiguousTimeOffsets(local).Max());
        if (!zone.IsInvalidTime(local))
            return AsUtc(local - zone.GetUtcOffset(local));
        DateTime before = AsUtc(local.AddDays(-1));
        DateTime after = AsUtc(local.AddDays(1));
        while ((after - before).Ticks > 1)
        {
            DateTime middle = before.AddTicks((after - before).Ticks / 2);
            if (TimeZoneInfo.ConvertTimeFromUtc(middle, zone) < local)
                before = middle;
            else
                after = middle;
        }

        return after;
    }

    private static DateTime AsUtc(DateTime time) => DateTime.SpecifyKind(time, DateTimeKind.Utc);
}
