using System.CommandLine;
using System.Text;

namespace Snapstore.Cli;

/// <summary>The completion script for fish: one line an option.</summary>
internal static class FishCompletion
{
    public static string Script(IReadOnlyList<CompletionNode> nodes)
    {
        StringBuilder script = new("# Completion of snapstore for fish; made by: snapstore completion fish\ncomplete -c snapstore -f\n");
        foreach (CompletionNode node in nodes)
        {
            AppendBelow(script, node);
            foreach (Option option in node.Command.Options)
                AppendOption(script, node, option);
            foreach (Argument argument in node.Command.Arguments)
                AppendArgument(script, node, argument);
        }

        return script.ToString();
    }

    private static void AppendBelow(StringBuilder script, CompletionNode node)
    {
        string[] below = [.. node.Below];
        string none = $"not __fish_seen_subcommand_from {string.Join(' ', below)}";
        string condition = node.Path.Length == 0 ? none : $"{Seen(node)}; and {none}";
        foreach (Command command in node.Command.Subcommands)
        {
            string names = string.Join(' ', command.Aliases.Prepend(command.Name));
            script.Append($"complete -c snapstore -n {Quote(condition)} -a {Quote(names)} -d {Quote(command.Description ?? "")}\n");
        }
    }

    private static void AppendOption(StringBuilder script, CompletionNode node, Option option)
    {
        script.Append("complete -c snapstore");
        if (node.Path.Length > 0)
            script.Append($" -n {Quote(Seen(node))}");
        foreach (string name in CompletionScript.Names(option))
            script.Append(name.StartsWith("--", StringComparison.Ordinal) ? $" -l {name[2..]}" : $" -s {Quote(name[1..])}");
        if (CompletionScript.TakesValue(option))
            script.Append(" -r").Append(Values(CompletionScript.Kind(option), CompletionScript.Choices(option)));
        script.Append($" -d {Quote(option.Description ?? "")}\n");
    }

    private static void AppendArgument(StringBuilder script, CompletionNode node, Argument argument)
    {
        string values = Values(CompletionScript.Kind(argument), CompletionScript.Choices(argument));
        if (values.Length > 0)
            script.Append($"complete -c snapstore -n {Quote(Seen(node))}{values}\n");
    }

    private static string Values(CompletionKind kind, IReadOnlyList<string> choices) => kind switch
    {
        CompletionKind.File => " -F",
        CompletionKind.Directory => " -a '(__fish_complete_directories)'",
        CompletionKind.Choice => $" -a {Quote(string.Join(' ', choices))}",
        _ => "",
    };

    private static string Seen(CompletionNode node) => string.Join(
        "; and ",
        Levels(node).Select(names => $"__fish_seen_subcommand_from {names}"));

    // The names of each word that leads to the verb: 'key', then 'list'.
    private static IEnumerable<string> Levels(CompletionNode node)
    {
        string[][] names = [.. node.Names.Select(name => name.Split(' '))];
        return Enumerable.Range(0, names[0].Length).Select(level => string.Join(' ', names.Select(words => words[level]).Distinct()));
    }

    private static string Quote(string text) =>
        "'" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal) + "'";
}
