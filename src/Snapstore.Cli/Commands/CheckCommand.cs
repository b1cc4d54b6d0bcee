using System.CommandLine;
using System.CommandLine.Parsing;
using Snapstore.Maintenance;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`check`: tells whether everything can be restored.</summary>
internal sealed class CheckCommand : VerbCommand
{
    public const string Summary = "Check that every snapshot can be restored";

    private readonly Option<string?> _readData = Declare.Text(
        "--read-data", "5%|1/7", "Also read and open stored data: all, a random part, or one of several equal parts");

    public CheckCommand()
        : base("check", Summary)
    {
        _readData.Arity = ArgumentArity.ZeroOrOne;
        Options.Add(_readData);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Done, "no damage found"), (ExitCode.Failed, "failed, or the storage failed so that not all was checked"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore check", "Structure: every pack is there, every tree of every snapshot opens. Quick."),
        ("snapstore check --read-data", "Every stored byte as well."),
        ("snapstore check --read-data=1/7", "One seventh of the data: 1/7 on Monday to 7/7 on Sunday read all of it once a week."),
    ];

    public override int Run(CommandContext context)
    {
        CheckOptions options = new() { ReadData = ReadSelection(context), Time = context.Time };
        using Repository repository = context.OpenRepository();
        CheckProgress progress = new();
        CheckReport report;
        long start = context.Time.GetTimestamp();
        using (new ProgressLine(context.Output, context.Time, () => State(progress)))
            report = Checker.Run(repository, options, progress, context.Cancel);
        return CheckOutcome.Print(context, report, context.Time.GetElapsedTime(start));
    }

    private static ProgressState State(CheckProgress progress) => new(
        progress.Packs, "packs", progress.Bytes, progress.BytesExpected, progress.Damaged, []);

    private ReadDataSelection ReadSelection(CommandContext context)
    {
        if (context.Parsed.GetResult(_readData) is not { Implicit: false } given)
            return ReadDataSelection.None;
        return given.Tokens is [Token value, ..] ? ReadDataSelection.Parse(value.Value) : ReadDataSelection.All;
    }
}
