using Snapstore.Retention;
using static Snapstore.Tests.Retention.RetentionCases;

namespace Snapstore.Tests.Retention;

/// <summary>Summer time, leap days, week 53, and clocks that are wrong.</summary>
public sealed class RetentionCalendarTests
{
    private static readonly DateTimeOffset Unsigned32End = At("2106-02-07T06:28:15");

    [Fact]
    public void The_hour_that_clocks_show_twice_is_one()
    {
        // Local: 00, 01, 02 (summer), 02 (winter), 03.
        Candidate[] hours = Every(TimeSpan.FromHours(1), At("2026-10-24T22:00"), 5);
        RetentionPlan plan = Decide(hours, new RetentionPolicy { KeepHourly = 3 }, Berlin);
        Assert.Equal([hours[4], hours[3], hours[1]], plan.Kept);
        Assert.Equal(["hourly 2026-10-25T02 (2 of 3)"], plan.Decisions.ElementAt(1).Reasons);
    }

    [Fact]
    public void The_hour_that_clocks_skip_takes_no_place()
    {
        Candidate[] hours = Every(TimeSpan.FromHours(1), At("2026-03-28T23:00"), 4);
        RetentionPlan plan = Decide(hours, new RetentionPolicy { KeepHourly = 3 }, Berlin);
        Assert.Equal(["2026-03-29T04:00", "2026-03-29T03:00", "2026-03-29T01:00"], KeptTimes(plan, Berlin));
    }

    [Fact]
    public void Days_are_those_of_the_zone()
    {
        Candidate[] snapshots = Series("2026-10-24T21:59", "2026-10-24T22:00", "2026-10-25T22:59", "2026-10-25T23:00");
        RetentionPolicy policy = new() { KeepDaily = RetentionPolicy.All };
        Assert.Equal([snapshots[3], snapshots[2], snapshots[0]], Decide(snapshots, policy, Berlin).Kept);
        Assert.Equal([snapshots[3], snapshots[1]], Decide(snapshots, policy).Kept);
    }

    [Fact]
    public void A_day_that_clocks_go_back_to_is_no_new_one()
    {
        // As in Newfoundland until 2011: after 00:00 came 23:01 of the day before.
        TimeZoneInfo.TransitionTime start = TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 0, 1, 0), 3, 14);
        TimeZoneInfo.TransitionTime end = TimeZoneInfo.TransitionTime.CreateFixedDateRule(new DateTime(1, 1, 1, 0, 1, 0), 11, 1);
        TimeZoneInfo.AdjustmentRule summer =
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(new DateTime(1996, 1, 1), DateTime.MaxValue.Date, TimeSpan.FromHours(1), start, end);
        TimeZoneInfo zone = TimeZoneInfo.CreateCustomTimeZone("Back", TimeSpan.FromHours(-3.5), "Back", "Back", "Back", [summer]);
        Candidate[] snapshots = Series("2026-11-01T02:30", "2026-11-01T02:45", "2026-11-01T04:00");
        RetentionPlan plan = Decide(snapshots, new RetentionPolicy { KeepDaily = RetentionPolicy.All }, zone);
        Assert.Equal(["2026-11-01T00:30", "2026-10-31T23:15"], KeptTimes(plan, zone));
        Assert.Equal([snapshots[0]], plan.Dropped);
    }

    [Theory]
    [InlineData("2026-03-30T00:30", "1d", "2026-03-29T01:00")] // 02:30 was skipped: from 03:00 on
    [InlineData("2026-03-30T00:30", "24h", "2026-03-29T00:30")]
    [InlineData("2026-10-26T01:30", "1d", "2026-10-25T00:30")] // 02:30 was there twice: from the first on
    [InlineData("2026-10-26T01:30", "24h", "2026-10-25T01:30")]
    [InlineData("2026-10-25T12:00", "1d", "2026-10-24T11:00")] // the same time of day, 25 hours ago
    [InlineData("2024-02-29T12:00", "1y", "2023-02-28T12:00")]
    [InlineData("2025-02-28T12:00", "1y", "2024-02-28T12:00")]
    [InlineData("2026-03-31T12:00", "1m", "2026-02-28T13:00")] // February is in winter time
    [InlineData("2024-03-31T12:00", "1m1d", "2024-02-28T13:00")]
    [InlineData("2026-11-20T12:00", "1y5m7d2h", "2025-06-13T09:00")]
    public void Days_months_and_years_go_back_on_the_calendar(string newest, string duration, string edge)
    {
        Candidate[] snapshots = [Of(At(newest), 0), Of(At(edge).AddTicks(1), 1), Of(At(edge), 2)];
        RetentionPlan plan = Decide(snapshots, new RetentionPolicy { KeepWithin = RetentionDuration.Parse(duration) }, Berlin);
        Assert.Equal(snapshots[..2], plan.Kept);
    }

    [Fact]
    public void Weeks_are_those_of_iso_8601()
    {
        Candidate[] days = Every(TimeSpan.FromDays(1), At("2020-12-26T12:00"), 12);
        RetentionPlan plan = Decide(days, new RetentionPolicy { KeepWeekly = 3 });
        Assert.Equal(["2021-01-06T12:00", "2021-01-03T12:00", "2020-12-27T12:00"], KeptTimes(plan));
        Assert.Equal(
            ["weekly 2021-W01 (1 of 3)", "weekly 2020-W53 (2 of 3)", "weekly 2020-W52 (3 of 3)"],
            plan.Decisions.Where(d => d.IsKept).Select(d => d.Reasons.Single()));
        Assert.Equal(
            ["weekly 2025-W01 (1 of 1)"],
            Decide(Series("2024-12-30T00:00"), new RetentionPolicy { KeepWeekly = 1 }).Decisions.Single().Reasons);
    }

    [Fact]
    public void A_leap_day_ends_its_month()
    {
        Candidate[] days = Every(TimeSpan.FromDays(1), At("2024-02-25T12:00"), 8);
        RetentionPolicy policy = new() { KeepMonthly = 2, KeepDaily = 4 };
        Assert.Equal(["2024-03-03T12:00", "2024-03-02T12:00", "2024-03-01T12:00", "2024-02-29T12:00"], KeptTimes(Decide(days, policy)));
    }

    [Fact]
    public void A_snapshot_of_the_future_extends_no_rule()
    {
        Candidate future = Of(Unsigned32End, 9);
        Candidate[] snapshots = Series("2026-11-21T10:00", "2026-11-20T12:00", "2026-11-19T09:00");
        RetentionPolicy policy = new() { KeepLast = 1, KeepWithin = RetentionDuration.Parse("2d") };
        RetentionPlan plan = Decide([future, .. snapshots], policy);
        Assert.Equal([future, snapshots[0], snapshots[1]], plan.Kept);
        Assert.Equal([future], plan.Clamped);
        Assert.Equal(["its time is to come (2106-02-07T06:28:15+00:00): kept as if taken now"], plan.Decisions.First().Reasons);
        Assert.Equal(["last 1 of 1", "within 2d"], plan.Decisions.ElementAt(1).Reasons);
    }

    [Fact]
    public void A_snapshot_of_the_future_pushes_out_nothing_day_by_day()
    {
        Candidate future = Of(Unsigned32End, 999);
        List<Candidate> held = [future];
        for (int day = 0; day < 30; day++)
        {
            DateTimeOffset now = At("2026-10-01T02:00").AddDays(day);
            held = [.. Decide([.. held, Of(now, day)], new RetentionPolicy { KeepDaily = 7 }, now: now).Kept];
        }

        Assert.Equal([999, 29, 28, 27, 26, 25, 24, 23], held.Select(s => Convert.ToInt32(s.Id.ToShortString(), 16)));
    }

    [Fact]
    public void A_snapshot_of_now_is_not_of_the_future()
    {
        Assert.Empty(Decide([Of(Now)], new RetentionPolicy { KeepLast = 1 }).Clamped);
        Assert.Single(Decide([Of(Now.AddTicks(1))], new RetentionPolicy { KeepLast = 1 }).Clamped);
    }

    [Fact]
    public void The_ends_of_time_are_decided_too()
    {
        Candidate[] snapshots = [Of(Now) with { TimeNanoseconds = long.MaxValue }, Of(Now, 1) with { TimeNanoseconds = long.MinValue }];
        RetentionPolicy policy = new() { KeepHourly = 1, KeepWeekly = 1, KeepWithin = RetentionDuration.Parse("1h"), KeepWithinYearly = RetentionDuration.Parse("300y") };
        Assert.Equal(snapshots, Decide(snapshots, policy, Berlin).Kept);
    }
}
