using System.Runtime.InteropServices;
using Snapstore.Formats;

namespace Snapstore.Cli.Commands;

/// <summary>`version`: what program this is.</summary>
internal sealed class VersionCommand() : VerbCommand("version", Summary)
{
    public const string Summary = "Tell the program's version";

    public override IReadOnlyList<(int Code, string Meaning)> Exits => [(ExitCode.Done, "done")];

    public override IReadOnlyList<(string Line, string Meaning)> Examples => [("snapstore version", "Prints the version in its first line.")];

    public override int Run(CommandContext context)
    {
        string platform = RuntimeInformation.RuntimeIdentifier;
        context.Output.Line(ProgramVersion.Full);
        context.Output.Line($"repository format {RepositoryConfig.FormatVersion}, {RuntimeInformation.FrameworkDescription}, {platform}");
        context.Output.Json("version", json =>
        {
            json.WriteString("version", ProgramVersion.Number);
            json.WriteNumber("repository_format", RepositoryConfig.FormatVersion);
            json.WriteString("runtime", RuntimeInformation.FrameworkDescription);
            json.WriteString("platform", platform);
        });
        return ExitCode.Done;
    }
}
