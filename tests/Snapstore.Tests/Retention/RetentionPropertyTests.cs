using Snapstore.Retention;
using Snapstore.Tests.Formats;
using static Snapstore.Tests.Retention.RetentionCases;

namespace Snapstore.Tests.Retention;

/// <summary>What holds for every policy and every set of snapshots.</summary>
public sealed class RetentionPropertyTests
{
    private const int Cases = 1000;

    private static readonly TimeZoneInfo[] Zones = [TimeZoneInfo.Utc, Berlin];

    [Fact]
    public void Every_snapshot_is_decided_once_and_has_a_reason() => ForAll((_, snapshots, decide) =>
    {
        RetentionPlan plan = decide(snapshots);
        Assert.Equal(snapshots.Select(s => s.Id).Order(), plan.Decisions.Select(d => d.Snapshot.Id).Order());
        Assert.All(plan.Decisions, d => Assert.True(d.Reasons.Count > 0 && d.Reasons.All(reason => reason.Length > 0)));
        Assert.Equal(plan.Decisions.Count(), plan.Kept.Count() + plan.Dropped.Count());
    });

    [Fact]
    public void Deciding_again_drops_nothing() => ForAll((_, snapshots, decide) => Assert.Empty(decide([.. decide(snapshots).Kept]).Dropped));

    [Fact]
    public void The_order_of_input_does_not_matter() => ForAll((values, snapshots, decide) =>
    {
        RetentionPlan plan = decide(snapshots);
        RetentionPlan shuffled = decide([.. snapshots.OrderBy(_ => values.Int(1000))]);
        Assert.Equal(Lines(plan), Lines(shuffled));
    });

    [Fact]
    public void Held_snapshots_stay() => ForAll((_, snapshots, decide) => Assert.DoesNotContain(decide(snapshots).Dropped, s => s.IsHeld));

    [Fact]
    public void Being_held_changes_nothing_for_others() => ForAll((_, snapshots, decide) =>
    {
        RetentionPlan free = decide([.. snapshots.Select(s => s with { IsHeld = false })]);
        HashSet<SessionId> heldOnes = [.. snapshots.Where(s => s.IsHeld).Select(s => s.Id)];
        HashSet<SessionId> kept = KeptIds(decide(snapshots));
        Assert.True(kept.IsSubsetOf(KeptIds(free).Union(heldOnes)));
        Assert.True(heldOnes.IsSubsetOf(kept));
    });

    [Fact]
    public void No_group_loses_all() => ForAll((_, snapshots, decide) =>
        Assert.All(decide(snapshots).Groups, group => Assert.Contains(group.Decisions, decision => decision.IsKept)));

    [Fact]
    public void Snapshots_of_the_future_are_reported() => ForAll((_, snapshots, decide) => Assert.Equal(
        snapshots.Where(s => s.TimeNanoseconds > UnixTime.ToNanoseconds(Now)).Select(s => s.Id).Order(),
        decide(snapshots).Clamped.Select(s => s.Id).Order()));

    [Fact]
    public void Snapshots_of_the_future_push_out_no_other() => ForAll((_, snapshots, decide) =>
    {
        Candidate[] past = [.. snapshots.Where(s => s.TimeNanoseconds <= UnixTime.ToNanoseconds(Now))];
        HashSet<SessionId> withFuture = KeptIds(decide(snapshots));
        HashSet<SessionId> without = KeptIds(decide(past));
        without.ExceptWith(OnlyAsTheLast(decide(past)));
        Assert.True(without.IsSubsetOf(withFuture));
    });

    [Fact]
    public void Keeping_more_drops_no_more() => SeededValues.ForAll(
        values =>
        {
            Candidate[] snapshots = Random(values);
            RetentionPolicy policy = RandomPolicy(values);
            TimeZoneInfo zone = Zones[values.Int(Zones.Length)];
            bool allowEmpty = values.Bool();
            HashSet<SessionId> kept = KeptIds(RetentionPlan.Decide(snapshots, policy, GroupBy.Host, Now, zone, allowEmpty));
            for (int rule = 0; rule < RuleCount; rule++)
            {
                RetentionPolicy more = WithMore(policy, rule, values);
                Assert.True(kept.IsSubsetOf(KeptIds(RetentionPlan.Decide(snapshots, more, GroupBy.Host, Now, zone, allowEmpty))), $"{policy} -> {more}");
            }
        },
        Cases);

    [Fact]
    public void Agrees_with_a_query_for_each_rule() => SeededValues.ForAll(
        values =>
        {
            RetentionPolicy policy = RandomPolicy(values) with { KeepTags = [], KeepDaily = 3 };
            Candidate[] snapshots = [.. Past(values).DistinctBy(s => s.TimeNanoseconds).Select(s => s with { IsHeld = false, Tags = [], Host = "a" })];
            Assert.Equal(CalendarModel.Of(snapshots, policy, TimeZoneInfo.Utc).Order(), KeptIds(Decide(snapshots, policy)).Order());
        },
        Cases);

    [Fact]
    public void Applied_as_time_goes_on_it_leaves_what_one_run_would() => SeededValues.ForAll(
        values =>
        {
            RetentionPolicy policy = RandomPolicy(values);
            Candidate[] snapshots = [.. Past(values).OrderBy(s => s.TimeNanoseconds).ThenBy(s => s.Id)];
            List<Candidate> left = [];
            foreach (Candidate snapshot in snapshots)
            {
                left.Add(snapshot);
                if (values.Bool())
                    left = [.. Decide(left, policy, now: UnixTime.FromNanoseconds(snapshot.TimeNanoseconds)).Kept];
            }

            Assert.Equal(KeptIds(Decide(snapshots, policy)).Order(), KeptIds(Decide(left, policy)).Order());
        },
        Cases);

    private static IEnumerable<Candidate> Past(SeededValues values) =>
        Random(values).Where(s => s.TimeNanoseconds <= UnixTime.ToNanoseconds(Now));

    private static IEnumerable<SessionId> OnlyAsTheLast(RetentionPlan plan) =>
        plan.Decisions.Where(d => d.Reasons is ["the last of its group"]).Select(d => d.Snapshot.Id);

    private static IEnumerable<string> Lines(RetentionPlan plan) =>
        plan.Decisions.Select(d => $"{d.Snapshot.Id} {d.IsKept} {d.IsClamped} {string.Join("; ", d.Reasons)}");

    private static void ForAll(Action<SeededValues, Candidate[], Func<IReadOnlyList<Candidate>, RetentionPlan>> property) => SeededValues.ForAll(
        values =>
        {
            Candidate[] snapshots = Random(values);
            RetentionPolicy policy = RandomPolicy(values);
            TimeZoneInfo zone = Zones[values.Int(Zones.Length)];
            GroupBy groupBy = (GroupBy)values.Int((int)GroupBy.Default + 1);
            property(values, snapshots, list => RetentionPlan.Decide(list, policy, groupBy, Now, zone));
        },
        Cases);
}
