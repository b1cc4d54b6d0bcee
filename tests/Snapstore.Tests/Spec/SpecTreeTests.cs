using Snapstore.Formats;

namespace Snapstore.Tests.Spec;

/// <summary>spec/formats/tree.md and chunk-list.md against the program.</summary>
public sealed class SpecTreeTests
{
    private static readonly SpecPage Trees = SpecPage.Read("tree.md");
    private static readonly SpecPage Lists = SpecPage.Read("chunk-list.md");
    private static readonly EntryOwner Root = new(0, 0, "root", "root");
    private static readonly EntryOwner Ada = new(1000, 100, "ada", "");

    [Fact]
    public void A_leaf_is_that_of_the_page()
    {
        TreeEntry[] entries = Entries();
        TreeLeafEncoder encoder = new();
        foreach (TreeEntry entry in entries)
            encoder.Add(entry);
        ByteWriter output = new();
        encoder.Finish(output);
        Assert.Equal(Trees.Bytes("tree-leaf"), output.ToArray());

        TreeNode node = TreeNode.Decode(Trees.Bytes("tree-leaf"), "the page");
        Assert.Equal(0, node.Height);
        Assert.Equivalent(entries, node.Entries, strict: true);
    }

    [Fact]
    public void A_branch_is_that_of_the_page()
    {
        TreeChild[] children =
        [
            new("m"u8.ToArray(), SpecValues.Id(0x44), 160, new SubtreeTotals(200, 1 << 20)),
            new("zebra"u8.ToArray(), SpecValues.Id(0x55), 40, new SubtreeTotals(40, 0)),
        ];
        ByteWriter output = new();
        TreeNode.EncodeBranch(output, height: 1, children);
        Assert.Equal(Trees.Bytes("tree-branch"), output.ToArray());

        TreeNode node = TreeNode.Decode(Trees.Bytes("tree-branch"), "the page");
        Assert.Equal(1, node.Height);
        Assert.Equivalent(children, node.Children, strict: true);
    }

    [Fact]
    public void A_chunk_list_leaf_is_that_of_the_page()
    {
        ContentItem[] items =
            [new(SpecValues.Id(0x11), 65536, IsHole: false), ContentItem.Hole(1 << 20), new(SpecValues.Id(0x22), 100, IsHole: false)];
        ByteWriter output = new();
        ChunkListNode.EncodeLeaf(output, items);
        Assert.Equal(Lists.Bytes("chunk-list-leaf"), output.ToArray());

        ChunkListNode node = ChunkListNode.Decode(Lists.Bytes("chunk-list-leaf"), "the page");
        Assert.Equal(items, node.Items);
        Assert.Equal(0, node.Height);
    }

    [Fact]
    public void A_chunk_list_branch_is_that_of_the_page()
    {
        ChunkListChild[] children = [new(SpecValues.Id(0x33), 1114212), new(SpecValues.Id(0x44), 7)];
        ByteWriter output = new();
        ChunkListNode.EncodeBranch(output, height: 1, children);
        Assert.Equal(Lists.Bytes("chunk-list-branch"), output.ToArray());

        ChunkListNode node = ChunkListNode.Decode(Lists.Bytes("chunk-list-branch"), "the page");
        Assert.Equal(children, node.Children);
        Assert.Equal(1, node.Height);
    }

    private static TreeEntry[] Entries()
    {
        EntryTime newYear = new(SpecValues.NewYear, 5);
        EntryTime bare = new(SpecValues.NewYear, 0);
        EntryTime odd = new(-1, 999_999_999);
        EntryTime again = new(SpecValues.NewYear, 1);
        return
        [
            new() { Name = "bin"u8.ToArray(), Kind = EntryKind.Directory, Mode = Octal("755"), Owner = Root, Mtime = newYear, Ctime = new(SpecValues.NewYear + 1, 6), Inode = 20, Tree = SpecValues.Id(0x11), Below = new SubtreeTotals(3, 4096) },
            new() { Name = "empty"u8.ToArray(), Kind = EntryKind.File, Mode = Octal("644"), Owner = Ada, Mtime = bare, Ctime = bare, Inode = 21 },
            new()
            {
                Name = "hole"u8.ToArray(),
                Kind = EntryKind.File,
                Mode = Octal("4711"),
                Owner = Ada,
                Mtime = odd,
                Ctime = odd,
                Inode = 10,
                Size = 1052676,
                Content = FileContent.OfItems([new ContentItem(SpecValues.Id(0x22), 4100, IsHole: false), ContentItem.Hole(1 << 20)]),
                Device = 2049,
                LinkCount = 2,
                Attributes = [new ExtendedAttribute("user.x"u8.ToArray(), "y"u8.ToArray())],
            },
            new() { Name = "inline"u8.ToArray(), Kind = EntryKind.File, Mode = Octal("600"), Owner = Ada, Mtime = again, Ctime = again, Inode = 11, Size = 3, Content = FileContent.OfInline("abc"u8.ToArray()) },
            new() { Name = "large"u8.ToArray(), Kind = EntryKind.File, Mode = Octal("600"), Owner = Ada, Mtime = bare, Ctime = bare, Inode = 12, Size = 1 << 30, Content = FileContent.OfList(SpecValues.Id(0x33)) },
            new() { Name = "link"u8.ToArray(), Kind = EntryKind.Symlink, Mode = Octal("777"), Owner = Root, Mtime = bare, Ctime = bare, Inode = 13, Target = "../bin"u8.ToArray() },
            new() { Name = "null"u8.ToArray(), Kind = EntryKind.CharacterDevice, Mode = Octal("666"), Owner = Root, Mtime = bare, Ctime = bare, Inode = 14, Rdev = (1, 3) },
            new() { Name = "pipe"u8.ToArray(), Kind = EntryKind.Fifo, Mode = Octal("600"), Owner = Ada, Mtime = bare, Ctime = bare, Inode = 15 },
            new() { Name = "sda"u8.ToArray(), Kind = EntryKind.BlockDevice, Mode = Octal("660"), Owner = Root, Mtime = bare, Ctime = bare, Inode = ulong.MaxValue, Rdev = (8, 0) },
        ];
    }

    private static int Octal(string digits) => Convert.ToInt32(digits, 8);
}
