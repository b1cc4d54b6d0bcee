using System.CommandLine;
using System.Text;

namespace Snapstore.Cli;

/// <summary>The completion script for zsh: one function a verb, in terms of _arguments.</summary>
internal static class ZshCompletion
{
    private const string Tail = """
        if [ "$funcstack[1]" = "_snapstore" ]; then
            _snapstore "$@"
        else
            compdef _snapstore snapstore
        fi
        """;

    public static string Script(IReadOnlyList<CompletionNode> nodes)
    {
        StringBuilder script = new("#compdef snapstore\n# Completion of snapstore for zsh; made by: snapstore completion zsh\n");
        foreach (CompletionNode node in nodes.Reverse())
            AppendFunction(script, node, nodes[0].Command.Options);
        return script.Append(Tail).Append('\n').ToString();
    }

    private static void AppendFunction(StringBuilder script, CompletionNode node, IEnumerable<Option> shared)
    {
        script.Append($"{Function(node.Path)}() {{\n");
        if (node.Below.Any())
            script.Append("    local state line\n    typeset -A opt_args\n");
        script.Append($"    _arguments -s{(node.Below.Any() ? " -C" : "")}");
        IEnumerable<Option> own = node.Path.Length == 0 ? [] : node.Command.Options;
        foreach (Option option in own.Concat(shared))
            script.Append(" \\\n        ").Append(OptionSpecification(option));
        if (node.Below.Any())
            script.Append(" \\\n        '1:verb:->verb' \\\n        '*::argument:->rest'");
        foreach (Argument argument in node.Command.Arguments)
            script.Append(" \\\n        ").Append(ArgumentSpecification(argument));
        script.Append('\n');
        if (node.Below.Any())
            AppendBelow(script, node);
        script.Append("}\n");
    }

    private static void AppendBelow(StringBuilder script, CompletionNode node)
    {
        script.Append("    case $state in\n    verb)\n        local -a verbs=(\n");
        foreach (Command below in node.Command.Subcommands)
        {
            foreach (string name in below.Aliases.Prepend(below.Name))
                script.Append($"            {CompletionScript.Quote($"{name}:{below.Description}")}\n");
        }

        script.Append("        )\n        _describe verb verbs ;;\n    rest)\n        case $line[1] in\n");
        foreach (Command below in node.Command.Subcommands)
        {
            string names = string.Join('|', below.Aliases.Prepend(below.Name));
            script.Append($"        {names}) {Function($"{node.Path} {below.Name}".Trim())} ;;\n");
        }

        script.Append("        esac ;;\n    esac\n");
    }

    private static string Function(string path) => path.Length == 0 ? "_snapstore" : "_snapstore_" + path.Replace(' ', '_');

    private static string OptionSpecification(Option option)
    {
        string[] names = [.. CompletionScript.Names(option)];
        string description = Escape(option.Description ?? "");
        string value = option.ValueType == typeof(bool)
            ? ""
            : (option.Arity.MinimumNumberOfValues == 0 ? "::" : ":") + Escape(option.HelpName ?? "value") + ":" + Action(CompletionScript.Kind(option), CompletionScript.Choices(option));
        string prefix = option.ValueType != typeof(bool) && option.Arity.MaximumNumberOfValues > 1 ? "*" : "";
        return names.Length == 1
            ? CompletionScript.Quote($"{prefix}{names[0]}[{description}]{value}")
            : $"{CompletionScript.Quote(prefix)}{{{string.Join(',', names.Select(CompletionScript.Quote))}}}{CompletionScript.Quote($"[{description}]{value}")}";
    }

    private static string ArgumentSpecification(Argument argument)
    {
        string count = argument.Arity.MaximumNumberOfValues > 1 ? "*" : "";
        string action = Action(CompletionScript.Kind(argument), CompletionScript.Choices(argument));
        return CompletionScript.Quote($"{count}:{Escape(argument.Name)}:{action}");
    }

    private static string Action(CompletionKind kind, IReadOnlyList<string> choices) => kind switch
    {
        CompletionKind.File => "_files",
        CompletionKind.Directory => "_directories",
        CompletionKind.Choice => $"({string.Join(' ', choices)})",
        _ => " ",
    };

    private static string Escape(string text) => text
        .Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("[", "\\[", StringComparison.Ordinal)
        .Replace("]", "\\]", StringComparison.Ordinal)
        .Replace(":", "\\:", StringComparison.Ordinal);
}
