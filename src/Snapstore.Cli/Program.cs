using System.CommandLine;
using System.CommandLine.Parsing;

namespace Snapstore.Cli;

/// <summary>Parse, run, and one way from failure to exit code.</summary>
internal static class Program
{
    private static readonly ParserConfiguration Parsing = new() { ResponseFileTokenReplacer = null };

    private static int Main(string[] arguments)
    {
        ProgramArguments exact = ProgramArguments.Read(arguments);
        ParseResult parsed = CommandTree.Build(exact.Parsed).Parse(exact.Parsed, Parsing);
        OutputOptions options = new(
            parsed.GetValue(GlobalOptions.Json), parsed.GetValue(GlobalOptions.Quiet), parsed.GetValue(GlobalOptions.Verbose));
        using Output output = new(options);
        try
        {
            int exitCode = Run(parsed, exact, output);
            output.Flush();
            return exitCode;
        }
#pragma warning disable CA1031 // The one place that turns every failure into an exit code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            return Explain(e, output);
        }
    }

    private static int Run(ParseResult parsed, ProgramArguments arguments, Output output)
    {
        if (parsed.GetValue(GlobalOptions.Help) || arguments.Parsed.Count == 0)
            return Help.Write(parsed.CommandResult.Command, output);
        if (parsed.Errors.Count > 0)
            throw new UsageException(ExplainUsage(parsed));
        if (parsed.CommandResult.Command is not VerbCommand verb)
            throw new UsageException("no verb was given; see: snapstore --help");
        using Interruption interruption = new(output, verb.EndsCleanly);
        return verb.Run(new CommandContext(parsed, arguments, output, TimeProvider.System, interruption.Token));
    }

    private static int Explain(Exception failure, Output output)
    {
        // Threads of a pipeline hand their failure on wrapped.
        while (failure is AggregateException { InnerExceptions: [Exception only] })
            failure = only;
        (string message, int exitCode) = failure switch
        {
            OutputClosedException => ("", ExitCode.OutputClosed),
            OperationCanceledException => ("interrupted; it can be run again as it is", ExitCode.Interrupted),
            SnapstoreException known => (known.Message, known.ExitCode),
            _ => (Unexpected(failure, output), ExitCode.Failed),
        };
        if (message.Length > 0)
            output.Error(message, exitCode);
        return exitCode;
    }

    private static string Unexpected(Exception failure, Output output) => output.IsVerbose
        ? $"this should not have happened: {failure}"
        : $"this should not have happened: {failure.GetType().Name}: {failure.Message} (-v shows the trace; please report it)";

    private static string ExplainUsage(ParseResult parsed)
    {
        ParseError error = parsed.Errors[0];
        string verb = parsed.CommandResult.Command is VerbCommand command ? command.Name + " " : "";
        string first = parsed.UnmatchedTokens.Count > 0 && verb.Length == 0
            ? $"'{Escaped.Text(parsed.UnmatchedTokens[0])}' is not a verb"
            : Escaped.Text(error.Message).TrimEnd('.');
        return $"{first}; see: snapstore {verb}--help";
    }
}
