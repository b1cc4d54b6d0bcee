using System.CommandLine;
using Snapstore.Cli.Commands;

namespace Snapstore.Cli;

/// <summary>A verb before it is built.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Alias">Its other name; "" where it has none.</param>
/// <param name="Summary">What it does, in a line.</param>
/// <param name="Make">Builds it with all its options.</param>
internal sealed record Verb(string Name, string Alias, string Summary, Func<Command> Make);

/// <summary>The one list of verbs, and the parser's tree, of which only the verbs that are asked for are built.</summary>
internal static class CommandTree
{
    /// <summary>All verbs, in the order of the help.</summary>
    public static IReadOnlyList<Verb> Verbs { get; } =
    [
        new("init", "", InitCommand.Summary, () => new InitCommand()),
        new("snapshot", "backup", SnapshotCommand.Summary, () => new SnapshotCommand()),
        new("list", "snapshots", ListCommand.Summary, () => new ListCommand()),
        new("ls", "", LsCommand.Summary, () => new LsCommand()),
        new("cat", "dump", CatCommand.Summary, () => new CatCommand()),
        new("find", "", FindCommand.Summary, () => new FindCommand()),
        new("diff", "", DiffCommand.Summary, () => new DiffCommand()),
        new("restore", "", RestoreCommand.Summary, () => new RestoreCommand()),
        new("export", "", ExportCommand.Summary, () => new ExportCommand()),
        new("check", "", CheckCommand.Summary, () => new CheckCommand()),
        new("repair", "", RepairCommand.Summary, () => new RepairCommand()),
        new("forget", "", ForgetCommand.Summary, () => new ForgetCommand()),
        new("undelete", "", UndeleteCommand.Summary, () => new UndeleteCommand()),
        new("prune", "", PruneCommand.Summary, () => new PruneCommand()),
        new("hold", "", HoldCommand.HoldSummary, () => new HoldCommand(isHeld: true)),
        new("release", "", HoldCommand.ReleaseSummary, () => new HoldCommand(isHeld: false)),
        new("copy", "", CopyCommand.Summary, () => new CopyCommand()),
        new("mirror", "", MirrorCommand.Summary, () => new MirrorCommand()),
        new("tag", "", TagCommand.Summary, () => new TagCommand()),
        new("stats", "", StatsCommand.Summary, () => new StatsCommand()),
        new("key", "", KeyCommand.Summary, () => new KeyCommand()),
        new("cache", "", CacheCommand.Summary, () => new CacheCommand()),
        new("serve-storage", "", ServeStorageCommand.Summary, () => new ServeStorageCommand()),
        new("completion", "", CompletionCommand.Summary, () => new CompletionCommand()),
        new("version", "", VersionCommand.Summary, () => new VersionCommand()),
    ];

    /// <summary>The tree for these arguments: every verb that is among them, so certainly the one that is meant.</summary>
    public static RootCommand Build(IReadOnlyList<string> arguments) =>
        Build(Verbs.Where(verb => arguments.Any(argument => argument == verb.Name || (verb.Alias.Length > 0 && argument == verb.Alias))));

    /// <summary>The tree with every verb.</summary>
    public static RootCommand BuildWhole() => Build(Verbs);

    private static RootCommand Build(IEnumerable<Verb> verbs)
    {
        RootCommand root = new("Encrypted, deduplicating snapshots of directories and streams.");
        root.Options.Clear();
        root.Directives.Clear();
        foreach (Option option in GlobalOptions.All)
            root.Options.Add(option);
        foreach (Verb verb in verbs)
        {
            Command command = verb.Make();
            if (verb.Alias.Length > 0)
                command.Aliases.Add(verb.Alias);
            root.Subcommands.Add(command);
        }

        return root;
    }
}
