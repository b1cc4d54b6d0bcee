using System.CommandLine;
using System.Text.Json;
using Snapstore.Garbage;
using Snapstore.Repositories;
using Snapstore.Retention;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`forget`: snapshots that are named, or that a policy does not keep.</summary>
internal sealed class ForgetCommand : VerbCommand
{
    public const string Summary = "Forget snapshots, named or by a policy";

    private readonly Argument<string[]> _snapshots = Declare.Arguments("SNAPSHOT", "Snapshots to forget, whatever any policy says", isOptional: true);
    private readonly FilterOptions _filter = new();
    private readonly KeepOptions _keep = new();
    private readonly Option<string?> _groupBy = Declare.Text("--group-by", "host,source,tags", "What the policy holds for each of (default host,source,tags); '' for all in one");
    private readonly Option<bool> _allowEmpty = Declare.Flag("--allow-empty", "A policy may forget every snapshot of a group");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say for every snapshot why it is kept or forgotten, and do nothing", "-n");
    private readonly Option<bool> _prune = Declare.Flag("--prune", "Give back their space in the same run");
    private readonly PruneRun _pruneRun = new();

    public ForgetCommand()
        : base("forget", Summary)
    {
        Arguments.Add(_snapshots);
        _keep.AddTo(this);
        foreach (Option option in (Option[])[_groupBy, _allowEmpty, _dryRun, _prune])
            Options.Add(option);
        _filter.AddTo(this);
        _pruneRun.AddTo(this);
    }

    public override bool EndsCleanly => true;

    public override string Remarks => "A forgotten snapshot takes its space until `prune` has run, and can come back until then (`undelete`). One that is held (`hold`) is never forgotten.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore forget --keep-daily 7 --keep-weekly 4 --keep-monthly 12 --keep-yearly 7 --dry-run", "Tells what this policy would keep, and why."),
        ("snapstore forget --host web1 --keep-within 30d --keep-tag release --prune", "Of web1, keeps thirty days and releases, and gives back the space."),
        ("snapstore forget 1a2b3c4d", "Forgets one snapshot."),
    ];

    public override int Run(CommandContext context)
    {
        bool isDryRun = context.Value(_dryRun);
        string[] named = context.Value(_snapshots);
        RetentionPolicy policy = _keep.Read(context);
        if (named.Length == 0 == policy.IsEmpty)
            throw new UsageException(policy.IsEmpty ? "say what to forget: name snapshots, or give a policy such as --keep-daily 7" : "name snapshots or give a policy, not both");
        PruneOptions? prune = context.Value(_prune) ? _pruneRun.Read(context, isDryRun) : null;
        using Repository repository = context.OpenRepository();

        // It only adds a record; but whoever may not delete is not meant to decide what goes.
        if (!isDryRun)
            DeletionRight.Require(repository.Storage, "nothing was forgotten");
        if (prune is { IsExclusive: false, IsDryRun: false } && repository.Storage.RaceHazard is { } hazard)
            throw new UnsupportedException($"{repository.Storage.Location} {hazard}: nothing was forgotten, because a prune beside writers is not safe there; use --exclusive, while nothing else uses the repository, or leave out --prune");
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        SessionId[] unreadable = Unreadable(repository, named);
        IReadOnlyList<Snapshot> dropped = named.Length > 0 ? Named(context, selector, named.Where(text => !unreadable.Any(id => id.ToString() == text))) : ByPolicy(context, selector, policy);
        SessionId[] forgotten = [.. dropped.Select(snapshot => snapshot.Id), .. unreadable];
        if (!isDryRun)
            Forget(context, repository, forgotten);
        context.Output.Tell($"{Quantity.Count(forgotten.Length, "snapshot")} {(isDryRun ? "would be " : "")}forgotten");
        context.Output.Json("summary", json =>
        {
            json.WriteString("verb", "forget");
            json.WriteBoolean("dry_run", isDryRun);
            json.WriteNumber("forgotten", forgotten.Length);
        });
        return prune is null ? ExitCode.Done : PruneRun.Run(context, repository, prune);
    }

    // One whose manifest is damaged is in no list; by its whole id it can be given up all the same.
    private static SessionId[] Unreadable(Repository repository, string[] named)
    {
        List<SessionId> unreadable = [];
        foreach (string text in named)
        {
            try
            {
                if (SessionId.TryParse(text, out SessionId id) && repository.Storage.SizeOf(StorageKey.Snapshot(id)) is not null)
                    _ = SnapshotList.TryRead(repository, id);
            }
            catch (SnapstoreException e) when (e is CorruptDataException or UnsupportedException && SessionId.TryParse(text, out SessionId id))
            {
                unreadable.Add(id);
            }
        }

        return [.. unreadable.Distinct()];
    }

    private static Snapshot[] Named(CommandContext context, SnapshotSelector selector, IEnumerable<string> named)
    {
        Snapshot[] snapshots = [.. named.Select(selector.Select).DistinctBy(snapshot => snapshot.Id)];
        if (Array.Find(snapshots, snapshot => snapshot.IsHeld) is { } held)
            throw new UsageException($"snapshot {held.Id.ToShortString()} is held, nothing was forgotten; first: snapstore release {held.Id.ToShortString()}");
        foreach (Snapshot snapshot in snapshots)
            Tell(context, snapshot, isKept: false, ["named"]);
        return snapshots;
    }

    private IReadOnlyList<Snapshot> ByPolicy(CommandContext context, SnapshotSelector selector, RetentionPolicy policy)
    {
        GroupBy groupBy = context.Value(_groupBy) is { } text ? GroupByText.Parse(text) : GroupBy.Default;
        Dictionary<SessionId, Snapshot> snapshots = selector.Taken.ToDictionary(snapshot => snapshot.Id);
        RetentionPlan plan = RetentionPlan.Decide(
            [.. snapshots.Values.Select(snapshot => Candidate.Of(snapshot, snapshot.IsHeld))], policy, groupBy, context.Time.GetUtcNow(), context.Time.LocalTimeZone, context.Value(_allowEmpty));
        foreach (RetentionGroup group in plan.Groups)
        {
            context.Output.Tell(context.Output.Bold(SnapshotJson.Title(snapshots[group.Decisions[0].Snapshot.Id])));
            foreach (RetentionDecision decision in group.Decisions)
                Tell(context, snapshots[decision.Snapshot.Id], decision.IsKept, decision.Reasons);
        }

        foreach (Candidate clamped in plan.Clamped)
            context.Output.Warning($"snapshot {clamped.Id.ToShortString()} has a time in the future: it is judged as if taken now, and takes no place of another");
        return [.. plan.Dropped.Select(dropped => snapshots[dropped.Id])];
    }

    private static void Tell(CommandContext context, Snapshot snapshot, bool isKept, IReadOnlyList<string> reasons)
    {
        string verb = isKept ? context.Output.Green("keep  ") : context.Output.Red("forget");
        context.Output.Tell($"  {verb}  {snapshot.Id.ToShortString()}  {SnapshotJson.LocalTime(snapshot.Manifest.TimeNanoseconds, context.Time)}  {Escaped.Text(string.Join(", ", reasons))}");
        context.Output.Json("decision", json => Write(json, snapshot, isKept, reasons));
    }

    private static void Write(Utf8JsonWriter json, Snapshot snapshot, bool isKept, IReadOnlyList<string> reasons)
    {
        json.WriteBoolean("keep", isKept);
        json.WriteTexts("reasons", reasons);
        SnapshotJson.Write(json, snapshot);
    }

    private static void Forget(CommandContext context, Repository repository, SessionId[] snapshots)
    {
        foreach (SessionId snapshot in snapshots)
        {
            context.Cancel.ThrowIfCancellationRequested();
            Forgetter.Forget(repository, snapshot, PruneRun.Origin(context));
        }
    }
}
