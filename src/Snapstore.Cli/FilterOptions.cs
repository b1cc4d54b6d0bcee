using System.CommandLine;
using Snapstore.Repositories;

namespace Snapstore.Cli;

/// <summary>The options --host, --tag and --path, by which verbs choose among snapshots.</summary>
/// <param name="hasTag">False where --tag would be mistaken for something else.</param>
internal sealed class FilterOptions(bool hasTag = true)
{
    private readonly Option<string[]> _hosts = Declare.Texts("--host", "HOST", "Only snapshots of this host (several: of any of them)");

    private readonly Option<string[]> _tags =
        Declare.Texts("--tag", "TAG[,TAG...]", "Only snapshots that have all these tags (several --tag: all of any one)");

    private readonly Option<string[]> _paths =
        Declare.Texts("--path", "PATH", "Only snapshots taken of this path, or stream of this name (several: of all of them)");

    /// <summary>Declares them.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_hosts);
        if (hasTag)
            command.Options.Add(_tags);
        command.Options.Add(_paths);
    }

    /// <summary>What they ask for.</summary>
    public SnapshotFilter Read(CommandContext context) => new()
    {
        Hosts = context.Values(_hosts),
        TagSets = [.. (hasTag ? context.Values(_tags) : []).Select(set => set.Split(',', StringSplitOptions.RemoveEmptyEntries))],
        Paths = [.. context.Values(_paths).Select(PathArgument.FromFilter)],
    };
}
