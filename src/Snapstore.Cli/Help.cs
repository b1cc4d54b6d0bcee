using System.CommandLine;
using System.Text;

namespace Snapstore.Cli;

/// <summary>The help of the program and of each verb, made of the command tree.</summary>
internal static class Help
{
    private const int WidthMax = 110, GapSize = 2, NameColumnMax = 34;

    /// <summary>Prints it.</summary>
    public static int Write(Command command, Output output)
    {
        foreach (string line in command is VerbCommand verb ? OfVerb(verb) : OfGroup(command))
            output.Line(line);
        return ExitCode.Done;
    }

    /// <summary>How an option is written: -r, --repo DIR.</summary>
    public static string Spelling(Option option)
    {
        IEnumerable<string> names = option.Aliases.Append(option.Name).Distinct().OrderBy(name => name.Length);
        return string.Join(", ", names) + Value(option);
    }

    private static string Value(Option option)
    {
        if (option.ValueType == typeof(bool))
            return "";
        string name = option.HelpName ?? option.Name.TrimStart('-').ToUpperInvariant();
        return option.Arity.MinimumNumberOfValues == 0 && option.Arity.MaximumNumberOfValues == 1 ? $"[={name}]" : " " + name;
    }

    private static IEnumerable<string> OfProgram()
    {
        yield return "snapstore: encrypted, deduplicating snapshots of directories and streams";
        yield return "";
        yield return "Usage: snapstore [OPTIONS] VERB ...";
        yield return "";
        yield return "Verbs:";
        foreach (string line in Table(CommandTree.Verbs.Select(verb => (verb.Alias.Length > 0 ? $"{verb.Name}, {verb.Alias}" : verb.Name, verb.Summary))))
            yield return line;
        yield return "";
        foreach (string line in GlobalSection())
            yield return line;
        yield return "";
        yield return "snapstore VERB --help tells the options, exit codes and examples of a verb.";
    }

    private static IEnumerable<string> OfGroup(Command group)
    {
        if (group is RootCommand)
            return OfProgram();
        IEnumerable<string> verbs = Table(group.Subcommands.Select(verb => (verb.Name, verb.Description ?? "")));
        return
        [
            $"{FullName(group)}: {Lower(group.Description)}", "", $"Usage: {FullName(group)} VERB ...", "", "Verbs:", .. verbs, "",
            .. GlobalSection(),
        ];
    }

    private static List<string> OfVerb(VerbCommand verb)
    {
        List<string> lines = [$"{FullName(verb)}: {Lower(verb.Description)}", "", $"Usage: {Usage(verb)}"];
        if (verb.Aliases.Count > 0)
            lines.Add($"Alias: {string.Join(", ", verb.Aliases)}");
        Section(lines, "Arguments", verb.Arguments.Select(argument => (argument.HelpName ?? argument.Name, argument.Description ?? "")));
        Section(lines, "Options", verb.Options.Select(option => (Spelling(option), option.Description ?? "")));
        Section(lines, "Verbs", verb.Subcommands.Select(below => (below.Name, below.Description ?? "")));
        lines.Add("");
        lines.AddRange(GlobalSection());
        if (verb.Remarks.Length > 0)
            lines.AddRange(["", .. Wrap(verb.Remarks, WidthMax)]);
        Section(lines, "Exit codes", verb.Exits.Select(exit => ($"{exit.Code,3}", exit.Meaning)));
        lines.AddRange(["", "Examples:"]);
        foreach ((string line, string meaning) in verb.Examples)
            lines.AddRange([$"  {line}", $"      {meaning}"]);
        return lines;
    }

    private static void Section(List<string> lines, string title, IEnumerable<(string Name, string Meaning)> rows)
    {
        List<string> table = [.. Table(rows)];
        if (table.Count > 0)
            lines.AddRange(["", title + ":", .. table]);
    }

    private static IEnumerable<string> GlobalSection() =>
        Table(GlobalOptions.All.Select(option => (Spelling(option), option.Description ?? ""))).Prepend("Options of every verb:");

    private static string Usage(VerbCommand verb)
    {
        StringBuilder usage = new(FullName(verb));
        if (verb.Options.Count > 0)
            usage.Append(" [OPTIONS]");
        foreach (Argument argument in verb.Arguments)
        {
            string name = argument.HelpName ?? argument.Name;
            bool isOptional = argument.Arity.MinimumNumberOfValues == 0;
            string more = argument.Arity.MaximumNumberOfValues > 1 ? "..." : "";
            usage.Append(isOptional ? $" [{name}{more}]" : $" {name}{more}");
        }

        return usage.ToString();
    }

    private static string FullName(Command command)
    {
        List<string> names = [];
        for (Symbol? symbol = command; symbol is Command and not RootCommand; symbol = symbol.Parents.FirstOrDefault())
            names.Insert(0, symbol.Name);
        return string.Join(' ', names.Prepend("snapstore"));
    }

    private static string Lower(string? text) => string.IsNullOrEmpty(text) ? "" : char.ToLowerInvariant(text[0]) + text[1..];

    private static IEnumerable<string> Table(IEnumerable<(string Name, string Meaning)> rows)
    {
        List<(string Name, string Meaning)> all = [.. rows];
        int column = Math.Min(NameColumnMax, all.Select(row => row.Name.Length).DefaultIfEmpty().Max()) + (2 * GapSize);
        foreach ((string name, string meaning) in all)
        {
            string start = $"  {name}".PadRight(column);
            bool fits = start.Length <= column && start.EndsWith(' ');
            if (!fits)
                yield return start;
            string indent = new(' ', column);
            bool isFirst = fits;
            foreach (string part in Wrap(meaning, WidthMax - column))
            {
                yield return (isFirst ? start : indent) + part;
                isFirst = false;
            }
        }
    }

    private static IEnumerable<string> Wrap(string text, int width)
    {
        StringBuilder line = new();
        foreach (string word in text.Split(' '))
        {
            if (line.Length > 0 && line.Length + 1 + word.Length > width)
            {
                yield return line.ToString();
                line.Clear();
            }

            line.Append(line.Length > 0 ? " " : "").Append(word);
        }

        yield return line.ToString();
    }
}
