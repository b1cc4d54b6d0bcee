using System.CommandLine;
using System.Globalization;
using Snapstore.Repair;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`repair versions`: brings back what was deleted or put over in a bucket with object lock.</summary>
internal sealed class RepairVersionsCommand : VerbCommand
{
    public const string Summary = "Bring back objects that somebody deleted or put over, where the bucket keeps versions";

    private readonly Option<string?> _since = Declare.Text("--since", "TIME", "Only what was deleted or put over at this time or later");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what would come back, and do nothing", "-n");

    public RepairVersionsCommand()
        : base("versions", Summary)
    {
        Options.Add(_since);
        Options.Add(_dryRun);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
    [
        (ExitCode.Done, "done"), (ExitCode.Failed, "failed"), (ExitCode.Usage, "wrong usage, or the place keeps no versions"),
        (ExitCode.Damage, "some objects could not be brought back; they are named"), (ExitCode.Interrupted, "interrupted"),
    ];

    public override string Remarks =>
        "No password is needed: names are never used twice, so the first version of each object is the right one. Keys that `key remove` took out come back too while they are locked: give --since, or remove them again.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore repair versions --dry-run", "What somebody deleted or put over, and when."),
        ("snapstore repair versions --since 2026-11-01T12:00", "Brings back what was harmed since then."),
    ];

    public override int Run(CommandContext context)
    {
        bool isDryRun = context.Value(_dryRun);
        DateTimeOffset since = context.Value(_since) is { } text ? UnixTime.FromNanoseconds(TimeArgument.Start(text, context.Time)) : DateTimeOffset.MinValue;
        using IStorage storage = context.OpenStorage();
        if (storage is not ILockingStorage versioned)
            throw new UsageException($"{storage.Location} keeps no versions of objects: there is nothing to bring back");
        int restored = 0, failed = 0;
        foreach (RestoredObject one in VersionRepair.Run(versioned, since, isDryRun, context.Cancel))
        {
            _ = one.Problem.Length == 0 ? restored++ : failed++;
            Print(context, one, isDryRun);
        }

        context.Output.Tell(isDryRun
            ? $"dry run: {Quantity.Count(restored, "object")} would be brought back, nothing was done"
            : $"{Quantity.Count(restored, "object")} brought back{(failed > 0 ? $", {Quantity.Count(failed)} not" : restored > 0 ? "; next: snapstore check" : "")}");
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "repair versions");
            json.WriteBoolean("dry_run", isDryRun);
            json.WriteNumber("restored", restored);
            json.WriteNumber("failed", failed);
        });
        return failed > 0 ? ExitCode.Damage : ExitCode.Done;
    }

    private static void Print(CommandContext context, RestoredObject one, bool isDryRun)
    {
        string what = one.Object.IsHidden ? "deleted" : "put over";
        string when = SnapshotJson.LocalTime(UnixTime.ToNanoseconds(one.Object.Time), context.Time);
        if (one.Problem.Length > 0)
            context.Output.Damage($"{one.Object.Key}: {what} {when}: {one.Problem}");
        else
            context.Output.Line(string.Create(CultureInfo.InvariantCulture, $"{one.Object.Key}: {what} {when}, {(isDryRun ? "can be brought back" : "brought back")}"));
        context.Output.Json("restored_object", json =>
        {
            json.WriteString("object", one.Object.Key.Name);
            json.WriteString("harm", one.Object.IsHidden ? "deleted" : "put_over");
            json.WriteTime("time", UnixTime.ToNanoseconds(one.Object.Time));
            if (one.Problem.Length > 0)
                json.WriteString("message", one.Problem);
        });
    }
}
