using System.CommandLine;
using Snapstore.Sources;

namespace Snapstore.Cli;

/// <summary>The options --exclude and --exclude-file, of verbs that leave files out (spec/patterns.md).</summary>
internal sealed class ExcludeOptions
{
    private readonly Option<string[]> _patterns = Declare.Texts("--exclude", "PATTERN", "Leave out what matches (spec/patterns.md)", "-e");

    private readonly Option<string[]> _files = Declare.Texts("--exclude-file", "FILE", "Leave out what the patterns in FILE match, one a line");

    /// <summary>All of them.</summary>
    public IReadOnlyList<Option> All => [_patterns, _files];

    /// <summary>The rules: those of files first, so that the command line decides.</summary>
    public ExcludeRules Read(CommandContext context)
    {
        ExcludeRules rules = ExcludeRules.None;
        foreach (string file in context.Values(_files))
            rules = rules.Then(ExcludeRules.ParseFile(InputFile.Read(file)));
        return rules.Then(ExcludeRules.Parse(context.Values(_patterns).Select(RawText.ToBytes)));
    }
}
