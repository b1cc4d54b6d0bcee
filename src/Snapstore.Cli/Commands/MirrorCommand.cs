using System.CommandLine;
using Snapstore.Copying;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`mirror`: keeps a byte-level copy of a repository.</summary>
internal sealed class MirrorCommand : VerbCommand
{
    public const string Summary = "Keep a byte-level copy of the repository in another place";

    private readonly Option<string?> _to = Declare.Text("--to", "STORAGE", "Where the mirror is, or is to be; made where it is missing");
    private readonly Option<bool> _exact = Declare.Flag("--exact", "Also remove what was pruned and forgotten in the repository; needs the password");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what would be copied and removed, and write nothing", "-n");

    public MirrorCommand()
        : base("mirror", Summary)
    {
        Options.Add(_to);
        Options.Add(_exact);
        Options.Add(_dryRun);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
    [
        (ExitCode.Done, "done"), (ExitCode.Failed, "failed"), (ExitCode.Usage, "wrong usage, or something else is in that place"),
        (ExitCode.Damage, "damage found: a pack that does not hash to its name was left out, or the mirror has another object of a name"),
        (10, "there is no repository"), (ExitCode.Interrupted, "interrupted"),
    ];

    public override string Remarks =>
        "No password is needed but for --exact: only the records of prunes, which are sealed, tell what was removed from what was lost. The mirror opens with the same passwords. Nothing in it is ever replaced, and without --exact nothing is removed: what is forgotten here still counts there. Do not snapshot, forget or prune in a mirror while you mirror into it.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore mirror --to /mnt/usb/repo", "Adds what the mirror lacks; makes it the first time."),
        ("snapstore check --mirror /mnt/usb/repo --read-data", "Is it the same?"),
        ("snapstore repair packs --from /mnt/usb/repo", "Fetches lost and damaged packs back."),
    ];

    public override int Run(CommandContext context)
    {
        string to = context.Value(_to) is { Length: > 0 } given ? given : throw new UsageException("the place of the mirror was not named: use --to STORAGE");
        bool isDryRun = context.Value(_dryRun);
        using Repository? opened = context.Value(_exact) ? context.OpenUncached() : null;
        using IStorage? keyless = opened is null ? context.OpenStorage() : null;
        IStorage source = opened?.Storage ?? keyless!;
        RepositoryAccess access = RepositoryAccess.Keyless(context.Parsed, to);
        // Before the place is tried, which puts an object there.
        SamePlace.RefuseSameName(access.Location, context.Access.Location);
        using IStorage place = isDryRun ? OpenForDryRun(access) : access.CreateStorage();
        SamePlace.RefuseSameName(source.Location, place.Location);
        CheckProgress progress = new();
        long start = context.Time.GetTimestamp();
        MirrorReport report;
        using (new ProgressLine(context.Output, context.Time, () => new ProgressState(progress.Packs, "packs", progress.Bytes, progress.BytesExpected, 0, [])))
            report = Mirror.Run(source, place, opened, isDryRun, progress, context.Cancel);
        Print(context, report, isDryRun, context.Time.GetElapsedTime(start));
        return report.Problems.Total > 0 ? ExitCode.Damage : ExitCode.Done;
    }

    // A place that is not there yet is as good as an empty one, and stays what it is.
    private static IStorage OpenForDryRun(RepositoryAccess access)
    {
        try
        {
            return access.OpenStorage();
        }
        catch (RepositoryNotFoundException)
        {
            return new MemoryStorage();
        }
    }

    private static void Print(CommandContext context, MirrorReport report, bool isDryRun, TimeSpan duration)
    {
        Output.Each(report.Problems, context.Output.Damage);
        string copied = $"{Quantity.Count(report.Objects, "object")} ({Quantity.Bytes(report.Bytes)}, {Quantity.Count(report.Packs, "pack")})";
        string removed = report.ObjectsRemoved > 0 ? $", {Quantity.Count(report.ObjectsRemoved)} ({Quantity.Bytes(report.BytesRemoved)}) {(isDryRun ? "would be removed" : "removed")}" : "";
        context.Output.Tell(isDryRun
            ? $"dry run: {copied} would be copied{removed}; nothing was done"
            : $"{copied} copied{removed} in {Quantity.Duration(duration)}");
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "mirror");
            json.WriteBoolean("dry_run", isDryRun);
            json.WriteNumber("packs", report.Packs);
            json.WriteNumber("objects", report.Objects);
            json.WriteNumber("bytes", report.Bytes);
            json.WriteNumber("objects_removed", report.ObjectsRemoved);
            json.WriteNumber("bytes_removed", report.BytesRemoved);
            json.WriteNumber("problems", report.Problems.Total);
            json.WriteNumber("seconds", duration.TotalSeconds);
        });
    }
}
