using System.CommandLine;
using Snapstore.Databases;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Sources;

namespace Snapstore.Cli.Commands;

/// <summary>`restore`: brings a snapshot, or a part of it, back into a directory or a database.</summary>
internal sealed class RestoreCommand : VerbCommand
{
    public const string Summary = "Restore a snapshot, or a part of it, into a directory or a database";

    private readonly Argument<string> _snapshot = Declare.Argument("SNAPSHOT[:PATH]", "What to restore: a whole snapshot, or one path of it");
    private readonly Option<string?> _target = Declare.Text("--target", "DIR", "The directory to restore into; made where it is missing", "-t");
    private readonly DatabaseRestoreOptions _database = new();
    private readonly FilterOptions _filter = new();
    private readonly Option<string[]> _includes = Declare.Texts("--include", "PATTERN", "Restore only what matches (spec/patterns.md)", "-i");
    private readonly ExcludeOptions _excludes = new();
    private readonly Option<bool> _delete = Declare.Flag("--delete", "Remove from restored directories what the snapshot does not have, but for what is excluded");

    private readonly Option<string?> _overwrite = Declare.Choice(
        "--overwrite", "Which files that are there are written over (default if-changed: size or mtime differs)",
        "always", "if-changed", "if-newer", "never");

    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what would be done, do nothing", "-n");
    private readonly Option<bool> _verify = Declare.Flag("--verify", "Read again all that was restored and compare it");
    private readonly Option<bool> _sparse = Declare.Flag("--sparse", "Make holes of all runs of zeros, not only of those that were holes");

    public RestoreCommand()
        : base("restore", Summary)
    {
        Arguments.Add(_snapshot);
        Options.Add(_target);
        _database.AddTo(this);
        _filter.AddTo(this);
        foreach (Option option in (Option[])[_includes, .. _excludes.All, _delete, _overwrite, _dryRun, _verify, _sparse])
            Options.Add(option);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith(
            (ExitCode.Incomplete, "restored, but something not as it was (an owner, a device, a count of rows)"),
            (ExitCode.Damage, "damage found: some files could not be restored whole"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore restore latest --target /tmp/look", "The newest snapshot: /home/x comes to /tmp/look/home/x."),
        ("snapstore restore latest:/etc/nginx --target /etc/nginx --delete", "One directory back in its place, exactly as it was."),
        ("snapstore restore 2d --host web1 --target /srv --include '*.conf'", "Certain files as they were two days ago."),
        ("snapstore restore latest --to postgres://db1/shop_copy --create", "A database, under another name."),
        ("snapstore restore 1d --to postgres://db1/shop --table orders --where 'id = 7' --apply upsert", "One row of yesterday."),
    ];

    public override int Run(CommandContext context)
    {
        string? to = context.Value(_database.To);
        if ((to is null) == (context.Value(_target) is null))
            throw new UsageException("say where to restore to: a directory (--target DIR) or, for a snapshot of a database, a database (--to URL)");
        if (to is not null && DatabaseUrl.SchemeOf(to) is null)
            throw new UsageException($"--to names a database, as scheme://user@host:port/database, sqlite:PATH or odbc:DSN; for a directory say --target {(to.IndexOfAny([':', '@']) < 0 ? ShellText.Word(to) : "DIR")}");
        return to is null ? RunToDirectory(context) : RunToDatabase(context, DatabaseUrl.Parse(to));
    }

    private int RunToDatabase(CommandContext context, DatabaseUrl url)
    {
        RefuseFileOptions(context);
        DatabaseRestoreRequest request = _database.Read(context, context.Value(_dryRun), context.Value(_verify), new RunProgress());
        byte[] what = RawText.ToBytes(context.Value(_snapshot));
        using Repository repository = context.OpenRepository();
        SnapshotPath place = context.Selector(repository, _filter.Read(context)).SelectPath(what);
        return DatabaseRestoreRun.Run(context, repository, place, url, request);
    }

    private void RefuseFileOptions(CommandContext context)
    {
        Option[] options = [_includes, .. _excludes.All, _delete, _overwrite, _sparse];
        if (options.FirstOrDefault(option => context.Parsed.GetResult(option) is { Implicit: false }) is { } given)
            throw new UsageException($"{given.Name} is about files and means nothing with --to");
    }

    private int RunToDirectory(CommandContext context)
    {
        _database.RefuseGiven(context);
        RestoreOptions options = ReadOptions(context);
        byte[] what = RawText.ToBytes(context.Value(_snapshot));
        using Repository repository = context.OpenRepository();
        SnapshotPath path = context.Selector(repository, _filter.Read(context)).SelectPath(what);
        RunProgress progress = new();
        RestoreReport report;
        long start = context.Time.GetTimestamp();
        using (new ProgressLine(context.Output, context.Time, () => State(progress)))
            report = FileRestore.Run(repository, path, options, progress, context.Cancel);
        return RestoreOutcome.Print(context, path.Snapshot, options, report, context.Time.GetElapsedTime(start));
    }

    private static ProgressState State(RunProgress progress) => new(
        progress.Files, "files", progress.Bytes, progress.BytesExpected, 0, progress.Current);

    private RestoreOptions ReadOptions(CommandContext context)
    {
        string[] includes = context.Values(_includes);
        return new RestoreOptions
        {
            Target = PathArgument.Absolute(context.Value(_target)!),
            Includes = ExcludeRules.Parse(includes.Select(RawText.ToBytes)),
            HasIncludes = includes.Length > 0,
            Excludes = _excludes.Read(context),
            Delete = context.Value(_delete),
            DryRun = context.Value(_dryRun),
            Verify = context.Value(_verify),
            Sparse = context.Value(_sparse),
            Overwrite = context.Value(_overwrite) switch
            {
                "always" => OverwritePolicy.Always,
                "if-newer" => OverwritePolicy.IfNewer,
                "never" => OverwritePolicy.Never,
                _ => OverwritePolicy.IfChanged,
            },
        };
    }
}
