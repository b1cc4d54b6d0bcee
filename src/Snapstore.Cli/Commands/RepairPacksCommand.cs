using System.CommandLine;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`repair packs`: takes damaged packs out of use and saves what still opens in them.</summary>
internal sealed class RepairPacksCommand : VerbCommand
{
    public const string Summary = "Save what still opens in damaged packs, and take them out of use";

    private readonly Argument<string[]> _packs = Declare.Arguments("PACK", "Names of packs, as check tells them; without any, all are read", isOptional: true);
    private readonly Option<string?> _wait = PruneRun.DeclareWait();
    private readonly OtherRepository _from = new("from", "Fetch what is lost or damaged from this mirror, or this repository that holds copies of snapshots");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what is damaged and what would be saved, and do nothing", "-n");

    public RepairPacksCommand()
        : base("packs", Summary)
    {
        Arguments.Add(_packs);
        Options.Add(_wait);
        Options.Add(_dryRun);
        _from.AddTo(this);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits => ExitsWith((ExitCode.Damage, "done, and something is lost"));

    public override string Remarks =>
        "A copy of each damaged pack is kept below quarantine/ in the repository. What is lost comes back by itself when a later snapshot finds it in its source; else `repair snapshots` makes snapshots without it. A mirror needs no password, a repository that `copy` or `--also-to` wrote to needs its own.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore repair packs --dry-run", "Reads every pack and tells what is damaged."),
        ("snapstore repair packs packs/1f/09ab...-1f2e...", "Repairs one."),
        ("snapstore repair packs --from /mnt/usb/repo", "Fetches what is lost or damaged from a mirror, and repairs the rest."),
        ("snapstore repair packs --from /mnt/offsite --from-password-file /root/.offsite", "The same from a repository with other keys."),
    ];

    public override int Run(CommandContext context)
    {
        PruneOptions options = new() { Origin = PruneRun.Origin(context), IsDryRun = context.Value(_dryRun), Time = context.Time, Wait = PruneRun.ReadWait(context, _wait) };
        string[] named = context.Value(_packs);
        HashSet<StorageKey>? packs = named.Length == 0 ? null : [.. named.Select(Parse)];
        using Repository repository = context.OpenUncached();
        using RepairSource? from = _from.IsGiven(context) ? RepairSource.Open(context, _from.Access(context), repository) : null;
        CheckProgress progress = new();
        PackRepairReport report;
        using (new ProgressLine(context.Output, context.Time, () => new ProgressState(progress.Packs, "packs", progress.Bytes, progress.BytesExpected, progress.Damaged, [])))
            report = PackRepair.Run(repository, packs, options, progress, context.Cancel, from?.Mirror);
        if (from?.Copy is { } copy)
            return MendOutcome.Run(context, repository, copy, report, options);
        Print(context, report, options.IsDryRun, null);
        return report.Damaged.Any(pack => pack.Lost > 0 || pack.IsUnknown) ? ExitCode.Damage : ExitCode.Done;
    }

    private static StorageKey Parse(string name) => StorageKey.TryParse(name) is { } key && key.TryParsePack(out _, out _)
        ? key
        : throw new UsageException($"'{Escaped.Text(name)}' is no pack's name: they begin with packs/ as `check` tells them");

    /// <summary>Tells what was done; <paramref name="fetched"/> is what another repository gave back, null where none was asked.</summary>
    public static void Print(CommandContext context, PackRepairReport report, bool isDryRun, CopyFetchReport? fetched)
    {
        Output output = context.Output;
        foreach (RepairedPack pack in report.Damaged)
        {
            output.Line($"{output.Red("damage")}: {pack.Key}: {Escaped.Text(pack.Damage)}");
            output.Line(pack.IsUnknown
                ? "  nobody tells what it held"
                : $"  of {Quantity.Count(pack.Blobs, "blob")} {Quantity.Count(pack.Saved)} {(isDryRun ? "can be saved" : "saved")}, {Quantity.Count(pack.Elsewhere)} in other packs too, {Quantity.Count(pack.Lost)} lost");
            output.Json("repaired_pack", json =>
            {
                json.WriteString("object", pack.Key.Name);
                json.WriteString("message", pack.Damage);
                json.WriteNumber("blobs", pack.Blobs);
                json.WriteNumber("saved", pack.Saved);
                json.WriteNumber("elsewhere", pack.Elsewhere);
                json.WriteNumber("lost", pack.Lost);
            });
        }

        foreach (StorageKey pack in report.Fetched)
        {
            output.Line($"{pack}: {(isDryRun ? "can be fetched" : "fetched")} from the mirror");
            output.Json("fetched_pack", json => json.WriteString("object", pack.Name));
        }

        PruneRun.PrintWaiting(context, report.Waiting);
        output.Tell(Outcome(report, isDryRun));
        MendOutcome.Print(context, fetched, isDryRun);
        output.Json("summary", json =>
        {
            json.WriteString("verb", "repair packs");
            json.WriteBoolean("dry_run", isDryRun);
            json.WriteNumber("packs_read", report.PacksRead);
            json.WriteNumber("fetched", report.Fetched.Count);
            json.WriteNumber("damaged", report.Damaged.Count);
            json.WriteNumber("packs_removed", report.PacksRemoved);
            json.WriteNumber("bytes_written", report.BytesWritten);
            MendOutcome.Write(json, fetched);
            json.WriteTexts("waiting", [.. report.Waiting.Select(waiting => waiting.Session.ToString())]);
        });
    }

    private static string Outcome(PackRepairReport report, bool isDryRun)
    {
        string fetched = report.Fetched.Count > 0 ? $", {Quantity.Count(report.Fetched.Count)} {(isDryRun ? "can be" : "were")} fetched from the mirror" : "";
        string read = Quantity.Count(report.PacksRead, "pack");
        if (report.Damaged.Count == 0)
            return fetched.Length > 0 ? $"{read} read{fetched}, none else is damaged" : $"{read} read, none is damaged";
        string damaged = $"{read} read{fetched}, {Quantity.Count(report.Damaged.Count)} damaged";
        if (isDryRun)
            return $"dry run: {damaged}, nothing was done";
        if (report.Waiting.Count > 0)
            return $"{damaged}; nothing uses them any more, and the next prune deletes them, when {Quantity.Count(report.Waiting.Count, "session")} at work will have ended";
        int spared = report.Damaged.Count - report.PacksRemoved;
        return $"{damaged}, {Quantity.Count(report.PacksRemoved)} taken out of use; their bytes are kept below quarantine/" + (spared > 0 ? $"; run again for the other {Quantity.Count(spared)}" : "");
    }
}
