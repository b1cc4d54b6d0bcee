using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Sources;

namespace Snapstore.Tests.Sources;

public sealed class ExcludeRulesTests
{
    private static readonly Gen<string> Name = Gen.Elements("a", "b", "ab", "aab", "ä", "a.b", ".a", "bb");
    private static readonly Gen<string> PatternName =
        Gen.Elements("a", "b", "ab", "*", "**", "a*", "*b", "?", "?b", "*?", "a*b", "[a]", "[!a]", "*a*b*", "ä*", "**", "*??");

    private static readonly Arbitrary<(string[] Patterns, string Path, bool IsDirectory)> Cases = (
        from count in Gen.Choose(1, 4)
        from patterns in Pattern().ArrayOf(count)
        from path in Path()
        from isDirectory in Gen.Elements(true, false)
        select (patterns, path, isDirectory)).ToArbitrary();

    public static TheoryData<string, string, string, string> SpecRows()
    {
        TheoryData<string, string, string, string> rows = [];
        foreach (string[] cells in SpecFiles.TableRows("patterns.md", "## Worked results"))
            rows.Add(cells[0], cells[1], cells[2], cells[3]);
        return rows;
    }

    [Theory]
    [MemberData(nameof(SpecRows))]
    public void Gives_the_results_of_the_spec(string patterns, string path, string exclude, string include)
    {
        string plain = path.Trim('`');
        bool isDirectory = plain.EndsWith('/');
        ExcludeRules rules = ExcludeRules.Parse(patterns.Split('`').Where((_, i) => i % 2 == 1));
        byte[] bytes = Encoding.UTF8.GetBytes(plain.TrimEnd('/'));
        Assert.Equal(exclude == "out", rules.IsExcluded(bytes, isDirectory));
        Assert.Equal(include == "taken", rules.Matches(bytes, isDirectory));
    }

    [Fact]
    public void Agrees_with_a_naive_matcher()
    {
        Prop.ForAll(Cases, c =>
        {
            ExcludeRules rules = ExcludeRules.Parse(c.Patterns);
            byte[] path = Encoding.UTF8.GetBytes(c.Path);
            return rules.IsExcluded(path, c.IsDirectory) == ReferenceRules.IsExcluded(c.Patterns, c.Path, c.IsDirectory)
                && rules.Matches(path, c.IsDirectory) == ReferenceRules.Matches(c.Patterns, c.Path, c.IsDirectory);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(4000));
    }

    [Fact]
    public void Never_denies_a_directory_in_which_something_matches()
    {
        Prop.ForAll(Cases, c =>
        {
            ExcludeRules rules = ExcludeRules.Parse(c.Patterns);
            if (!rules.Matches(Encoding.UTF8.GetBytes(c.Path), c.IsDirectory))
                return true;
            for (int slash = c.Path.LastIndexOf('/'); slash >= 0; slash = slash == 0 ? -1 : c.Path.LastIndexOf('/', slash - 1))
            {
                if (!rules.MayMatchBelow(Encoding.UTF8.GetBytes(c.Path[..slash])))
                    return false;
            }

            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(4000));
    }

    [Theory]
    [InlineData("/a/b/c", "/x", false)]
    [InlineData("/a/b/c", "/a", true)]
    [InlineData("/a/b/c", "/a/b", true)]
    [InlineData("/a/b/c", "/a/b/c", true)]
    [InlineData("/a/b/c", "/a/b/d", false)]
    [InlineData("/a/*/c", "/a/x/d", false)]
    [InlineData("/a/**/c", "/a/x/d", true)]
    [InlineData("c", "/a/x/d", true)]
    [InlineData("!c", "/a", false)]
    [InlineData("/a", "", true)]
    public void Says_where_something_may_match(string pattern, string directory, bool expected) =>
        Assert.Equal(expected, ExcludeRules.Parse([pattern]).MayMatchBelow(Encoding.UTF8.GetBytes(directory)));

    [Theory]
    [InlineData("")]
    [InlineData("!")]
    [InlineData("/")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a[b")]
    [InlineData("a[b/c]")]
    [InlineData("[]")]
    [InlineData("[b-a]")]
    [InlineData("[[:alpha:]]")]
    [InlineData("a\\")]
    [InlineData("a\0b")]
    public void Refuses_what_is_no_pattern_by_name(string pattern)
    {
        UsageException refused = Assert.Throws<UsageException>(() => ExcludeRules.Parse(["ok", pattern]));
        Assert.Contains($"'{pattern}'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_or_takes_any_text_and_any_path()
    {
        Prop.ForAll<byte[], byte[]>((lines, path) =>
        {
            try
            {
                ExcludeRules rules = ExcludeRules.ParseFile(lines);
                byte[] absolute = [(byte)'/', .. path];
                _ = rules.IsExcluded(absolute, isDirectory: true);
                _ = rules.Matches(absolute, isDirectory: false);
                _ = rules.MayMatchBelow(absolute);
            }
            catch (UsageException)
            {
                // A clean refusal is one of the two right answers.
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1000));
    }

    [Fact]
    public void Reads_a_file_of_patterns()
    {
        ExcludeRules rules = ExcludeRules.ParseFile("\uFEFF# comment\r\n\n*.o  \r\n   \nkeep\\ \n\\#x\n!y"u8);
        Assert.Equal(["*.o", "keep\\ ", "\\#x", "!y"], rules.Patterns);
        Assert.True(rules.IsExcluded("/a.o"u8, isDirectory: false));
        Assert.True(rules.IsExcluded("/keep "u8, isDirectory: false));
        Assert.True(rules.IsExcluded("/#x"u8, isDirectory: false));
    }

    [Fact]
    public void Matches_names_that_are_not_utf_8()
    {
        ExcludeRules rules = ExcludeRules.ParseFile([0xFF, (byte)'*']);
        Assert.True(rules.IsExcluded([(byte)'/', 0xFF, 0xFE], isDirectory: false));
        Assert.False(rules.IsExcluded([(byte)'/', 0xFE, 0xFF], isDirectory: false));
        Assert.True(ExcludeRules.Parse(["?[!a]?"]).IsExcluded([(byte)'/', 0xFF, 0xC3, 0xFE], isDirectory: false));
    }

    [Fact]
    public void Joins_rules_and_keeps_the_smaller_bound()
    {
        ExcludeRules first = ExcludeRules.Parse(["*.o"]).With([IfPresentRule.CacheDirectory], 100);
        ExcludeRules both = first.Then(ExcludeRules.Parse(["!a.o"]).With([IfPresentRule.Parse(".nobackup")], 10));
        Assert.Equal(["*.o", "!a.o"], both.Patterns);
        Assert.False(both.IsExcluded("/a.o"u8, isDirectory: false));
        Assert.Equal(10, both.LargerThan);
        Assert.Equal(100, first.Then(ExcludeRules.None).LargerThan);
        Assert.Equal(["CACHEDIR.TAG:Signature: 8a477f597d28d172789f06886806bc55", ".nobackup"], both.IfPresent.Select(rule => rule.ToString()));
        Assert.Throws<UsageException>(() => IfPresentRule.Parse("a/b:c"));
    }

    [Fact]
    public void Takes_time_in_proportion_for_patterns_that_go_back()
    {
        string pattern = string.Concat(Enumerable.Repeat("a*", 100)) + "b";
        byte[] path = Encoding.UTF8.GetBytes("/" + new string('a', 250));
        Assert.False(ExcludeRules.Parse([pattern]).IsExcluded(path, isDirectory: false));
    }

    private static Gen<string> Pattern() =>
        from count in Gen.Choose(1, 4)
        from names in PatternName.ArrayOf(count)
        from before in Gen.Elements("", "", "/", "!", "!/")
        from after in Gen.Elements("", "", "", "/")
        select before + string.Join('/', names) + after;

    private static Gen<string> Path() =>
        from count in Gen.Choose(1, 5)
        from names in Name.ArrayOf(count)
        select "/" + string.Join('/', names);
}
