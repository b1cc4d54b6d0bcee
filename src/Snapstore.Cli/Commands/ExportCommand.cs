using System.CommandLine;
using Snapstore.Browse;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`export`: writes a snapshot, or a part of it, as an archive.</summary>
internal sealed class ExportCommand : VerbCommand
{
    public const string Summary = "Write a snapshot as a tar or zip archive";

    private const string Tar = "tar", Zip = "zip";

    private readonly Argument<string> _place = Declare.Argument("SNAPSHOT[:PATH]", "The snapshot, and a path in it");
    private readonly Option<string?> _format = Declare.Choice("--format", "The kind of archive (else by the end of FILE's name, else tar)", Tar, Zip);
    private readonly Option<string?> _file = Declare.Text("--output", "FILE", "Write to FILE instead of standard output", "-o");
    private readonly FilterOptions _filter = new();

    public ExportCommand()
        : base("export", Summary)
    {
        Arguments.Add(_place);
        Options.Add(_format);
        Options.Add(_file);
        _filter.AddTo(this);
    }

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Incomplete, "done, but the format could not hold everything as it was"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore export latest:/srv | zstd > srv.tar.zst", "A directory as a compressed tar."),
        ("snapstore export latest:/home/u | tar -xpC /mnt --xattrs --xattrs-include='*'", "Extracted elsewhere, with attributes."),
        ("snapstore export 1a2b3c4d:/home/u/doc -o doc.zip", "A zip for somebody without Snapstore."),
    ];

    public override string Remarks =>
        "Of a directory, what is in it is written, under names relative to it. tar holds everything, sparse files sparse; "
        + "zip holds files, directories, modes and links.";

    public override bool EndsCleanly => true;

    public override int Run(CommandContext context)
    {
        string? file = context.Value(_file);
        if (file is null && Terminal.IsTerminal(StandardStream.OutputFile))
            throw new UsageException("an archive is not written to a terminal: redirect standard output, or use --output FILE");
        bool isZip = (context.Value(_format) ?? (file?.EndsWith("." + Zip, StringComparison.OrdinalIgnoreCase) == true ? Zip : Tar)) == Zip;
        using Repository repository = context.OpenRepository();
        SnapshotPath place = context.Selector(repository, _filter.Read(context)).SelectPath(RawText.ToBytes(context.Value(_place)));
        ExportReport report = file is null
            ? Export(context, repository, place, isZip, context.Output.Data)
            : ArchiveFile.Write(file, output => Export(context, repository, place, isZip, output));

        if (file is not null)
            Tell(context.Output, report, file);
        return report.Warnings > 0 ? ExitCode.Incomplete : ExitCode.Done;
    }

    private static ExportReport Export(CommandContext context, Repository repository, SnapshotPath place, bool isZip, Stream output)
    {
        ExportOptions options = new() { Zone = context.Time.LocalTimeZone, Warn = context.Output.Warning };
        return isZip
            ? ZipExport.Run(repository, place, output, options, context.Cancel)
            : TarExport.Run(repository, place, output, options, context.Cancel);
    }

    private static void Tell(Output output, ExportReport report, string file)
    {
        output.Tell($"{Quantity.Count(report.Entries)} entries, {Quantity.Bytes(report.Bytes)} of content, written to {Escaped.Text(file)}");
        output.Json("export", json =>
        {
            json.WriteString("file", file);
            json.WriteNumber("entries", report.Entries);
            json.WriteNumber("bytes", report.Bytes);
            json.WriteNumber("warnings", report.Warnings);
        });
    }
}
