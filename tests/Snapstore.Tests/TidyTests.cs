using System.Text.RegularExpressions;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests;

/// <summary>What the compiler does not check of style, and that pages and code name each other.</summary>
public sealed partial class TidyTests
{
    private const int LinesMax = 400;

    // Split, so that this file does not find itself.
    private static readonly string[] Unwanted = ["TO" + "DO", "FIX" + "ME", "XX" + "X:"];

    private static readonly string[] CodeFolders = ["src", "tests"];

    public static TheoryData<string> FormatPages => [.. PageNames()];

    [Fact]
    public void Files_fit_in_a_head() =>
        Assert.Empty(SourceFiles().Where(file => File.ReadLines(file).Count() > LinesMax).Select(Relative));

    [Fact]
    public void Nothing_is_left_to_do() =>
        Assert.Empty(SourceFiles().Where(file => Unwanted.Any(File.ReadAllText(file).Contains)).Select(Relative));

    [Fact]
    public void Types_are_named_for_what_they_are() => Assert.Empty(
        SourceFiles().SelectMany(file => VagueType().Matches(File.ReadAllText(file)).Select(match => $"{Relative(file)}: {match.Value}")));

    [Theory]
    [MemberData(nameof(FormatPages))]
    public void A_format_page_names_sources_that_exist(string page)
    {
        List<string> sources = [.. SourcesOf(page)];
        Assert.NotEmpty(sources);
        Assert.All(sources, source => Assert.True(File.Exists(Checkout.PathOf(source)), $"{page} names {source}"));
    }

    [Fact]
    public void Every_codec_has_a_page_that_names_it_and_names_its_page()
    {
        string[] named = [.. PageNames().SelectMany(SourcesOf)];
        foreach (string file in Directory.EnumerateFiles(Checkout.PathOf("src", "Snapstore", "Formats"), "*.cs"))
        {
            Assert.Contains(Relative(file), named);
            Assert.Contains("spec/formats/", File.ReadAllText(file), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Pages_that_the_code_names_exist()
    {
        foreach (string file in SourceFiles())
        {
            foreach (Match match in FormatPage().Matches(File.ReadAllText(file)))
                Assert.True(File.Exists(Checkout.PathOf(match.Value)), $"{Relative(file)} names {match.Value}");
        }
    }

    [Theory]
    [InlineData("records.md")]
    [InlineData("sealing.md")]
    [InlineData("config.md")]
    [InlineData("key-slot.md")]
    [InlineData("pack.md")]
    [InlineData("index.md")]
    [InlineData("tree.md")]
    [InlineData("chunk-list.md")]
    [InlineData("manifest.md")]
    [InlineData("garbage.md")]
    public void Every_worked_example_is_read_by_a_test(string page)
    {
        string tests = string.Concat(Directory.EnumerateFiles(Checkout.PathOf("tests", "Snapstore.Tests", "Spec"), "*.cs").Select(File.ReadAllText));
        Assert.NotEmpty(SpecPage.Read(page).BlockNames);
        Assert.All(SpecPage.Read(page).BlockNames, block => Assert.Contains($"\"{block}\"", tests, StringComparison.Ordinal));
    }

    private static IEnumerable<string> PageNames() =>
        Directory.GetFiles(Checkout.PathOf("spec", "formats"), "*.md").Select(page => Path.GetFileName(page)!).Order();

    // The line "Source: `src/Snapstore/Formats/A.cs`, `B.cs`; built by `Repositories/C.cs`." names three files.
    private static IEnumerable<string> SourcesOf(string page)
    {
        string line = SpecFiles.Lines($"formats/{page}").First(line => line.StartsWith("Source:", StringComparison.Ordinal));
        string folder = "";
        foreach (Match match in QuotedSource().Matches(line))
        {
            string path = match.Groups[1].Value;
            if (path.StartsWith("src/", StringComparison.Ordinal))
                folder = Path.GetDirectoryName(path)!;
            else
                path = path.Contains('/', StringComparison.Ordinal) ? $"src/Snapstore/{path}" : $"{folder}/{path}";
            yield return path;
        }
    }

    private static IEnumerable<string> SourceFiles() => CodeFolders
        .SelectMany(folder => Directory.EnumerateFiles(Checkout.PathOf(folder), "*.cs", SearchOption.AllDirectories));

    private static string Relative(string file) => Path.GetRelativePath(Checkout.Root, file);

    [GeneratedRegex(@"\b(class|struct|record|interface|enum) \w+(Manager|Helper|Helpers|Utils|Util|Service|Handler)\b")]
    private static partial Regex VagueType();

    [GeneratedRegex(@"`([\w/.]+\.cs)`")]
    private static partial Regex QuotedSource();

    [GeneratedRegex(@"spec/formats/[\w-]+\.md")]
    private static partial Regex FormatPage();
}
