using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`list`: shows snapshots, those of one host and the same paths together.</summary>
internal sealed class ListCommand : VerbCommand
{
    public const string Summary = "List snapshots";

    private readonly ListedOptions _listed = new();

    public ListCommand()
        : base("list", Summary) => _listed.AddTo(this);

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Damage, "damage found: a snapshot could not be read; the others are listed"));

    public override string Remarks =>
        "NEW is the content that no earlier snapshot of any source held when the snapshot was taken, ADDED what it takes in the repository. Against any other snapshot: diff --stat.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore list", "All snapshots."),
        ("snapstore list --host web1 --latest 3 --since 2026-11-01", "The three newest of each source of web1 since November."),
        ("snapstore list --json --tag nightly,db", "Those tagged both nightly and db, for a program."),
    ];

    public override int Run(CommandContext context)
    {
        SnapshotFilter filter = _listed.Read(context);
        using Repository repository = context.OpenRepository();
        SnapshotList list = SnapshotList.Load(repository);
        Snapshot[][] groups = _listed.Choose(context, list.Snapshots, filter);
        foreach (Snapshot[] group in groups)
            Print(context, group);
        context.Output.Line(Quantity.Count(groups.Sum(group => group.Length), "snapshot"));
        foreach (Snapshot snapshot in groups.SelectMany(group => group).OrderBy(s => s.Manifest.TimeNanoseconds))
            context.Output.Json("snapshot", json => SnapshotJson.Write(json, snapshot));
        foreach (string problem in list.Problems)
            context.Output.Warning(problem);
        return list.Problems.Count > 0 ? ExitCode.Damage : ExitCode.Done;
    }

    private static void Print(CommandContext context, Snapshot[] group)
    {
        bool isDatabase = group.All(snapshot => snapshot.Manifest.Database is not null);
        List<string[]> rows = [["ID", "TIME", .. isDatabase ? ["TABLES", "ROWS"] : (string[])["FILES"], "SIZE", "NEW", "ADDED", "TAGS"]];
        foreach (Snapshot snapshot in group)
        {
            SnapshotCounts counts = snapshot.Manifest.Counts;
            rows.Add(
            [
                snapshot.Id.ToShortString(),
                SnapshotJson.LocalTime(snapshot.Manifest.TimeNanoseconds, context.Time),
                .. isDatabase
                    ? [Quantity.Count(snapshot.Manifest.Database!.Tables), Quantity.Count(snapshot.Manifest.Database.Rows)]
                    : (string[])[Quantity.Count(counts.Files)],
                Quantity.Bytes(counts.Bytes),
                Quantity.Bytes(counts.DataBytesNew + counts.MetaBytesNew),
                Quantity.Bytes(counts.BytesStored),
                Escaped.Text(string.Join(", ", SnapshotJson.Marks(snapshot).Concat(snapshot.Tags))),
            ]);
        }

        string engines = string.Join(", ", group.Select(snapshot => snapshot.Manifest.Database?.Engine).Distinct().OfType<string>());
        context.Output.Line(context.Output.Bold(SnapshotJson.Title(group[0])) + (engines.Length > 0 ? $" ({Escaped.Text(engines)})" : ""));
        foreach (string line in TextTable.Lines(rows, [false, false, .. Enumerable.Repeat(true, rows[0].Length - 3), false]))
            context.Output.Line(line);
        context.Output.Line();
    }
}
