using System.Globalization;
using Snapstore.Retention;

namespace Snapstore.Tests.Retention;

/// <summary>What policies keep, said in other words than the program's: slow, and without one pass over all.</summary>
internal static class CalendarModel
{
    /// <summary>What counts of days, weeks, months and years keep of hourly snapshots between two hours, UTC: by walking the calendar.</summary>
    public static SortedSet<DateTime> OfHourly(DateTime first, DateTime last, RetentionPolicy policy)
    {
        DateTime monday = last.Date;
        while (monday.DayOfWeek != DayOfWeek.Monday)
            monday = monday.AddDays(-1);
        DateTime month = new(last.Year, last.Month, 1);
        SortedSet<DateTime> kept = [];
        Walk(policy.KeepDaily, i => last.Date.AddDays(-i));
        Walk(policy.KeepWeekly, i => monday.AddDays(-7 * i));
        Walk(policy.KeepMonthly, i => month.AddMonths(-i));
        Walk(policy.KeepYearly, i => new DateTime(last.Year - i, 1, 1));
        return kept;

        // The last hour of each unit is the one before the next unit starts.
        void Walk(int count, Func<int, DateTime> startOf)
        {
            for (int i = 0; i < count; i++)
            {
                DateTime newest = i == 0 ? last : startOf(i - 1).AddHours(-1);
                if (newest >= first)
                    kept.Add(newest);
            }
        }
    }

    /// <summary>What every rule but tags keeps of one group without ties, holds and future times: a query for each rule.</summary>
    public static HashSet<SessionId> Of(IReadOnlyCollection<Candidate> snapshots, RetentionPolicy policy, TimeZoneInfo zone)
    {
        if (snapshots.Count == 0)
            return [];
        List<(SessionId Id, DateTimeOffset Time)> all =
            [.. snapshots.Select(s => (s.Id, TimeZoneInfo.ConvertTime(UnixTime.FromNanoseconds(s.TimeNanoseconds), zone)))];
        DateTimeOffset newest = all.Max(s => s.Time);
        (Func<DateTimeOffset, string> Label, int Count, RetentionDuration Within)[] rules =
        [
            (time => time.ToString("O", CultureInfo.InvariantCulture), policy.KeepLast, policy.KeepWithin),
            (time => Text(time, "yyyyMMddHH"), policy.KeepHourly, policy.KeepWithinHourly),
            (time => Text(time, "yyyyMMdd"), policy.KeepDaily, policy.KeepWithinDaily),
            (Week, policy.KeepWeekly, policy.KeepWithinWeekly),
            (time => Text(time, "yyyyMM"), policy.KeepMonthly, policy.KeepWithinMonthly),
            (time => Text(time, "yyyy"), policy.KeepYearly, policy.KeepWithinYearly),
        ];
        HashSet<SessionId> kept = [];
        foreach ((Func<DateTimeOffset, string> label, int count, RetentionDuration within) in rules)
        {
            kept.UnionWith(NewestOfEach(all, label).Take(count == RetentionPolicy.All ? int.MaxValue : count));
            kept.UnionWith(NewestOfEach(all.Where(s => !within.IsZero && s.Time > Before(newest, within)), label));
        }

        return kept;
    }

    private static IEnumerable<SessionId> NewestOfEach(IEnumerable<(SessionId Id, DateTimeOffset Time)> snapshots, Func<DateTimeOffset, string> label) =>
        snapshots.GroupBy(s => label(s.Time)).Select(bucket => bucket.MaxBy(s => s.Time)).OrderByDescending(s => s.Time).Select(s => s.Id);

    // Right for UTC, and for other zones where it does not meet a change of clocks.
    private static DateTimeOffset Before(DateTimeOffset time, RetentionDuration d) =>
        time.AddMonths(-(d.Years * 12) - d.Months).AddDays(-(d.Weeks * 7) - d.Days).AddHours(-d.Hours);

    // ISO 8601: the week of a Thursday, which says the year; weeks are counted from that year's first day.
    private static string Week(DateTimeOffset time)
    {
        DateTime day = time.Date;
        while (day.DayOfWeek != DayOfWeek.Thursday)
            day = day.AddDays(day.DayOfWeek is DayOfWeek.Friday or DayOfWeek.Saturday or DayOfWeek.Sunday ? -1 : 1);
        return string.Create(CultureInfo.InvariantCulture, $"{day.Year}-{((day.DayOfYear - 1) / 7) + 1:d2}");
    }

    private static string Text(DateTimeOffset time, string format) => time.ToString(format, CultureInfo.InvariantCulture);
}
