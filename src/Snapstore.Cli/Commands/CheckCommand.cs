using System.CommandLine;
using System.CommandLine.Parsing;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Cli.Commands;

/// <summary>`check`: tells whether everything can be restored.</summary>
internal sealed class CheckCommand : VerbCommand
{
    public const string Summary = "Check that every snapshot can be restored";

    private readonly Option<string?> _readData = Declare.Text(
        "--read-data", "5%|1/7", "Also read and open stored data: all, a random part, or one of several equal parts");

    private readonly Option<bool> _keyless = Declare.Flag(
        "--keyless", "Without any password: that stored packs hash to their names (--read-data as above; default all)");

    private readonly Option<string?> _mirror = Declare.Text(
        "--mirror", "STORAGE", "Compare with this mirror instead: names and sizes, with --read-data bytes too; needs no password");

    public CheckCommand()
        : base("check", Summary)
    {
        _readData.Arity = ArgumentArity.ZeroOrOne;
        Options.Add(_readData);
        Options.Add(_keyless);
        Options.Add(_mirror);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Done, "no damage found"), (ExitCode.Failed, "failed, or the storage failed so that not all was checked"),
            (ExitCode.Incomplete, "with --mirror: the mirror is behind"));

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore check", "Structure: every pack is there, every tree of every snapshot opens. Quick."),
        ("snapstore check --read-data", "Every stored byte as well."),
        ("snapstore check --keyless", "What a server can do that holds the repository and not the password."),
        ("snapstore check --read-data=1/7", "One seventh of the data: 1/7 on Monday to 7/7 on Sunday read all of it once a week."),
    ];

    public override int Run(CommandContext context)
    {
        if (context.Value(_mirror) is { Length: > 0 } mirror)
        {
            return context.Value(_keyless)
                ? throw new UsageException("--mirror needs no password anyway: leave out --keyless")
                : MirrorCheck.Run(context, mirror, ReadSelection(context));
        }

        CheckOptions options = new() { ReadData = ReadSelection(context), Time = context.Time };
        CheckProgress progress = new();
        long start = context.Time.GetTimestamp();
        CheckReport report = context.Value(_keyless) ? RunKeyless(context, options, progress) : Run(context, options, progress);
        return CheckOutcome.Print(context, report, context.Time.GetElapsedTime(start));
    }

    private static CheckReport Run(CommandContext context, CheckOptions options, CheckProgress progress)
    {
        using Repository repository = context.OpenUncached();
        using ProgressLine line = new(context.Output, context.Time, () => State(progress));
        return Checker.Run(repository, options, progress, context.Cancel);
    }

    private static CheckReport RunKeyless(CommandContext context, CheckOptions options, CheckProgress progress)
    {
        using IStorage storage = context.OpenStorage();
        using ProgressLine line = new(context.Output, context.Time, () => State(progress));
        return KeylessCheck.Run(storage, options.ReadData.IsNone ? options with { ReadData = ReadDataSelection.All } : options, progress, context.Cancel);
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
