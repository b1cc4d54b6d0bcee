using System.CommandLine;
using Snapstore.Garbage;
using Snapstore.Repositories;

namespace Snapstore.Cli.Commands;

/// <summary>`prune`: gives back the space of what no snapshot needs.</summary>
internal sealed class PruneCommand : VerbCommand
{
    public const string Summary = "Give back the space of what no snapshot needs";

    private readonly PruneRun _prune = new();
    private readonly Option<bool> _dryRun = Declare.Flag("--dry-run", "Say what would be done, in bytes, and do nothing", "-n");

    public PruneCommand()
        : base("prune", Summary)
    {
        _prune.AddTo(this);
        Options.Add(_dryRun);
    }

    public override bool EndsCleanly => true;

    public override IReadOnlyList<(int Code, string Meaning)> Exits =>
        ExitsWith((ExitCode.Damage, "damage found, so nothing was removed: what snapshots need cannot be told"));

    public override string Remarks =>
        "It may run at any time, beside snapshots and other prunes: nobody waits for it, and it deletes only what no session at work could still come to need. "
        + "What it cannot delete yet is left to the next run. Interrupted or killed, the next run goes on.";

    public override IReadOnlyList<(string Line, string Meaning)> Examples =>
    [
        ("snapstore prune --dry-run", "Tells how many bytes would go."),
        ("snapstore prune --max-unused 0% --wait 1h", "Rewrites every pack that holds waste; waits up to an hour for sessions at work."),
    ];

    public override int Run(CommandContext context)
    {
        PruneOptions options = _prune.Read(context, context.Value(_dryRun));
        using Repository repository = context.OpenRepository();
        return PruneRun.Run(context, repository, options);
    }
}
