using System.CommandLine;
using System.CommandLine.Completions;

namespace Snapstore.Cli;

/// <summary>What completes the value of an option or argument.</summary>
internal enum CompletionKind
{
    /// <summary>Nothing is known of it.</summary>
    Free = 1,

    /// <summary>A file or directory.</summary>
    File = 2,

    /// <summary>A directory.</summary>
    Directory = 3,

    /// <summary>One of a few words.</summary>
    Choice = 4,
}

/// <summary>One verb (or the program itself) as completion needs it.</summary>
/// <param name="Path">The words that lead to it, without aliases; empty for the program.</param>
/// <param name="Names">Its name and aliases, with the words before it.</param>
/// <param name="Command">The verb.</param>
internal sealed record CompletionNode(string Path, IReadOnlyList<string> Names, Command Command)
{
    /// <summary>The verbs below it.</summary>
    public IEnumerable<string> Below => Command.Subcommands.SelectMany(below => below.Aliases.Prepend(below.Name));
}

/// <summary>Scripts that complete command lines, made of the command tree, so that they know what the parser knows.</summary>
internal sealed class CompletionScript
{
    private readonly List<CompletionNode> _nodes = [];

    /// <summary>Scripts for a whole tree.</summary>
    public CompletionScript(RootCommand root) => Add(root, "", [""]);

    /// <summary>All verbs, the program itself first.</summary>
    public IReadOnlyList<CompletionNode> Nodes => _nodes;

    /// <summary>For bash.</summary>
    public string Bash() => BashCompletion.Script(_nodes);

    /// <summary>For zsh.</summary>
    public string Zsh() => ZshCompletion.Script(_nodes);

    /// <summary>For fish.</summary>
    public string Fish() => FishCompletion.Script(_nodes);

    /// <summary>All names of an option, the longest first.</summary>
    public static IEnumerable<string> Names(Option option) =>
        option.Aliases.Append(option.Name).Distinct().OrderByDescending(name => name.Length);

    /// <summary>True where a value follows the option as a word of its own.</summary>
    public static bool TakesValue(Option option) => option.ValueType != typeof(bool) && option.Arity.MinimumNumberOfValues > 0;

    /// <summary>What completes a value.</summary>
    public static CompletionKind Kind(string? valueName, IReadOnlyList<string> choices) => choices.Count > 0
        ? CompletionKind.Choice
        : valueName switch
        {
            "FILE" or "PATH" or "SOURCE" => CompletionKind.File,
            "DIR" or "REPO" or "STORAGE" => CompletionKind.Directory,
            _ => CompletionKind.Free,
        };

    /// <summary>What completes an option's value.</summary>
    public static CompletionKind Kind(Option option) => Kind(option.HelpName, Choices(option));

    /// <summary>What completes an argument.</summary>
    public static CompletionKind Kind(Argument argument) => Kind(argument.Name, Choices(argument));

    /// <summary>The words that an option or argument takes; empty where it takes any.</summary>
    public static IReadOnlyList<string> Choices(Symbol symbol) => symbol is Option { HelpName: null }
        ? []
        : [.. symbol.GetCompletions(CompletionContext.Empty).Select(item => item.Label).Distinct()];

    /// <summary>Text between single quotes for a shell that knows no escape inside them.</summary>
    public static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    private void Add(Command command, string path, IReadOnlyList<string> names)
    {
        _nodes.Add(new CompletionNode(path, names, command));
        foreach (Command below in command.Subcommands)
        {
            IEnumerable<string> belowNames = below.Aliases.Prepend(below.Name);
            string[] all = [.. names.SelectMany(name => belowNames.Select(last => $"{name} {last}".Trim()))];
            Add(below, $"{path} {below.Name}".Trim(), all);
        }
    }
}
