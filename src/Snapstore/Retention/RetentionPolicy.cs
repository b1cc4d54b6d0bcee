using System.Globalization;

namespace Snapstore.Retention;

/// <summary>What to keep of a group of snapshots: a snapshot stays if any rule wants it (spec/retention.md).</summary>
public sealed record RetentionPolicy
{
    /// <summary>The count that stands for all.</summary>
    public const int All = -1;

    /// <summary>How many of the newest to keep; 0 for none, <see cref="All"/> for all, as in all counts here.</summary>
    public int KeepLast { get; init; }

    /// <summary>How many hours to keep the newest snapshot of.</summary>
    public int KeepHourly { get; init; }

    /// <summary>How many days to keep the newest snapshot of.</summary>
    public int KeepDaily { get; init; }

    /// <summary>How many ISO weeks to keep the newest snapshot of.</summary>
    public int KeepWeekly { get; init; }

    /// <summary>How many months to keep the newest snapshot of.</summary>
    public int KeepMonthly { get; init; }

    /// <summary>How many years to keep the newest snapshot of.</summary>
    public int KeepYearly { get; init; }

    /// <summary>Keep all that are less than so much older than the newest.</summary>
    public RetentionDuration KeepWithin { get; init; }

    /// <summary>The newest of every hour, of those that are less than so much older than the newest.</summary>
    public RetentionDuration KeepWithinHourly { get; init; }

    /// <summary>The newest of every day, of those that are less than so much older than the newest.</summary>
    public RetentionDuration KeepWithinDaily { get; init; }

    /// <summary>The newest of every ISO week, of those that are less than so much older than the newest.</summary>
    public RetentionDuration KeepWithinWeekly { get; init; }

    /// <summary>The newest of every month, of those that are less than so much older than the newest.</summary>
    public RetentionDuration KeepWithinMonthly { get; init; }

    /// <summary>The newest of every year, of those that are less than so much older than the newest.</summary>
    public RetentionDuration KeepWithinYearly { get; init; }

    /// <summary>Sets of tags: a snapshot that has every tag of at least one set stays.</summary>
    public IReadOnlyList<IReadOnlyList<string>> KeepTags { get; init; } = [];

    /// <summary>True where no rule says what to keep; such a policy decides nothing.</summary>
    public bool IsEmpty => !HasTimeRule && KeepTags.Count == 0;

    /// <summary>True where some rule counts or measures time: it keeps at least the newest.</summary>
    internal bool HasTimeRule => Counts.Any(count => count != 0) || Durations.Any(duration => !duration.IsZero);

    private int[] Counts => [KeepLast, KeepHourly, KeepDaily, KeepWeekly, KeepMonthly, KeepYearly];

    private RetentionDuration[] Durations =>
        [KeepWithin, KeepWithinHourly, KeepWithinDaily, KeepWithinWeekly, KeepWithinMonthly, KeepWithinYearly];

    /// <summary>Reads a count: a whole number, or "all" or "unlimited".</summary>
    /// <exception cref="UsageException">It is neither.</exception>
    public static int ParseCount(string text)
    {
        if (text is "all" or "unlimited")
            return All;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            ? count
            : throw new UsageException($"'{text}' is no count: write a whole number from 0 to {int.MaxValue}, or all");
    }

    /// <summary>Refuses what would decide nothing, or what nobody can mean.</summary>
    internal void Validate()
    {
        if (IsEmpty)
            throw new UsageException("no rule says what to keep; without one nothing is decided");
        if (Counts.Any(count => count < All))
            throw new UsageException($"a count of snapshots to keep is negative: {Counts.Min()}");
        if (KeepTags.Any(set => set.Count == 0))
            throw new UsageException("a set of tags to keep has no tags");
    }
}
