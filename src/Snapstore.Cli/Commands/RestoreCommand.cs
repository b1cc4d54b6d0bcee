using System.CommandLine;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Sources;

namespace Snapstore.Cli.Commands;

/// <summary>`restore`: brings a snapshot, or a part of it, back into a directory.</summary>
internal sealed class RestoreCommand : VerbCommand
{
    public const string Summary = "Restore a snapshot, or a part of it, into a directory";

    private readonly Argument<string> _snapshot = Declare.Argument("SNAPSHOT[:PATH]", "What to restore: a whole snapshot, or one path of it");
    private readonly Option<string?> _target = Declare.Text("--target", "DIR", "The directory to restore into; made where it is missing", "-t");
    private readonly FilterOptions _filter = new();
    private readonly Option<string[]> _includes = Declare.Texts("--include", "PATTERN", "Restore only what matches (spec/patterns.md)", "-i");
    private readonly ExcludeOptions _excludes = new();
    private readonly Option<bool> _delete = Declare.Flag("--delete", "Remove from restored directories what the snapshot does not have, but for what is excluded");

    private readonly Option<string?> _overwrite = Declare.Choice(
        "--overwrite", "Which files that are there are written over (default if-changed: size or mtime differs)",
        "always", "if-changed", "if-newer", "never");

    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what would be done, do nothing", "-n");
    private readonly Option<bool> _verify = Declare.Flag("--verify", "Read every restored file again and compare it");
    private readonly Option<bool> _sparse = Declare.Flag("--sparse", "Make holes of all runs of zeros, not only of those that were holes");

    public RestoreCommand()
        : base("restore", Summary)
    {
        Arguments.Add(_snapshot);
        _target.Required = true;
        Options.Add(_target);
        _filter.AddTo(this);
        foreach (Option option in (Option[])[_includes, .. _excludes.All, _delete, _overwrite, _dryRun, _verify, _sparse])
            Options.Add(option);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith(
            (ExitCode.Incomplete, "restored, but something not as it was (an owner, a device)"),
            (ExitCode.Damage, "damage found: some files could not be restored whole"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore restore latest --target /tmp/look", "The newest snapshot: /home/x comes to /tmp/look/home/x."),
        ("snapstore restore latest:/etc/nginx --target /etc/nginx --delete", "One directory back in its place, exactly as it was."),
        ("snapstore restore 2d --host web1 --target /srv --include '*.conf'", "Certain files as they were two days ago."),
    ];

    public override int Run(CommandContext context)
    {
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
