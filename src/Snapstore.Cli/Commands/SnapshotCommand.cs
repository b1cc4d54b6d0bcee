using System.CommandLine;
using Snapstore.Backup;
using Snapstore.Chunking;
using Snapstore.Compression;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Cli.Commands;

/// <summary>`snapshot`: takes one.</summary>
internal sealed class SnapshotCommand : VerbCommand
{
    public const string Summary = "Take a snapshot of files, a database, standard input, or a command's output";

    private readonly Argument<string[]> _sources = Declare.Arguments(
        "SOURCE", "Files and directories; or a database (postgres://, mysql://, sqlite:, odbc:); or - for standard input; or exec: for a command's output", isOptional: true);

    private readonly AlsoToOptions _alsoTo = new();
    private readonly FileSourceOptions _files = new();
    private readonly DatabaseSourceOptions _database = new();
    private readonly Option<string?> _name = Declare.Text("--name", "NAME", "The file's name in the snapshot, for - and exec:");
    private readonly Option<string?> _split =
        Declare.Choice("--split", "Take the stream of - or exec: apart into the files it holds", StreamSource.SplitNames);

    private readonly Option<string[]> _tags = Declare.Texts("--tag", "TAG[,TAG...]", "Tag the snapshot");
    private readonly Option<string?> _host = Declare.Text("--host", "HOST", "Name this host (default: this machine's name)");
    private readonly Option<string?> _time = Declare.Text("--time", "TIME", "Give the snapshot this time (default: now)");
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Read and count everything, store nothing", "-n");

    private readonly Option<string?> _compression =
        Declare.Choice("--compression", "How hard to compress", "off", "fast", "default", "high", "max");

    private readonly Option<string?> _chunker = Declare.Text(
        "--chunker", "HOW", "How content is cut: auto (default), content, or fixed:SIZE in blocks");

    public SnapshotCommand()
        : base("snapshot", Summary)
    {
        Arguments.Add(_sources);
        _files.AddTo(this);
        _database.AddTo(this);
        foreach (Option option in (Option[])[_name, _split, _tags, _host, _time, _dryRun, _compression, _chunker])
            Options.Add(option);
        _alsoTo.AddTo(this);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith(
            (ExitCode.Failed, "failed; no snapshot was taken"),
            (ExitCode.Incomplete, "snapshot taken, but something could not be read, or a repository of --also-to did not get it"),
            (ExitCode.Interrupted, "interrupted: no snapshot, but what was stored stays and running it again continues"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore snapshot /home /etc --exclude '*.tmp' --tag nightly", "Two directories in one snapshot."),
        ("pg_dump shop | snapstore snapshot - --name shop.sql", "Standard input; better is exec:, which notices a failure."),
        ("snapstore snapshot exec: --name shop.sql -- pg_dump shop", "A command's output, kept only if the command exits 0."),
        ("snapstore snapshot exec: --name sys --split tar -- tar -cf - /srv", "An archive, each file of it as a file."),
        ("snapstore snapshot postgres://db1/shop", "A database, consistent, every table in its own file."),
        ("snapstore snapshot mysql://backup@db1/shop", "Another; its password: $SNAPSTORE_DATABASE_PASSWORD_FILE."),
        ("snapstore snapshot odbc:shop --exclude-table 'tmp_*'", "The tables of an ODBC data source."),
        ("snapstore snapshot /srv --also-to /mnt/offsite --also-to-password-file /root/.offsite", "Into two repositories, reading the source once."),
        ("find /data -newer mark -print0 | snapstore snapshot --files-from0 -", "The files that another program names."),
    ];

    public override int Run(CommandContext context)
    {
        string[] sources = context.Parsed.GetValue(_sources) ?? [];
        if (DatabaseSourceOptions.Find(sources) is { } database)
            return RunDatabase(context, database);
        _database.RefuseGiven(context);
        string? stream = StreamSource.Kind(sources);
        if (stream is not null)
            _files.RefuseGiven(context, stream);
        else if (context.Value(_split) is not null)
            throw new UsageException("--split is for - and exec:, whose stream it takes apart");
        BackupOptions options = ReadOptions(context);
        byte[] name = stream is not null ? StreamSource.Name(context.Value(_name), stream) : [];
        IReadOnlyList<byte[]> paths = stream is null ? _files.Paths(context, sources) : [];
        RunProgress progress = new();
        BackupReport report;
        // Opened by whoever needs it first: the scan of the files begins while the password is still being stretched.
        using OnceOpened repository = new(context.OpenRepository);
        using AlsoTo? others = AlsoTo.Open(context, _alsoTo.Read(context), repository.Open, options);
        options = others?.Follow(options) ?? options;
        using (new ProgressLine(context.Output, context.Time, () => State(progress)))
        {
            report = stream is not null
                ? StreamSource.Run(context, repository.Open(), new StreamRequest(stream, name, StreamSource.Format(context.Value(_split))), options, progress)
                : FileBackup.Run(repository.Open, _files.Read(context, repository.Open, paths), options, progress, context.Time, context.Cancel);
        }

        return SnapshotReport.Print(context, report, others);
    }

    private int RunDatabase(CommandContext context, string url)
    {
        _files.RefuseGiven(context, "of a database");
        if (context.Value(_name) is not null || context.Value(_split) is not null)
            throw new UsageException("--name and --split are for - and exec:; a database's snapshot is named by its URL");
        using ISource source = _database.Open(context, url);
        BackupOptions options = ReadOptions(context);
        RunProgress progress = new();
        BackupReport report;
        using Repository repository = context.OpenRepository();
        using AlsoTo? others = AlsoTo.Open(context, _alsoTo.Read(context), () => repository, options);
        options = others?.Follow(options) ?? options;
        using (new ProgressLine(context.Output, context.Time, () => State(progress)))
            report = SourceBackup.Run(repository, source, options, progress, context.Time, context.Cancel);
        return SnapshotReport.Print(context, report, others);
    }

    private sealed class OnceOpened(Func<Repository> open) : IDisposable
    {
        private Repository? _repository;

        public Repository Open() => _repository ??= open();

        public void Dispose() => _repository?.Dispose();
    }

    private static ProgressState State(RunProgress progress) => new(
        progress.Files, "files", progress.Bytes, progress.BytesExpected, progress.Warnings, progress.Current);

    private BackupOptions ReadOptions(CommandContext context) => new()
    {
        Host = context.Value(_host) ?? Environment.MachineName,
        User = Environment.UserName,
        Program = ProgramVersion.Full,
        TimeNanoseconds = context.Value(_time) is { } time ? TimeArgument.Start(time, context.Time) : null,
        Tags = TagArgument.Split(context.Values(_tags)),
        DryRun = context.Value(_dryRun),
        Chunker = context.Value(_chunker) is { } chunker ? ChunkerChoice.Parse(chunker) : ChunkerChoice.Auto,
        CountsAhead = context.Output.ShowsProgress,
        Compression = context.Value(_compression) switch
        {
            "off" => CompressionLevel.Off,
            "fast" => CompressionLevel.Fast,
            "high" => CompressionLevel.High,
            "max" => CompressionLevel.Max,
            _ => CompressionLevel.Default,
        },
    };
}
