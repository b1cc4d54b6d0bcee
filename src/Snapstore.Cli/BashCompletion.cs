using System.CommandLine;
using System.Text;

namespace Snapstore.Cli;

/// <summary>The completion script for bash: the verb is looked for among the words, then its options are offered.</summary>
internal static class BashCompletion
{
    private const string Head = """
        # Completion of snapstore for bash; made by: snapstore completion bash
        _snapstore() {
            local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} verb='' word i
            COMPREPLY=()
            for ((i = 1; i < COMP_CWORD; i++)); do
                word=${COMP_WORDS[i]}
                case $word in
        """;

    private const string AfterValues = """
                -*) continue ;;
                esac
                case "${verb:+$verb }$word" in
        """;

    private const string AfterVerbs = """
                esac
            done
        """;

    private const string Tail = """
        }
        complete -o filenames -F _snapstore snapstore
        """;

    public static string Script(IReadOnlyList<CompletionNode> nodes)
    {
        StringBuilder script = new(Head + "\n");
        script.Append("        ").AppendJoin('|', ValueOptions(nodes)).Append(") ((i++)); continue ;;\n");
        script.Append(AfterValues).Append('\n');
        foreach (CompletionNode node in nodes.Skip(1))
            script.Append("        ").AppendJoin('|', node.Names.Select(CompletionScript.Quote)).Append($") verb={CompletionScript.Quote(node.Path)} ;;\n");
        script.Append(AfterVerbs).Append('\n');
        AppendValues(script, nodes);
        AppendWords(script, nodes);
        return script.Append(Tail).Append('\n').ToString();
    }

    // An option that takes a value with one verb and none with another is taken for one without.
    private static IEnumerable<string> ValueOptions(IReadOnlyList<CompletionNode> nodes)
    {
        Option[] all = [.. nodes.SelectMany(node => node.Command.Options)];
        IEnumerable<string> flags = all.Where(option => !CompletionScript.TakesValue(option)).SelectMany(CompletionScript.Names);
        return all.Where(CompletionScript.TakesValue).SelectMany(CompletionScript.Names).Except(flags).Order(StringComparer.Ordinal);
    }

    private static void AppendValues(StringBuilder script, IReadOnlyList<CompletionNode> nodes)
    {
        script.Append("    case \"$verb $prev\" in\n");
        foreach (CompletionNode node in nodes)
        {
            foreach (Option option in node.Command.Options.Where(CompletionScript.TakesValue))
            {
                // The program's own options are those of every verb.
                string before = node.Path.Length == 0 ? "*" : CompletionScript.Quote(node.Path);
                script.Append("    ").AppendJoin('|', CompletionScript.Names(option).Select(name => $"{before}' {name}'"));
                script.Append($") {Reply(CompletionScript.Kind(option), CompletionScript.Choices(option))}; return ;;\n");
            }
        }

        script.Append("    esac\n");
    }

    private static void AppendWords(StringBuilder script, IReadOnlyList<CompletionNode> nodes)
    {
        string shared = string.Join(' ', nodes[0].Command.Options.SelectMany(CompletionScript.Names));
        script.Append("    case $verb in\n");
        foreach (CompletionNode node in nodes)
        {
            string own = node.Path.Length == 0 ? "" : string.Join(' ', node.Command.Options.SelectMany(CompletionScript.Names)) + " ";
            string other = node.Below.Any()
                ? Reply(CompletionKind.Choice, [.. node.Below])
                : node.Command.Arguments.Select(a => Reply(CompletionScript.Kind(a), CompletionScript.Choices(a))).FirstOrDefault(":");
            script.Append($"    {CompletionScript.Quote(node.Path)})\n");
            script.Append($"        if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W '{own}{shared}' -- \"$cur\"))\n");
            script.Append($"        else {other}; fi ;;\n");
        }

        script.Append("    esac\n");
    }

    private static string Reply(CompletionKind kind, IReadOnlyList<string> choices) => kind switch
    {
        CompletionKind.File => "COMPREPLY=($(compgen -f -- \"$cur\"))",
        CompletionKind.Directory => "COMPREPLY=($(compgen -d -- \"$cur\"))",
        CompletionKind.Choice => $"COMPREPLY=($(compgen -W '{string.Join(' ', choices)}' -- \"$cur\"))",
        _ => ":",
    };
}
