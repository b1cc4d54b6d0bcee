using System.CommandLine;
using Snapstore.Copying;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`copy`: sends snapshots to another repository.</summary>
internal sealed class CopyCommand : VerbCommand
{
    public const string Summary = "Copy snapshots to another repository, with a password and keys of its own";

    private readonly Argument<string[]> _snapshots = Declare.Arguments("SNAPSHOT", "Snapshots to copy; without any, all that the filters let through", isOptional: true);
    private readonly OtherRepository _to = new("to", "The repository to copy to; it exists");
    private readonly ListedOptions _listed = new();
    private readonly Option<bool> _verify = Declare.Flag("--verify", "Read back what each copy came to need in this run, and compare, before it counts");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what would be copied, and write nothing", "-n");

    public CopyCommand()
        : base("copy", Summary)
    {
        Arguments.Add(_snapshots);
        _to.AddTo(this);
        _listed.AddTo(this);
        Options.Add(_verify);
        Options.Add(_dryRun);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Damage, "a snapshot could not be read whole, or did not read back, and was not copied; the others were"));

    public override string Remarks =>
        "Only what is missing there is stored. A snapshot that is there, as what it was first taken, is passed over. Copies get ids of their own. What was forgotten there is copied again: say what you want with --since or --latest.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore copy --to /mnt/offsite --to-password-file /root/.offsite", "All snapshots; run it every night."),
        ("snapstore copy --to /mnt/offsite --host db1 --latest 1 --verify", "The newest of each source of db1, read back and compared."),
        ("snapstore copy 1a2b3c4d --to /mnt/offsite --dry-run", "What copying one would store."),
    ];

    public override int Run(CommandContext context)
    {
        RepositoryAccess to = _to.Access(context);
        SnapshotFilter filter = _listed.Read(context);
        CopyOptions options = new()
        {
            Origin = PruneRun.Origin(context),
            IsDryRun = context.Value(_dryRun),
            Verifies = context.Value(_verify),
            Time = context.Time,
        };
        using Repository source = context.OpenRepository();
        using Repository target = options.Verifies ? to.Open() : context.OpenCached(to);
        SnapshotSelector selector = context.Selector(source, filter);
        IReadOnlyList<Snapshot> chosen = Choose(context, selector, filter);
        if (chosen.Count == 0 && source.Storage.List(StorageKey.SnapshotsPrefix).Any())
            context.Output.Warning("there are snapshots, and none of them is meant: nothing is copied. Are --host, --tag, --path, --since and --latest what you want?");
        RunProgress progress = new();
        CopyTally tally = new(context, options.IsDryRun);
        using (new ProgressLine(context.Output, context.Time, () => new ProgressState(progress.Files, "files", progress.Bytes, 0, 0, progress.Current)))
        {
            using SnapshotCopier copier = new(source, target, options, progress, context.Cancel);
            foreach (string problem in copier.Problems)
                context.Output.Warning(problem);
            foreach (Snapshot snapshot in chosen)
                tally.Add(copier.Copy(snapshot));
        }

        tally.Finish();
        return tally.Failed > 0 || (selector.Problems.Count > 0 && context.Value(_snapshots).Length == 0) ? ExitCode.Damage : ExitCode.Done;
    }

    private IReadOnlyList<Snapshot> Choose(CommandContext context, SnapshotSelector selector, SnapshotFilter filter)
    {
        string[] named = context.Value(_snapshots);
        IEnumerable<Snapshot> chosen = named.Length > 0
            ? named.Select(selector.Select).DistinctBy(snapshot => snapshot.Id)
            : _listed.Choose(context, selector.Taken, filter).SelectMany(group => group);
        return [.. chosen.OrderBy(snapshot => snapshot.Manifest.TimeNanoseconds).ThenBy(snapshot => snapshot.Id)];
    }
}
