namespace Snapstore.Retention;

/// <summary>Decides on the snapshots of one group.</summary>
internal sealed class GroupDecision(RetentionPolicy policy, long now, TimeZoneInfo zone)
{
    private static readonly string[] Unwanted = ["no rule keeps it"];
    private static readonly string[] LastOfGroup = ["the last of its group"];

    private readonly LocalCalendar _calendar = new(zone);

    /// <summary>True where a group may lose all its snapshots.</summary>
    public bool AllowEmpty { get; init; }

    /// <summary>One decision for each snapshot, newest first; of those of one time, that of the greatest id is the newest.</summary>
    public RetentionDecision[] Decide(IEnumerable<Candidate> group)
    {
        Candidate[] sorted = [.. group.OrderByDescending(s => s.TimeNanoseconds).ThenByDescending(s => s.Id)];
        int future = sorted.TakeWhile(s => s.TimeNanoseconds > now).Count();
        RetentionRules? rules = future < sorted.Length ? new(policy, sorted[future].TimeNanoseconds, _calendar) : null;
        RetentionDecision[] decisions = new RetentionDecision[sorted.Length];
        for (int i = 0; i < sorted.Length; i++)
        {
            List<string> reasons = [];
            if (i < future)
                AddFuture(sorted[i], reasons);
            else
                rules!.AddReasons(sorted[i].TimeNanoseconds, reasons);
            AddOthers(sorted[i], reasons);
            bool isKept = reasons.Count > 0;
            decisions[i] = new RetentionDecision(sorted[i], isKept, i < future, isKept ? reasons : Unwanted);
        }

        // A time that cannot be right makes no snapshot the last one, as long as there is another.
        int newest = Math.Min(future, decisions.Length - 1);
        if (!AllowEmpty && !Array.Exists(decisions, decision => decision.IsKept))
            decisions[newest] = decisions[newest] with { IsKept = true, Reasons = LastOfGroup };
        return decisions;
    }

    // Taken for one of now, every rule of time wants it; but it takes no place, or it would push out all that follow, day by day.
    private void AddFuture(Candidate snapshot, List<string> reasons)
    {
        if (policy.HasTimeRule)
            reasons.Add($"its time is to come ({_calendar.Text(snapshot.TimeNanoseconds)}): kept as if taken now");
    }

    private void AddOthers(Candidate snapshot, List<string> reasons)
    {
        foreach (IReadOnlyList<string> set in policy.KeepTags)
        {
            if (set.All(snapshot.Tags.Contains))
                reasons.Add($"{(set.Count == 1 ? "tag" : "tags")} {string.Join(", ", set)}");
        }

        if (snapshot.IsHeld)
            reasons.Add("held");
    }
}
