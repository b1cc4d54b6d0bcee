namespace Snapstore.Retention;

/// <summary>What becomes of one snapshot.</summary>
/// <param name="Snapshot">The snapshot.</param>
/// <param name="IsKept">True where it stays.</param>
/// <param name="IsClamped">True where its time is later than now, so that it was decided as if taken now.</param>
/// <param name="Reasons">Why, in words for people; never empty.</param>
public sealed record RetentionDecision(Candidate Snapshot, bool IsKept, bool IsClamped, IReadOnlyList<string> Reasons);

/// <summary>The decisions on snapshots that belong together, newest first.</summary>
/// <param name="Key">What they have in common.</param>
/// <param name="Decisions">One for each.</param>
public sealed record RetentionGroup(GroupKey Key, IReadOnlyList<RetentionDecision> Decisions);

/// <summary>Which snapshots a policy keeps, and why (spec/retention.md); nothing is removed by deciding.</summary>
/// <param name="Groups">The decisions by group, in the order of the groups' keys.</param>
public sealed record RetentionPlan(IReadOnlyList<RetentionGroup> Groups)
{
    /// <summary>All decisions, group by group.</summary>
    public IEnumerable<RetentionDecision> Decisions => Groups.SelectMany(group => group.Decisions);

    /// <summary>The snapshots that stay.</summary>
    public IEnumerable<Candidate> Kept => Decisions.Where(decision => decision.IsKept).Select(decision => decision.Snapshot);

    /// <summary>The snapshots that go.</summary>
    public IEnumerable<Candidate> Dropped => Decisions.Where(decision => !decision.IsKept).Select(decision => decision.Snapshot);

    /// <summary>The snapshots whose time is later than now: some clock is or was wrong, and the user should know.</summary>
    public IEnumerable<Candidate> Clamped => Decisions.Where(decision => decision.IsClamped).Select(decision => decision.Snapshot);

    /// <summary>Decides on every snapshot given; the order they come in does not matter.</summary>
    /// <param name="snapshots">The snapshots, each once.</param>
    /// <param name="policy">What to keep of each group.</param>
    /// <param name="groupBy">Which snapshots are a group.</param>
    /// <param name="now">The time now: later times are taken for this one.</param>
    /// <param name="zone">The zone whose calendar has the days and weeks.</param>
    /// <param name="allowEmptyGroup">True to let a group lose all its snapshots where no rule wants any.</param>
    /// <exception cref="UsageException">The policy is empty, or has a count or a set of tags that nobody can mean.</exception>
    public static RetentionPlan Decide(
        IReadOnlyList<Candidate> snapshots,
        RetentionPolicy policy,
        GroupBy groupBy,
        DateTimeOffset now,
        TimeZoneInfo zone,
        bool allowEmptyGroup = false)
    {
        policy.Validate();
        GroupDecision decision = new(policy, UnixTime.ToNanoseconds(now), zone) { AllowEmpty = allowEmptyGroup };
        return new RetentionPlan(
        [
            .. snapshots
                .GroupBy(snapshot => GroupKey.Of(snapshot, groupBy))
                .OrderBy(group => group.Key)
                .Select(group => new RetentionGroup(group.Key, decision.Decide(group))),
        ]);
    }
}
