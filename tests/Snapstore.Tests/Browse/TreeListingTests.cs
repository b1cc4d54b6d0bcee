using System.Text;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Tests.Browse;

public sealed class TreeListingTests
{
    [Fact]
    public void Lists_each_directory_before_what_is_in_it()
    {
        TestTree tree = TestTree.Directory("", TestTree.Directory("b", TestTree.File("\xff\n", "1"), TestTree.Directory("c")), TestTree.File("a", ""), TestTree.File("b.txt", ""));
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(tree.Children);
        using TreeReader trees = new(test.Repository);
        Assert.Equal(["/a", "/b", "/b/c", "/b/\xff\n", "/b.txt"], Paths(new TreeListing(trees, PathFinder.Root(snapshot), []), skip: false));
        Assert.Equal(["/a", "/b", "/b.txt"], Paths(new TreeListing(trees, PathFinder.Root(snapshot), []), skip: true));
        TreeEntry below = PathFinder.Find(trees, new SnapshotPath(snapshot, "/b"u8.ToArray()));
        Assert.Equal(["/b/c", "/b/\xff\n"], Paths(new TreeListing(trees, below, "/b"u8), skip: false));
    }

    [Fact]
    public void Refuses_a_tree_that_is_deeper_than_any()
    {
        using BrowsedRepository test = new();
        (Snapshot deep, Snapshot deeper) = (test.TakeDeep(Limits.TreeDepthMax), test.TakeDeep(Limits.TreeDepthMax + 1));
        using TreeReader trees = new(test.Repository);
        using TreeListing whole = new(trees, PathFinder.Root(deep), []);
        int depth = 0;
        while (whole.MoveNext())
            depth = Math.Max(depth, whole.Depth);
        Assert.Equal(Limits.TreeDepthMax, depth);

        using TreeListing refused = new(trees, PathFinder.Root(deeper), []);
        Assert.Throws<CorruptDataException>(() =>
        {
            while (refused.MoveNext())
                depth++;
        });
    }

    private static List<string> Paths(TreeListing listing, bool skip)
    {
        List<string> paths = [];
        using (listing)
        {
            while (listing.MoveNext())
            {
                paths.Add(Encoding.Latin1.GetString(listing.Path));
                if (skip)
                    listing.SkipBelow();
            }
        }

        return paths;
    }
}
