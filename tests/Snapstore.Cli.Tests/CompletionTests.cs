namespace Snapstore.Cli.Tests;

public sealed class CompletionTests : IDisposable
{
    private readonly SnapstoreProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Fact]
    public void The_script_for_bash_is_bash()
    {
        _program.RunShell("$snapstore completion bash > c && bash -n c").Expect(0);
    }

    [Theory]
    [InlineData("snapstore sna", "snapshot snapshots")]
    [InlineData("snapstore key a", "add")]
    [InlineData("snapstore -r /tmp key r", "remove")]
    [InlineData("snapstore snapshot --compression d", "default")]
    [InlineData("snapstore backup --compr", "--compression")]
    [InlineData("snapstore list --js", "--json")]
    [InlineData("snapstore completion f", "fish")]
    [InlineData("snapstore restore --overwrite if", "if-changed if-newer")]
    public void Bash_completes(string line, string expected)
    {
        string[] words = line.Split(' ');
        ProgramRun run = _program.RunShell(
            $"complete() {{ :; }}; source <($snapstore completion bash); COMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; _snapstore; echo ${{COMPREPLY[@]}}");
        Assert.Equal(expected + "\n", run.Expect(0).Output);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void Every_verb_and_option_is_in_every_script(string shell)
    {
        string script = _program.Run("completion", shell).Expect(0).Output;
        foreach (CompletionNode node in new CompletionScript(CommandTree.BuildWhole()).Nodes.Skip(1))
        {
            Assert.Contains(node.Command.Name, script, StringComparison.Ordinal);
            foreach (System.CommandLine.Option option in node.Command.Options)
                Assert.Contains(shell == "fish" ? $" -l {option.Name[2..]}" : option.Name, script, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("zsh")]
    [InlineData("fish")]
    public void The_script_is_what_its_shell_accepts_where_that_is_installed(string shell)
    {
        // Without the shell, quotes that do not pair are all that can be told.
        string test = $"$snapstore completion {shell} > c; if command -v {shell}; then {shell} -n c; else true; fi";
        _program.RunShell(test).Expect(0);
        string script = File.ReadAllText(Path.Combine(_program.Folder, "c")).Replace("\\'", "", StringComparison.Ordinal);
        Assert.Equal(0, script.Count(c => c == '\'') % 2);
    }
}
