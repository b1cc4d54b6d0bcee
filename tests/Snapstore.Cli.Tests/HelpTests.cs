using System.Runtime.CompilerServices;

namespace Snapstore.Cli.Tests;

public sealed class HelpTests : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public static TheoryData<string> Verbs => [.. new CompletionScript(CommandTree.BuildWhole()).Nodes.Select(node => node.Path)];

    public void Dispose() => _program.Dispose();

    [Fact]
    public void Help_lists_every_verb()
    {
        string help = _program.Run("--help").Expect(0).Output;
        foreach (Verb verb in CommandTree.Verbs)
            Assert.Contains($"\n  {verb.Name}", help, StringComparison.Ordinal);
        Assert.Equal(help, _program.Run().Expect(0).Output);
    }

    [Theory]
    [MemberData(nameof(Verbs))]
    public void Every_verb_has_help(string verb)
    {
        string help = _program.Run([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]).Expect(0).Output;
        Assert.Contains("Usage: snapstore", help, StringComparison.Ordinal);
        Assert.Contains("--repo DIR", help, StringComparison.Ordinal);
        Assert.All(help.Split('\n'), line => Assert.True(line.Length <= 110 || line.Contains("snapstore ", StringComparison.Ordinal), line));
        if (verb is not ("" or "key" or "repair"))
        {
            Assert.Contains("Exit codes:\n    0  ", help, StringComparison.Ordinal);
            Assert.Contains("Examples:\n  ", help, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Summaries_in_the_list_of_verbs_are_those_of_the_verbs()
    {
        foreach (Verb verb in CommandTree.Verbs)
            Assert.Equal(verb.Summary, verb.Make().Description);
    }

    [Fact]
    public void Version_is_in_the_first_line() =>
        Assert.StartsWith("snapstore 0.", _program.Run("version").Expect(0).Output, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Verbs))]
    public void The_spec_names_every_option_and_exit_code(string verb)
    {
        CompletionNode node = new CompletionScript(CommandTree.BuildWhole()).Nodes.Single(n => n.Path == verb);
        if (node.Path == "key")
            return;
        string page = File.ReadAllText(SpecPage());
        string name = verb.Length == 0 ? "snapstore" : verb;
        int start = Math.Max(page.IndexOf($"\n### `{name}`", StringComparison.Ordinal), page.IndexOf($"\n### `{name} ", StringComparison.Ordinal));
        Assert.True(start > 0, $"spec/cli.md has no section `{name}`");
        string section = page[start..page.IndexOf("\n##", start + 1, StringComparison.Ordinal)];
        foreach (System.CommandLine.Option option in node.Command.Options)
        {
            foreach (string spelling in CompletionScript.Names(option))
                Assert.True(section.Contains($"`{spelling}`", StringComparison.Ordinal) || section.Contains($"`{spelling} ", StringComparison.Ordinal) || section.Contains($"`{spelling}=", StringComparison.Ordinal), $"{verb} {spelling} is not in spec/cli.md");
        }

        if (node.Command is VerbCommand command)
            Assert.All(command.Exits, exit => Assert.Contains($"\n| {exit.Code} |", page, StringComparison.Ordinal));
    }

    private static string SpecPage([CallerFilePath] string thisFile = "") =>
        Path.Combine(Path.GetDirectoryName(thisFile)!, "../../spec/cli.md");
}
