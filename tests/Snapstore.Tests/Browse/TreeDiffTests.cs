using System.Globalization;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Browse;

public sealed class TreeDiffTests
{
    [Fact]
    public void Agrees_with_a_naive_comparison()
    {
        Arbitrary<(TestTree, TestTree)> pairs = (
            from before in Tree(3)
            from after in Gen.OneOf(Tree(3), Changed(before))
            select (before, after)).ToArbitrary();
        Prop.ForAll(pairs, pair =>
        {
            (TestTree before, TestTree after) = pair;
            using BrowsedRepository test = new();
            (Snapshot first, Snapshot second) = (test.Take(before.Children), test.Take(after.Children));
            Assert.Equal(Naive(before, after, withMetadata: true), Compare(test, first, second, withMetadata: true));
            Assert.Equal(Naive(before, after, withMetadata: false), Compare(test, first, second, withMetadata: false));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    [Fact]
    public void Agrees_in_directories_of_many_nodes()
    {
        TestTree[] files = [.. Enumerable.Range(0, 3000).Select(i => TestTree.File(Name(i), i.ToString(CultureInfo.InvariantCulture)))];
        Gen<int[]> numbers = Gen.Choose(0, 3100).ArrayOf().Select(all => all.Distinct().ToArray());
        Arbitrary<(int[] Removed, int[] Added)> changes = (from r in numbers from a in numbers select (r, a)).ToArbitrary();
        using BrowsedRepository test = new();
        Snapshot first = test.Take(files);
        Prop.ForAll(changes, change =>
        {
            TestTree[] after =
            [
                .. files.Where((_, i) => !change.Removed.Contains(i)),
                .. change.Added.Select(i => TestTree.File(Name(i) + "+", "new")),
            ];
            Snapshot second = test.Take(after);
            Assert.Equal(
                Naive(TestTree.Directory("", files), TestTree.Directory("", after), withMetadata: true),
                Compare(test, first, second, withMetadata: true));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(12));
    }

    [Fact]
    public void Reads_little_where_little_differs()
    {
        TestTree[] files = [.. Enumerable.Range(0, 30_000).Select(i => TestTree.File(Name(i), ContentPart.Noise(190, i)))];
        using BrowsedRepository test = new();
        Snapshot first = test.Take(TestTree.Directory("big", files), TestTree.Directory("same", files));
        Snapshot second = test.Take(TestTree.Directory("big", [.. files, TestTree.File("n10000x", "new")]), TestTree.Directory("same", files));
        _ = test.Repository.Index.Count;
        long before = test.Storage.BytesRead;
        Assert.Equal(["Added /big/n10000x"], Compare(test, first, second, withMetadata: true));
        long whole = test.Repository.Index.Packs.Where(pack => pack.Kind == PackKind.Meta).Sum(pack => pack.Size);
        // Segments of 1 MiB are the unit of reading; a node is read from at most two of each snapshot.
        Assert.InRange(test.Storage.BytesRead - before, 1, whole / 2);
    }

    [Fact]
    public void Sums_up_and_counts_content_that_is_new()
    {
        ContentPart old = ContentPart.Noise(100_000, 1), moved = ContentPart.Noise(90_000, 2), fresh = ContentPart.Noise(80_000, 3);
        using BrowsedRepository test = new();
        Snapshot first = test.Take(TestTree.File("old", old), TestTree.File("from", moved), TestTree.Directory("gone"));
        Snapshot second = test.Take(TestTree.File("old", old), TestTree.File("to", moved, fresh), TestTree.File("copy", old), TestTree.File("again", fresh));
        DiffTotals totals = new();
        using TreeDiff diff = new(test.Repository, withMetadata: false);
        using AddedContent added = new(test.Repository);
        foreach (DiffEntry difference in diff.Run(PathFinder.Root(first), PathFinder.Root(second), []))
        {
            totals.Add(difference);
            added.Add(difference);
        }

        Assert.Equal((3, 350_000), totals.FilesAdded);
        Assert.Equal((1, 90_000), totals.FilesRemoved);
        Assert.Equal(1, totals.DirectoriesRemoved);
        AddedTotals left = added.Without(PathFinder.Root(first), CancellationToken.None);
        Assert.Equal((1, 80_000), (left.Blobs, left.Bytes));
        Assert.InRange(left.StoredBytes, 1, 81_000);
    }

    private static string Name(int number) => "n" + number.ToString("d5", CultureInfo.InvariantCulture);

    private static List<string> Compare(BrowsedRepository test, Snapshot first, Snapshot second, bool withMetadata)
    {
        using TreeDiff diff = new(test.Repository, withMetadata);
        return [.. diff.Run(PathFinder.Root(first), PathFinder.Root(second), []).Select(d => $"{d.Kind} {Encoding.Latin1.GetString(d.Path)}")];
    }

    private static List<string> Naive(TestTree before, TestTree after, bool withMetadata)
    {
        Dictionary<string, TestTree> first = before.Below().ToDictionary(p => p.Path, p => p.Tree);
        Dictionary<string, TestTree> second = after.Below().ToDictionary(p => p.Path, p => p.Tree);
        // A listing's order: '/' sorts before every other byte of a name.
        return [.. first.Keys.Union(second.Keys)
            .OrderBy(path => path.Replace('/', '\0'), StringComparer.Ordinal)
            .Select(path => (Kind: KindOf(first.GetValueOrDefault(path), second.GetValueOrDefault(path)), Path: path))
            .Where(d => d.Kind is not null && (withMetadata || d.Kind != DiffKind.MetadataChanged))
            .Select(d => $"{d.Kind} {d.Path}")];
    }

    private static DiffKind? KindOf(TestTree? before, TestTree? after)
    {
        if (before is null)
            return DiffKind.Added;
        if (after is null)
            return DiffKind.Removed;
        if (before.Entry.Kind != after.Entry.Kind)
            return DiffKind.TypeChanged;
        if (!before.Content().SequenceEqual(after.Content()) || !before.Entry.Target.SequenceEqual(after.Entry.Target))
            return DiffKind.ContentChanged;
        return before.Entry.Mode != after.Entry.Mode ? DiffKind.MetadataChanged : null;
    }

    private static Gen<TestTree> Tree(int depth) =>
        from children in Node(depth).ListOf().Resize(5)
        select TestTree.Directory("", [.. children.DistinctBy(child => Encoding.Latin1.GetString(child.Entry.Name))]);

    private static Gen<TestTree> Node(int depth) =>
        from name in Gen.Elements("a", "b", "c", "d\xff", "e")
        from mode in Gen.Elements(0x1a4, 0x180)
        from node in depth == 0 ? Leaf(name) : Gen.Frequency<TestTree>((2, Leaf(name)), (1, Tree(depth - 1).Select(t => t.With(e => e with { Name = Encoding.Latin1.GetBytes(name) }))))
        select node.With(entry => entry with { Mode = mode });

    private static Gen<TestTree> Leaf(string name) => Gen.OneOf(
        Gen.Elements("", "x", "y", new string('z', 500)).Select(text => TestTree.File(name, text)),
        Gen.Elements("t", "u").Select(target => TestTree.Symlink(name, target)));

    private static Gen<TestTree> Changed(TestTree tree) =>
        from extra in Node(1)
        from dropped in Gen.Choose(0, 4)
        let kept = tree.Children.Where((child, i) => i != dropped && !child.Entry.Name.SequenceEqual(extra.Entry.Name))
        select tree with { Children = [.. kept, extra] };
}
