using System.CommandLine;
using Snapstore.Retention;

namespace Snapstore.Cli;

/// <summary>The options --keep-...: which snapshots a policy keeps (spec/retention.md).</summary>
internal sealed class KeepOptions
{
    private static readonly string[] Buckets = ["hourly", "daily", "weekly", "monthly", "yearly"];

    private readonly Option<string?> _last = Declare.Text("--keep-last", "N", "Keep the N newest");
    private readonly Option<string?>[] _counts;
    private readonly Option<string?> _within = Declare.Text("--keep-within", "DURATION", "Keep all of the time before the newest: 30d, 1y6m");
    private readonly Option<string?>[] _withins;
    private readonly Option<string[]> _tags = Declare.Texts("--keep-tag", "TAG[,TAG...]", "Keep those that have all these tags (several: all of any one)");

    public KeepOptions()
    {
        _counts = [.. Buckets.Select(bucket => Declare.Text($"--keep-{bucket}", "N", $"Keep the newest of each of the last N {Of(bucket)} that have one; 'all' for every one"))];
        _withins = [.. Buckets.Select(bucket => Declare.Text($"--keep-within-{bucket}", "DURATION", $"Keep {bucket} ones of the time before the newest"))];
    }

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_last, .. _counts, _within, .. _withins, _tags])
            command.Options.Add(option);
    }

    /// <summary>The policy they make.</summary>
    public RetentionPolicy Read(CommandContext context) => new()
    {
        KeepLast = Count(context, _last),
        KeepHourly = Count(context, _counts[0]),
        KeepDaily = Count(context, _counts[1]),
        KeepWeekly = Count(context, _counts[2]),
        KeepMonthly = Count(context, _counts[3]),
        KeepYearly = Count(context, _counts[4]),
        KeepWithin = Duration(context, _within),
        KeepWithinHourly = Duration(context, _withins[0]),
        KeepWithinDaily = Duration(context, _withins[1]),
        KeepWithinWeekly = Duration(context, _withins[2]),
        KeepWithinMonthly = Duration(context, _withins[3]),
        KeepWithinYearly = Duration(context, _withins[4]),
        KeepTags = [.. context.Values(_tags).Select(set => set.Split(',', StringSplitOptions.RemoveEmptyEntries))],
    };

    private static string Of(string bucket) => bucket switch
    {
        "hourly" => "hours",
        "daily" => "days",
        "weekly" => "weeks",
        "monthly" => "months",
        _ => "years",
    };

    private static int Count(CommandContext context, Option<string?> option) =>
        context.Value(option) is { } text ? RetentionPolicy.ParseCount(text) : 0;

    private static RetentionDuration Duration(CommandContext context, Option<string?> option) =>
        context.Value(option) is { } text ? RetentionDuration.Parse(text) : default;
}
