using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Retention;
using static Snapstore.Tests.Retention.RetentionCases;

namespace Snapstore.Tests.Retention;

/// <summary>What a group is, what it never loses, and which requests are refused.</summary>
public sealed class RetentionGroupTests
{
    private static readonly RetentionPolicy OnlyTagged = new() { KeepTags = [["yearly"]] };

    [Theory]
    [InlineData("", GroupBy.None)]
    [InlineData("host", GroupBy.Host)]
    [InlineData("tags,host", GroupBy.Host | GroupBy.Tags)]
    [InlineData("source,source", GroupBy.Source)]
    [InlineData("host,source,tags", GroupBy.Default)]
    public void Reads_a_grouping(string text, GroupBy expected)
    {
        Assert.Equal(expected, GroupByText.Parse(text));
        Assert.Equal(expected, GroupByText.Parse(GroupByText.Of(expected)));
    }

    [Theory]
    [InlineData("hosts")]
    [InlineData("Host")]
    [InlineData("host,")]
    [InlineData(",")]
    [InlineData("host tags")]
    [InlineData(" host")]
    public void Refuses_a_grouping(string text) => Assert.Throws<UsageException>(() => GroupByText.Parse(text));

    [Fact]
    public void Default_is_written_out() => Assert.Equal("host,source,tags", GroupByText.Of(GroupBy.Default));

    [Theory]
    [InlineData("", 1)]
    [InlineData("host", 2)]
    [InlineData("source", 3)]
    [InlineData("tags", 2)]
    [InlineData("host,source", 4)]
    [InlineData("host,source,tags", 5)]
    public void Groups_by_what_is_asked(string groupBy, int count)
    {
        Candidate first = Of(Now) with { Paths = ["/a"u8.ToArray(), "/b"u8.ToArray()], Tags = ["x", "y"] };
        Candidate[] snapshots = Numbered(
            first,
            first with { Paths = ["/b"u8.ToArray(), "/a"u8.ToArray(), "/b"u8.ToArray()], Tags = ["y", "x", "y"] },
            first with { Host = "other" },
            first with { Source = SourceKind.Command },
            first with { Paths = [[(byte)'/', 0xff]] },
            first with { Tags = ["xy"] });
        RetentionPlan plan = RetentionPlan.Decide(snapshots, new RetentionPolicy { KeepLast = 1 }, GroupByText.Parse(groupBy), Now, TimeZoneInfo.Utc);
        Assert.Equal(count, plan.Groups.Count);
        Assert.Equal(count, plan.Kept.Count());
        Assert.Equal(plan.Groups.Select(group => group.Key).Order(), plan.Groups.Select(group => group.Key));
    }

    [Fact]
    public void A_key_tells_what_the_group_has_in_common()
    {
        Candidate snapshot = Of(Now, 0, "y", "x");
        GroupKey all = GroupKey.Of(snapshot, GroupBy.Default);
        Assert.Equal(("host", SourceKind.Files), (all.Host, all.Source));
        Assert.Equal("/home"u8.ToArray(), Assert.Single(all.Paths));
        Assert.Equal(["x", "y"], all.Tags);
        GroupKey none = GroupKey.Of(snapshot, GroupBy.None);
        Assert.True(none.Host is null && none.Source is null && none.Paths.Count == 0 && none.Tags is null);
    }

    [Fact]
    public void A_group_keeps_its_newest_unless_it_may_be_empty()
    {
        Candidate[] snapshots = Series("2026-11-20T08:00", "2026-11-19T08:00", "2100-01-01T00:00");
        RetentionPlan plan = Decide(snapshots, OnlyTagged);
        Assert.Equal([snapshots[0]], plan.Kept);
        Assert.Equal(["the last of its group"], plan.Decisions.Single(d => d.IsKept).Reasons);
        Assert.Equal([snapshots[2]], Decide([snapshots[2]], OnlyTagged).Kept);
        Assert.Empty(RetentionPlan.Decide(snapshots, OnlyTagged, GroupBy.Default, Now, TimeZoneInfo.Utc, allowEmptyGroup: true).Kept);
    }

    [Fact]
    public void What_is_held_takes_its_place_as_any_other()
    {
        Candidate[] snapshots = Series("2026-11-20T08:00", "2026-11-19T08:00", "2026-11-18T08:00");
        snapshots[0] = snapshots[0] with { IsHeld = true };
        snapshots[2] = snapshots[2] with { IsHeld = true };
        RetentionPlan plan = Decide(snapshots, new RetentionPolicy { KeepLast = 1 });
        Assert.Equal([snapshots[0], snapshots[2]], plan.Kept);
        Assert.Equal(["last 1 of 1", "held"], plan.Decisions.First().Reasons);
        Assert.Equal(["held"], plan.Decisions.Last().Reasons);
    }

    [Fact]
    public void No_snapshots_are_no_groups() => Assert.Empty(Decide([], OnlyTagged).Groups);

    [Fact]
    public void Refuses_policies_that_nobody_can_mean()
    {
        Assert.True(new RetentionPolicy().IsEmpty);
        Assert.True(new RetentionPolicy { KeepWithin = RetentionDuration.Parse("0d") }.IsEmpty);
        Assert.False(OnlyTagged.IsEmpty);
        Assert.Throws<UsageException>(() => Decide([], new RetentionPolicy()));
        Assert.Throws<UsageException>(() => Decide([], new RetentionPolicy { KeepLast = 1, KeepYearly = -2 }));
        Assert.Throws<UsageException>(() => Decide([], new RetentionPolicy { KeepLast = 1, KeepTags = [[]] }));
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("7", 7)]
    [InlineData("all", RetentionPolicy.All)]
    [InlineData("unlimited", RetentionPolicy.All)]
    public void Reads_a_count(string text, int count) => Assert.Equal(count, RetentionPolicy.ParseCount(text));

    [Theory]
    [InlineData("")]
    [InlineData("-1")]
    [InlineData("+1")]
    [InlineData("1.0")]
    [InlineData("All")]
    [InlineData(" 7")]
    [InlineData("2147483648")]
    public void Refuses_a_count(string text) => Assert.Throws<UsageException>(() => RetentionPolicy.ParseCount(text));

    [Fact]
    public void A_candidate_has_the_tags_of_now()
    {
        Manifest manifest = new() { Root = default, Source = SourceKind.Stream, TimeNanoseconds = 42, Host = "h", Paths = ["/s"u8.ToArray()], Tags = ["old"] };
        SessionId id = SessionId.NewRandom();
        Candidate candidate = Candidate.Of(new Snapshot(id, manifest, ["new"], default), isHeld: true);
        Assert.Equal((id, 42L, "h", SourceKind.Stream, true), (candidate.Id, candidate.TimeNanoseconds, candidate.Host, candidate.Source, candidate.IsHeld));
        Assert.Equal(["new"], candidate.Tags);
        Assert.Same(manifest.Paths, candidate.Paths);
    }

    private static Candidate[] Numbered(params Candidate[] snapshots) => [.. snapshots.Select((s, i) => s with { Id = Of(Now, i).Id })];
}
