using System.Diagnostics;
using Snapstore.Retention;
using static Snapstore.Tests.Retention.RetentionCases;

namespace Snapstore.Tests.Retention;

/// <summary>Hourly snapshots over years, under the policy that most people have.</summary>
public sealed class RetentionScheduleTests
{
    private const int TenYears = 87_660;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);
    private static readonly RetentionPolicy Usual = new() { KeepDaily = 7, KeepWeekly = 4, KeepMonthly = 12, KeepYearly = 7 };

    [Fact]
    public void Ten_years_of_hours_leave_25_snapshots()
    {
        DateTimeOffset first = At("2016-11-21T00:00");
        RetentionPlan plan = Decide(Every(Hour, first, TenYears), Usual);
        string[] expected =
        [
            "2026-11-21T11:00", "2026-11-20T23:00", "2026-11-19T23:00", "2026-11-18T23:00", "2026-11-17T23:00", "2026-11-16T23:00", "2026-11-15T23:00",
            "2026-11-08T23:00", "2026-11-01T23:00", "2026-10-31T23:00", "2026-09-30T23:00", "2026-08-31T23:00", "2026-07-31T23:00", "2026-06-30T23:00",
            "2026-05-31T23:00", "2026-04-30T23:00", "2026-03-31T23:00", "2026-02-28T23:00", "2026-01-31T23:00", "2025-12-31T23:00",
            "2024-12-31T23:00", "2023-12-31T23:00", "2022-12-31T23:00", "2021-12-31T23:00", "2020-12-31T23:00",
        ];
        Assert.Equal(expected, KeptTimes(plan));
        Assert.Equal(TenYears, plan.Decisions.Count());
        Assert.Equal(CalendarModel.OfHourly(first.DateTime, At("2026-11-21T11:00").DateTime, Usual).Reverse(), Times(plan));
    }

    [Fact]
    public void Ten_years_of_hours_are_decided_in_no_time()
    {
        Candidate[] snapshots = Every(Hour, At("2016-11-21T00:00"), TenYears);
        RetentionDuration within = RetentionDuration.Parse("9y");
        RetentionPolicy all = Usual with { KeepLast = 10, KeepHourly = 1000, KeepWithin = within, KeepWithinDaily = within, KeepWithinMonthly = within };
        long start = Stopwatch.GetTimestamp();
        Decide(snapshots, all, Berlin);
        Assert.InRange(Stopwatch.GetElapsedTime(start), TimeSpan.Zero, TimeSpan.FromSeconds(5));
    }

    [Fact]
    public void Applied_every_day_for_three_years_it_leaves_what_the_calendar_says()
    {
        DateTimeOffset first = At("2023-11-21T00:00");
        List<Candidate> held = [];
        for (int day = 0; day < 1096; day++)
        {
            DateTimeOffset midnight = first.AddDays(day);
            held.AddRange(Every(Hour, midnight, 24));
            RetentionPlan plan = Decide(held, Usual, now: midnight.AddHours(23.5));
            held = [.. plan.Kept];
            Assert.Equal(CalendarModel.OfHourly(first.DateTime, midnight.DateTime.AddHours(23), Usual).Reverse(), Times(plan));
        }
    }

    [Fact]
    public void Applied_every_day_in_a_zone_with_summer_time_it_leaves_what_one_run_would()
    {
        Candidate[] all = Every(Hour, At("2023-11-21T00:00"), 24 * 1096);
        RetentionPolicy policy = Usual with { KeepHourly = 30, KeepWithinDaily = new RetentionDuration(weeks: 3) };
        List<Candidate> held = [];
        foreach (Candidate[] day in all.Chunk(24))
        {
            held.AddRange(day);
            held = [.. Decide(held, policy, Berlin, UnixTime.FromNanoseconds(day[^1].TimeNanoseconds)).Kept];
        }

        HashSet<SessionId> expected = CalendarModel.Of(all, policy, Berlin);
        Assert.Equal(expected.Order(), held.Select(snapshot => snapshot.Id).Order());
        Assert.Equal(expected, KeptIds(Decide(all, policy, Berlin)));
    }

    private static IEnumerable<DateTime> Times(RetentionPlan plan) =>
        plan.Kept.Select(snapshot => UnixTime.FromNanoseconds(snapshot.TimeNanoseconds).DateTime);
}
