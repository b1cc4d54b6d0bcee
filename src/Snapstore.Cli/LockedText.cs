namespace Snapstore.Cli;

/// <summary>Until when something is locked, for people and for JSON.</summary>
internal static class LockedText
{
    /// <summary>"from 2026-12-21 on", of several things that go one after the other.</summary>
    public static string From(DateTimeOffset first, DateTimeOffset last, TimeProvider time)
    {
        if (first == DateTimeOffset.MaxValue)
            return "when somebody has ended their legal holds";
        string from = $"from {Text(first, time)} on";
        return last - first < TimeSpan.FromDays(1) ? from : last == DateTimeOffset.MaxValue ? $"{from} (some have a legal hold)" : $"{from} (the last of them from {Text(last, time)} on)";
    }

    /// <summary>The time, as lists show times.</summary>
    public static string Text(DateTimeOffset until, TimeProvider time) => SnapshotJson.LocalTime(Nanoseconds(until), time);

    /// <summary>Unix nanoseconds; the greatest there are where there is no end.</summary>
    public static long Nanoseconds(DateTimeOffset until) => until.Year > 2200 ? long.MaxValue : UnixTime.ToNanoseconds(until);
}
