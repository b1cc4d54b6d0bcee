using System.CommandLine;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`stats`: what a repository, or single snapshots, hold and take.</summary>
internal sealed class StatsCommand : VerbCommand
{
    public const string Summary = "Tell what the repository, or a snapshot, holds and takes";

    private readonly Argument<string[]> _snapshots = Declare.Arguments(
        "SNAPSHOT", "Snapshots; without any, the whole repository", isOptional: true);

    private readonly FilterOptions _filter = new();

    public StatsCommand()
        : base("stats", Summary)
    {
        Arguments.Add(_snapshots);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore stats", "Packs, blobs and bytes of the repository, and how well it packs."),
        ("snapstore stats latest", "What the newest snapshot holds and what it added since its parent."),
        ("snapstore diff --stat 1a2b3c4d latest", "What it holds that any other does not."),
    ];

    public override int Run(CommandContext context)
    {
        string[] snapshots = context.Parsed.GetValue(_snapshots) ?? [];
        using Repository repository = context.OpenRepository();
        if (snapshots.Length == 0)
            return OfRepository(context, RepositoryStatistics.Collect(repository));
        SnapshotSelector selector = context.Selector(repository, _filter.Read(context));
        foreach (string snapshot in snapshots)
            OfSnapshot(context, selector.Select(snapshot));
        return ExitCode.Done;
    }

    private static int OfRepository(CommandContext context, RepositoryStatistics all)
    {
        Output output = context.Output;
        output.Line($"  snapshots    {Quantity.Count(all.Snapshots)}, with {Quantity.Bytes(all.SnapshotBytes)} of files");
        output.Line($"  data packs   {Quantity.Count(all.DataPacks)}, {Quantity.Bytes(all.DataPackBytes)}");
        output.Line($"  meta packs   {Quantity.Count(all.MetaPacks)}, {Quantity.Bytes(all.MetaPackBytes)}");
        output.Line($"  blobs        {Quantity.Count(all.Blobs)}, {Quantity.Bytes(all.BlobBytes)} before compression");
        if (all.DeltaBlobs > 0)
            output.Line($"  differences  {Quantity.Count(all.DeltaBlobs)} of these, stored as differences from others");
        output.Line($"  dedup        {Quantity.Ratio(all.SnapshotBytes, all.BlobBytes)}");
        output.Line($"  compression  {Quantity.Ratio(all.BlobBytes, all.DataPackBytes + all.MetaPackBytes)}");
        output.Line($"  stored       {Quantity.Bytes(all.StoredBytes)} in {Quantity.Count(all.Objects, "object")}, {Quantity.Ratio(all.SnapshotBytes, all.StoredBytes)} in all");
        output.Json("repository_stats", json =>
        {
            (string Name, long Value)[] fields =
            [
                ("snapshots", all.Snapshots), ("snapshot_bytes", all.SnapshotBytes), ("data_packs", all.DataPacks),
                ("data_pack_bytes", all.DataPackBytes), ("meta_packs", all.MetaPacks), ("meta_pack_bytes", all.MetaPackBytes),
                ("blobs", all.Blobs), ("blob_bytes", all.BlobBytes), ("delta_blobs", all.DeltaBlobs), ("objects", all.Objects), ("stored_bytes", all.StoredBytes),
            ];
            foreach ((string name, long value) in fields)
                json.WriteNumber(name, value);
        });
        foreach (string problem in all.Problems)
            output.Warning(problem);
        return all.Problems.Count > 0 ? ExitCode.Damage : ExitCode.Done;
    }

    private static void OfSnapshot(CommandContext context, Snapshot snapshot)
    {
        SnapshotCounts counts = snapshot.Manifest.Counts;
        long added = counts.DataBytesNew + counts.MetaBytesNew;
        Output output = context.Output;
        output.Line($"snapshot {snapshot.Id.ToShortString()} of {SnapshotJson.LocalTime(snapshot.Manifest.TimeNanoseconds, context.Time)}");
        foreach (string line in SourceLines.Of(snapshot.Manifest).Concat(SourceLines.OfCommand(snapshot.Manifest)))
            output.Line(line);
        output.Line($"  files        {Quantity.Count(counts.Files)}, {Quantity.Bytes(counts.Bytes)}");
        output.Line($"  directories  {Quantity.Count(counts.Directories)}, others {Quantity.Count(counts.Others)}");
        string since = snapshot.Manifest.Parent is { } parent ? $"since {parent.ToShortString()}" : "no parent";
        output.Line($"  new          {Quantity.Count(counts.FilesNew, "file")}, {Quantity.Count(counts.FilesChanged)} changed, {Quantity.Bytes(added)} of new content ({since})");
        if (counts.DeltaBlobsNew > 0)
            output.Line($"  differences  {Quantity.Bytes(counts.DeltaBytesNew)} of it stored as differences from the parent");
        output.Line($"  dedup        {Quantity.Ratio(counts.Bytes, added)}");
        output.Line($"  compression  {Quantity.Ratio(added, counts.BytesStored)}");
        output.Line($"  stored       {Quantity.Bytes(counts.BytesStored)}");
        output.Json("snapshot", json => SnapshotJson.Write(json, snapshot));
    }
}
