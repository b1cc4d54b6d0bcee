using System.Globalization;
using Snapstore.Formats;
using Snapstore.Retention;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Retention;

/// <summary>Snapshots and policies for the tests of retention, written out or random.</summary>
internal static class RetentionCases
{
    public static readonly DateTimeOffset Now = At("2026-11-21T12:00");

    private static readonly string[] TagNames = ["yearly", "weekly", "db"];

    /// <summary>Germany's zone; where the system has no zones, one of the same rules since 1996.</summary>
    public static TimeZoneInfo Berlin { get; } =
        TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out TimeZoneInfo? zone) ? zone : MakeBerlin();

    public static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal);

    public static Candidate Of(DateTimeOffset time, int number = 0, params string[] tags)
    {
        byte[] id = new byte[SessionId.Size];
        System.Buffers.Binary.BinaryPrimitives.WriteInt32BigEndian(id, number);
        return new Candidate(new SessionId(id), UnixTime.ToNanoseconds(time), "host", SourceKind.Files, ["/home"u8.ToArray()], tags);
    }

    /// <summary>Snapshots of these times (UTC where no offset is given), numbered from 0.</summary>
    public static Candidate[] Series(params IEnumerable<string> times) => [.. times.Select((time, i) => Of(At(time), i))];

    /// <summary>One snapshot every so often, from a time on.</summary>
    public static Candidate[] Every(TimeSpan step, DateTimeOffset first, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Of(first + (i * step), i))];

    public static RetentionPlan Decide(IReadOnlyList<Candidate> snapshots, RetentionPolicy policy, TimeZoneInfo? zone = null, DateTimeOffset? now = null) =>
        RetentionPlan.Decide(snapshots, policy, GroupBy.Default, now ?? Now, zone ?? TimeZoneInfo.Utc);

    /// <summary>What is kept, as local times from the newest to the oldest.</summary>
    public static string[] KeptTimes(RetentionPlan plan, TimeZoneInfo? zone = null) =>
    [
        .. plan.Kept.Select(snapshot => TimeZoneInfo.ConvertTime(UnixTime.FromNanoseconds(snapshot.TimeNanoseconds), zone ?? TimeZoneInfo.Utc)
            .ToString("yyyy-MM-ddTHH:mm", CultureInfo.InvariantCulture)),
    ];

    public static HashSet<SessionId> KeptIds(RetentionPlan plan) => [.. plan.Kept.Select(snapshot => snapshot.Id)];

    /// <summary>Up to 60 snapshots of two hosts, over days or years, some at one time, held, tagged or of the future.</summary>
    public static Candidate[] Random(SeededValues values)
    {
        int spanHours = new[] { 48, 24 * 60, 24 * 365 * 6 }[values.Int(3)];
        int futureHours = values.Int(3) == 0 ? spanHours / 8 : 0;
        Candidate[] snapshots = new Candidate[values.Int(61)];
        for (int i = 0; i < snapshots.Length; i++)
        {
            DateTimeOffset time = Now.AddHours(futureHours - values.Int(spanHours)).AddMinutes(values.Bool() ? 0 : -values.Int(60));
            string[] tags = values.Int(6) == 0 ? [TagNames[values.Int(TagNames.Length)]] : [];
            snapshots[i] = Of(time, i, tags) with { Id = values.Session(), Host = values.Int(5) == 0 ? "b" : "a", IsHeld = values.Int(12) == 0 };
        }

        return snapshots;
    }

    /// <summary>A policy of at least one rule.</summary>
    public static RetentionPolicy RandomPolicy(SeededValues values)
    {
        RetentionPolicy policy = new();
        for (int rule = 0; rule < RuleCount; rule++)
        {
            if (values.Int(4) == 0)
                policy = WithMore(policy, rule, values);
        }

        if (values.Int(3) == 0)
            policy = policy with { KeepTags = [["yearly"], ["weekly", "db"]] };
        return policy.IsEmpty ? WithMore(policy, values.Int(RuleCount), values) : policy;
    }

    /// <summary>How many rules <see cref="WithMore"/> knows.</summary>
    public const int RuleCount = 12;

    /// <summary>The policy with one rule that keeps more than before.</summary>
    public static RetentionPolicy WithMore(RetentionPolicy policy, int rule, SeededValues values) => rule switch
    {
        0 => policy with { KeepLast = More(policy.KeepLast, values) },
        1 => policy with { KeepHourly = More(policy.KeepHourly, values) },
        2 => policy with { KeepDaily = More(policy.KeepDaily, values) },
        3 => policy with { KeepWeekly = More(policy.KeepWeekly, values) },
        4 => policy with { KeepMonthly = More(policy.KeepMonthly, values) },
        5 => policy with { KeepYearly = More(policy.KeepYearly, values) },
        6 => policy with { KeepWithin = More(policy.KeepWithin, values) },
        7 => policy with { KeepWithinHourly = More(policy.KeepWithinHourly, values) },
        8 => policy with { KeepWithinDaily = More(policy.KeepWithinDaily, values) },
        9 => policy with { KeepWithinWeekly = More(policy.KeepWithinWeekly, values) },
        10 => policy with { KeepWithinMonthly = More(policy.KeepWithinMonthly, values) },
        _ => policy with { KeepWithinYearly = More(policy.KeepWithinYearly, values) },
    };

    private static int More(int count, SeededValues values) =>
        count == RetentionPolicy.All || values.Int(10) == 0 ? RetentionPolicy.All : count + 1 + values.Int(6);

    private static RetentionDuration More(RetentionDuration d, SeededValues values) => values.Int(5) switch
    {
        0 => new(d.Years + 1, d.Months, d.Weeks, d.Days, d.Hours),
        1 => new(d.Years, d.Months + 1 + values.Int(5), d.Weeks, d.Days, d.Hours),
        2 => new(d.Years, d.Months, d.Weeks + 1 + values.Int(3), d.Days, d.Hours),
        3 => new(d.Years, d.Months, d.Weeks, d.Days + 1 + values.Int(10), d.Hours),
        _ => new(d.Years, d.Months, d.Weeks, d.Days, d.Hours + 1 + values.Int(30)),
    };

    private static TimeZoneInfo MakeBerlin()
    {
        TimeZoneInfo.TransitionTime start = TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday);
        TimeZoneInfo.TransitionTime end = TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday);
        TimeZoneInfo.AdjustmentRule summer =
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(new DateTime(1996, 1, 1), DateTime.MaxValue.Date, TimeSpan.FromHours(1), start, end);
        return TimeZoneInfo.CreateCustomTimeZone("Berlin", TimeSpan.FromHours(1), "Berlin", "CET", "CEST", [summer]);
    }
}
