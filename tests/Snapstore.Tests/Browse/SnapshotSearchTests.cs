using System.Globalization;
using System.Text;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Sources;

namespace Snapstore.Tests.Browse;

public sealed class SnapshotSearchTests
{
    private static readonly TestTree[] Root =
    [
        TestTree.Directory("a", TestTree.File("x.c", "1"), TestTree.Directory("b", TestTree.File("x.c", "22"), TestTree.File("y.o", "333"))),
        TestTree.Directory("copy", TestTree.Directory("b", TestTree.File("x.c", "22"), TestTree.File("y.o", "333"))),
        TestTree.Directory("empty", TestTree.Directory("x.c")),
        TestTree.Symlink("link.c", "a/x.c"),
    ];

    [Theory]
    [InlineData("*.c", "/a/b/x.c /a/x.c /copy/b/x.c /empty/x.c /link.c")]
    [InlineData("b/*.c", "/a/b/x.c /copy/b/x.c")]
    [InlineData("/copy/**", "/copy/b /copy/b/x.c /copy/b/y.o")]
    [InlineData("b", "/a/b /copy/b")]
    [InlineData("none", "")]
    public void Finds_by_pattern_in_every_snapshot(string pattern, string expected)
    {
        using BrowsedRepository test = new();
        Snapshot[] snapshots = [test.Take(Root), test.Take(Root), test.Take([.. Root, TestTree.File("new.c", "")])];
        using SnapshotSearch search = Search(test, pattern);
        Assert.Equal(expected, Run(search, snapshots[0]));
        Assert.Equal(expected, Run(search, snapshots[1]));
        Assert.Equal(pattern == "*.c" ? expected + " /new.c" : expected, Run(search, snapshots[2]));
    }

    [Fact]
    public void Finds_by_kind_size_and_time()
    {
        using BrowsedRepository test = new();
        TestTree[] root =
        [
            TestTree.File("old", "1").With(entry => entry with { Mtime = new EntryTime(10, 0) }),
            TestTree.File("new", "4444").With(entry => entry with { Mtime = new EntryTime(20, 5) }),
            TestTree.Directory("dir"),
        ];
        Snapshot snapshot = test.Take(root);
        SearchCriteria all = new() { Patterns = ExcludeRules.Parse(["*"]) };
        Assert.Equal("/dir", With(all with { Kinds = [EntryKind.Directory] }));
        Assert.Equal("/new", With(all with { SizeMin = 2 }));
        Assert.Equal("/old", With(all with { SizeMax = 2 }));
        Assert.Equal("/dir /new", With(all with { Newer = new EntryTime(20, 5) }));
        Assert.Equal("/old", With(all with { Older = new EntryTime(20, 5) }));

        string With(SearchCriteria criteria)
        {
            using SnapshotSearch search = new(test.Repository, criteria);
            return Run(search, snapshot);
        }
    }

    [Fact]
    public void Agrees_with_a_listing_of_a_large_tree_whatever_it_remembers()
    {
        TestTree[] root = [.. Enumerable.Range(0, 40).Select(i => TestTree.Directory(
            i.ToString(CultureInfo.InvariantCulture),
            [.. Enumerable.Range(0, i * 10).Select(j => TestTree.File($"{j}.{(j % 3 == 0 ? "c" : "h")}", ""))]))];
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(root);
        string expected = string.Join(' ', TestTree.Directory("", root).Below().Select(p => p.Path).Where(path => path.EndsWith(".c", StringComparison.Ordinal)));
        using SnapshotSearch search = Search(test, "*.c");
        Assert.Equal(expected, Run(search, snapshot));
        Assert.Equal(expected, Run(search, snapshot));
    }

    [Fact]
    public void Does_not_read_again_what_was_searched()
    {
        TestTree[] files = [.. Enumerable.Range(0, 20_000).Select(i => TestTree.File($"f{i}", ContentPart.Noise(190, i)))];
        using BrowsedRepository test = new();
        Snapshot first = test.Take(TestTree.Directory("big", files));
        Snapshot second = test.Take(TestTree.Directory("big", files), TestTree.File("more", ""));
        using SnapshotSearch search = Search(test, "f19999");
        Assert.Equal("/big/f19999", Run(search, first));
        long before = test.Storage.BytesRead;
        Assert.Equal("/big/f19999", Run(search, second));
        Assert.InRange(test.Storage.BytesRead - before, 0, 1_200_000);
    }

    private static SnapshotSearch Search(BrowsedRepository test, string pattern) =>
        new(test.Repository, new SearchCriteria { Patterns = ExcludeRules.Parse([pattern]) });

    private static string Run(SnapshotSearch search, Snapshot snapshot) =>
        string.Join(' ', search.Run(snapshot, CancellationToken.None).Select(found => Encoding.UTF8.GetString(found.Path)));
}
