using System.CommandLine;
using System.Text;

namespace Snapstore.Cli.Commands;

/// <summary>`completion`: scripts that complete command lines in a shell.</summary>
internal sealed class CompletionCommand : VerbCommand
{
    public const string Summary = "Print a script that completes command lines in bash, zsh or fish";

    private readonly Argument<string> _shell = Declare.Argument("SHELL", "bash, zsh or fish");

    public CompletionCommand()
        : base("completion", Summary)
    {
        _shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        Arguments.Add(_shell);
    }

    public override IReadOnlyList<(int Code, string Meaning)> Exits => [(ExitCode.Done, "done"), (ExitCode.Usage, "wrong usage")];

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore completion bash > /etc/bash_completion.d/snapstore", "For every user of bash."),
        ("source <(snapstore completion zsh)", "In ~/.zshrc."),
        ("snapstore completion fish > ~/.config/fish/completions/snapstore.fish", "For fish."),
    ];

    public override int Run(CommandContext context)
    {
        CompletionScript script = new(CommandTree.BuildWhole());
        string text = context.Value(_shell) switch
        {
            "bash" => script.Bash(),
            "zsh" => script.Zsh(),
            _ => script.Fish(),
        };
        context.Output.Data.Write(Encoding.UTF8.GetBytes(text));
        return ExitCode.Done;
    }
}
