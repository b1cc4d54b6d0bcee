using System.CommandLine;

namespace Snapstore.Cli.Commands;

/// <summary>`key`: the verbs about passwords and key files.</summary>
internal sealed class KeyCommand : Command
{
    public const string Summary = "Manage passwords and key files: list, add, remove, passwd";

    public KeyCommand()
        : base("key", Summary)
    {
        Subcommands.Add(new KeyListCommand());
        Subcommands.Add(new KeyAddCommand());
        Subcommands.Add(new KeyRemoveCommand());
        Subcommands.Add(new KeyPasswdCommand());
    }
}
