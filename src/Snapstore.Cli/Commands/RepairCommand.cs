using System.CommandLine;

namespace Snapstore.Cli.Commands;

/// <summary>`repair`: the verbs that mend a damaged repository.</summary>
internal sealed class RepairCommand : Command
{
    public const string Summary = "Mend a damaged repository: index, packs, snapshots, versions";

    public RepairCommand()
        : base("repair", Summary)
    {
        Subcommands.Add(new RepairIndexCommand());
        Subcommands.Add(new RepairPacksCommand());
        Subcommands.Add(new RepairSnapshotsCommand());
        Subcommands.Add(new RepairVersionsCommand());
    }
}
