using Snapstore.Retention;
using static Snapstore.Tests.Retention.RetentionCases;

namespace Snapstore.Tests.Retention;

/// <summary>Small cases, decided by hand.</summary>
public sealed class RetentionTableTests
{
    private static readonly string[] ThreeInADay = ["2026-11-20T08:00", "2026-11-20T12:00", "2026-11-20T16:00"];

    [Fact]
    public void Gives_the_results_of_the_spec()
    {
        string[][] rows = [.. SpecFiles.TableRows("retention.md", "## Worked table")];
        Candidate[] snapshots = [.. rows.Select((row, i) => Of(At(row[0]), i, row[2] == "tag audit" ? ["audit"] : []))];
        RetentionPolicy policy = new()
        {
            KeepDaily = 3,
            KeepWeekly = 2,
            KeepMonthly = 2,
            KeepYearly = 2,
            KeepWithin = RetentionDuration.Parse("12h"),
            KeepTags = [["audit"]],
        };
        RetentionPlan plan = RetentionPlan.Decide(snapshots, policy, GroupBy.None, At("2027-01-06T12:00"), TimeZoneInfo.Utc);
        Assert.Equal(11, rows.Length);
        Assert.Equal(
            rows.Select(row => $"{row[1]}: {row[2]}"),
            plan.Decisions.Select(d => $"{(d.IsKept ? "kept" : "dropped")}: {string.Join("; ", d.Reasons)}"));
        Assert.Equal([snapshots[0]], plan.Clamped);
    }

    // Restic's manual: 4 daily of one snapshot each Sunday are the last four Sundays.
    [Fact]
    public void Days_without_a_snapshot_take_no_place()
    {
        Candidate[] sundays = Every(TimeSpan.FromDays(7), At("2026-08-02T11:18"), 16);
        Assert.Equal(
            ["2026-11-15T11:18", "2026-11-08T11:18", "2026-11-01T11:18", "2026-10-25T11:18"],
            KeptTimes(Decide(sundays, new RetentionPolicy { KeepDaily = 4 })));
    }

    // Restic's manual: 7 daily, 4 more weekly (one is a day kept), 11 or 12 more monthly, 75 or so yearly.
    [Fact]
    public void A_century_of_days_leaves_94_snapshots()
    {
        Candidate[] days = Every(TimeSpan.FromDays(1), At("1926-11-22T10:00"), 36_525);
        RetentionPlan plan = Decide(days, new RetentionPolicy { KeepDaily = 7, KeepWeekly = 5, KeepMonthly = 12, KeepYearly = 75 });
        string[] kept = KeptTimes(plan);
        Assert.Equal("2026-11-21T10:00", kept[0]);
        Assert.Equal("1952-12-31T10:00", kept[^1]);
        Assert.Equal(7 + 3 + 11 + 73, kept.Length);
    }

    [Theory]
    [InlineData(1, "16:00")]
    [InlineData(2, "16:00 12:00")]
    [InlineData(9, "16:00 12:00 08:00")]
    [InlineData(RetentionPolicy.All, "16:00 12:00 08:00")]
    public void Keeps_the_last(int count, string kept) => Assert.Equal(
        kept,
        string.Join(' ', KeptTimes(Decide(Series(ThreeInADay), new RetentionPolicy { KeepLast = count })).Select(time => time[^5..])));

    // Restic would keep the oldest too, as the count has room.
    [Fact]
    public void The_oldest_takes_a_place_only_in_a_bucket_of_its_own()
    {
        RetentionPolicy policy = new() { KeepDaily = 2 };
        Assert.Equal(["2026-11-20T16:00"], KeptTimes(Decide(Series(ThreeInADay), policy)));
        Assert.Equal(
            ["2026-11-20T16:00", "2026-11-19T23:59"],
            KeptTimes(Decide(Series([.. ThreeInADay, "2026-11-19T23:59"]), policy)));
    }

    [Fact]
    public void Counts_of_all_are_told_without_a_limit()
    {
        RetentionPolicy policy = new() { KeepLast = RetentionPolicy.All, KeepYearly = RetentionPolicy.All };
        Assert.Equal(["last 1 of all", "yearly 2026"], Decide(Series("2026-11-20T08:00"), policy).Decisions.Single().Reasons);
    }

    [Fact]
    public void Of_one_time_the_greatest_id_is_the_newest()
    {
        Candidate[] snapshots = Series("2026-11-20T08:00", "2026-11-20T08:00", "2026-11-20T08:00");
        Assert.Equal([snapshots[2]], Decide(snapshots, new RetentionPolicy { KeepLast = 1 }).Kept);
        Assert.Equal([snapshots[2]], Decide([.. snapshots.Reverse()], new RetentionPolicy { KeepDaily = 3 }).Kept);
    }

    [Theory]
    [InlineData("2d", "2026-11-10T12:00 2026-11-08T12:01")]
    [InlineData("48h", "2026-11-10T12:00 2026-11-08T12:01")]
    [InlineData("1d25h", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00")]
    [InlineData("1w", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00")]
    [InlineData("1m1h", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00 2026-10-10T12:00")]
    [InlineData("2147483647y", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00 2026-10-10T12:00 1990-01-01T00:00")]
    [InlineData("2147483647d", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00 2026-10-10T12:00 1990-01-01T00:00")]
    [InlineData("2147483647h", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00 2026-10-10T12:00 1990-01-01T00:00")]
    [InlineData("5000000h", "2026-11-10T12:00 2026-11-08T12:01 2026-11-08T12:00 2026-10-10T12:00 1990-01-01T00:00")]
    public void Within_counts_from_the_newest_and_not_from_now(string duration, string kept)
    {
        Candidate[] snapshots = Series("2026-11-10T12:00", "2026-11-08T12:01", "2026-11-08T12:00", "2026-10-10T12:00", "1990-01-01T00:00");
        RetentionPlan plan = Decide(snapshots, new RetentionPolicy { KeepWithin = RetentionDuration.Parse(duration) });
        Assert.Equal(kept, string.Join(' ', KeptTimes(plan)));
    }

    [Fact]
    public void Within_is_exact_to_the_nanosecond()
    {
        Candidate newest = Of(Now, 1);
        newest = newest with { TimeNanoseconds = newest.TimeNanoseconds - 45 };
        long hourAgo = newest.TimeNanoseconds - 3_600_000_000_000;
        RetentionPolicy policy = new() { KeepWithin = RetentionDuration.Parse("1h") };
        Assert.Single(Decide([newest, newest with { TimeNanoseconds = hourAgo }], policy).Kept);
        Assert.Equal(2, Decide([newest, newest with { TimeNanoseconds = hourAgo + 1 }], policy).Kept.Count());
    }

    [Fact]
    public void Daily_within_keeps_the_newest_of_each_day_in_reach()
    {
        Candidate[] snapshots = Every(TimeSpan.FromHours(8), At("2026-11-01T00:00"), 30);
        RetentionPlan plan = Decide(snapshots, new RetentionPolicy { KeepWithinDaily = RetentionDuration.Parse("2d") });
        Assert.Equal(["2026-11-10T16:00", "2026-11-09T16:00"], KeptTimes(plan));
        Assert.Equal(["daily 2026-11-10 within 2d"], plan.Decisions.First().Reasons);
        RetentionPolicy oneMore = new() { KeepWithinDaily = RetentionDuration.Parse("2d1h") };
        Assert.Equal(["2026-11-10T16:00", "2026-11-09T16:00", "2026-11-08T16:00"], KeptTimes(Decide(snapshots, oneMore)));
    }

    [Fact]
    public void Tags_keep_by_any_set_of_which_all_are_there()
    {
        Candidate[] snapshots = [Of(Now, 0), Of(Now, 1, "a"), Of(Now, 2, "a", "b"), Of(Now, 3, "b", "c")];
        RetentionPlan plan = RetentionPlan.Decide(snapshots, new RetentionPolicy { KeepTags = [["b", "a"], ["c"]] }, GroupBy.None, Now, TimeZoneInfo.Utc);
        Assert.Equal([snapshots[3], snapshots[2]], plan.Kept);
        Assert.Equal(["tag c", "tags b, a"], plan.Decisions.Take(2).Select(d => d.Reasons.Single()));
    }
}
