using System.Globalization;

namespace Snapstore.Retention;

/// <summary>The rules of a policy at work on one group: snapshots are shown to them newest first.</summary>
internal sealed class RetentionRules
{
    private readonly LocalCalendar _calendar;
    private readonly List<Func<long, DateTime, string?>> _rules = [];

    /// <summary>The rules for a group whose newest snapshot was taken at this time.</summary>
    public RetentionRules(RetentionPolicy policy, long newest, LocalCalendar calendar)
    {
        _calendar = calendar;
        AddLast(policy.KeepLast);
        AddCount(CalendarUnit.Hour, policy.KeepHourly);
        AddCount(CalendarUnit.Day, policy.KeepDaily);
        AddCount(CalendarUnit.Week, policy.KeepWeekly);
        AddCount(CalendarUnit.Month, policy.KeepMonthly);
        AddCount(CalendarUnit.Year, policy.KeepYearly);
        AddWithin(policy.KeepWithin, newest);
        AddWithin(CalendarUnit.Hour, policy.KeepWithinHourly, newest);
        AddWithin(CalendarUnit.Day, policy.KeepWithinDaily, newest);
        AddWithin(CalendarUnit.Week, policy.KeepWithinWeekly, newest);
        AddWithin(CalendarUnit.Month, policy.KeepWithinMonthly, newest);
        AddWithin(CalendarUnit.Year, policy.KeepWithinYearly, newest);
    }

    /// <summary>Why the next snapshot, one that is no newer than those before, is kept; nothing where it is not.</summary>
    public void AddReasons(long nanoseconds, List<string> reasons)
    {
        DateTime local = _calendar.LocalTime(nanoseconds);
        foreach (Func<long, DateTime, string?> rule in _rules)
        {
            if (rule(nanoseconds, local) is { } reason)
                reasons.Add(reason);
        }
    }

    private void AddLast(int count)
    {
        int used = 0;
        string all = count == RetentionPolicy.All ? "all" : count.ToString(CultureInfo.InvariantCulture);
        if (count != 0)
            _rules.Add((_, _) => used == count ? null : string.Create(CultureInfo.InvariantCulture, $"last {++used} of {all}"));
    }

    private void AddCount(CalendarUnit unit, int count)
    {
        if (count == 0)
            return;
        int used = 0;
        Func<DateTime, bool> isNew = NewBuckets(unit);
        _rules.Add((_, local) =>
        {
            if (used == count || !isNew(local))
                return null;
            used++;
            string place = count == RetentionPolicy.All ? "" : string.Create(CultureInfo.InvariantCulture, $" ({used} of {count})");
            return $"{unit.Name} {unit.Label(local)}{place}";
        });
    }

    private void AddWithin(RetentionDuration duration, long newest)
    {
        if (duration.IsZero)
            return;
        long first = _calendar.FirstWithin(newest, duration);
        _rules.Add((time, _) => time >= first ? $"within {duration}" : null);
    }

    private void AddWithin(CalendarUnit unit, RetentionDuration duration, long newest)
    {
        if (duration.IsZero)
            return;
        long first = _calendar.FirstWithin(newest, duration);
        Func<DateTime, bool> isNew = NewBuckets(unit);
        _rules.Add((time, local) => time >= first && isNew(local) ? $"{unit.Name} {unit.Label(local)} within {duration}" : null);
    }

    // Clocks set back show a bucket again: only one older than all before is new.
    private static Func<DateTime, bool> NewBuckets(CalendarUnit unit)
    {
        long oldest = long.MaxValue;
        return local =>
        {
            long bucket = unit.Bucket(local);
            bool isNew = bucket < oldest;
            oldest = Math.Min(oldest, bucket);
            return isNew;
        };
    }
}
