using Snapstore.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

public sealed class TreeLeafTests
{
    private static readonly EntryOwner Root = new(0, 0, "root", "root");

    [Fact]
    public void Decodes_what_was_encoded_and_encodes_it_to_the_same_bytes() => SeededValues.ForAll(values =>
    {
        TreeEntry[] entries = values.Entries(30);
        byte[] leaf = Encode(entries);
        TreeEntry[] decoded = TreeNode.Decode(leaf, "leaf").Entries;
        Assert.Equivalent(entries, decoded, strict: true);
        Assert.Equal(leaf, Encode(decoded));
    });

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes()
    {
        SeededValues values = new(1);
        AnyBytes.GiveAValueOrAnError(
            static bytes => _ = TreeNode.Decode(bytes, "node"),
            [SpecPage.Read("tree.md").Bytes("tree-leaf"), SpecPage.Read("tree.md").Bytes("tree-branch"), Encode(values.Entries(5))],
            firstBytes: [1, 2]);
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("/")]
    [InlineData("a\0")]
    public void Refuses_names_that_lead_out_of_the_directory(string name) =>
        Assert.Throws<CorruptDataException>(() => TreeNode.Decode(Encode([File(name)]), "leaf"));

    [Fact]
    public void Refuses_a_name_longer_than_any_file_system_has()
    {
        _ = TreeNode.Decode(Encode([File(new string('x', 255))]), "leaf");
        Assert.Throws<CorruptDataException>(static () => TreeNode.Decode(Encode([File(new string('x', 256))]), "leaf"));
    }

    [Fact]
    public void Refuses_names_twice_or_out_of_order()
    {
        Assert.Throws<CorruptDataException>(static () => TreeNode.Decode(Encode([File("a"), File("a")]), "leaf"));
        Assert.Throws<CorruptDataException>(static () => TreeNode.Decode(Encode([File("b"), File("a")]), "leaf"));
    }

    [Fact]
    public void Refuses_content_that_does_not_add_up_to_the_size()
    {
        ContentItem item = new(SpecValues.Id(1), 10, IsHole: false);
        _ = TreeNode.Decode(Encode([File("x", 10, FileContent.OfItems([item]))]), "leaf");
        RefusesFile(9, FileContent.OfItems([item]));
        RefusesFile(11, FileContent.OfItems([item]));
        RefusesFile(0, FileContent.OfItems([item]));
        RefusesFile(1, FileContent.Empty);
        RefusesFile(0, FileContent.OfList(SpecValues.Id(1)));
        RefusesFile(257, FileContent.OfInline(new byte[257]));
        RefusesFile(1, FileContent.OfItems([ContentItem.Hole(long.MaxValue), ContentItem.Hole(long.MaxValue), ContentItem.Hole(3)]));
        RefusesFile(90, FileContent.OfItems([.. Enumerable.Repeat(item, 9)]));
        RefusesFile((16 << 20) + 1, FileContent.OfItems([item with { Length = (16 << 20) + 1 }]));
    }

    [Fact]
    public void Refuses_links_without_a_possible_target()
    {
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Symlink, Owner = Root });
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Symlink, Owner = Root, Target = [1, 0] });
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Symlink, Owner = Root, Target = [.. Enumerable.Repeat((byte)1, (64 << 10) + 1)] });
    }

    [Fact]
    public void Refuses_modes_beyond_twelve_bits() =>
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Fifo, Owner = Root, Mode = 0x1000 });

    [Fact]
    public void Refuses_attributes_twice_or_out_of_order()
    {
        ExtendedAttribute a = new("a"u8.ToArray(), []);
        ExtendedAttribute b = new("b"u8.ToArray(), []);
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Fifo, Owner = Root, Attributes = [b, a] });
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Fifo, Owner = Root, Attributes = [a, a] });
        RefusesEntry(new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Fifo, Owner = Root, Attributes = [new([], [])] });
    }

    [Fact]
    public void Never_encodes_a_socket() =>
        Assert.Throws<ArgumentException>(static () => Encode([new TreeEntry { Name = "x"u8.ToArray(), Kind = EntryKind.Socket, Owner = Root }]));

    [Fact]
    public void Totals_end_at_the_largest_number_instead_of_failing()
    {
        // Two sparse files of 8 EiB in one directory are legal on more than one file system.
        FileContent hole = FileContent.OfItems([ContentItem.Hole(long.MaxValue)]);
        TreeLeafEncoder encoder = new();
        encoder.Add(File("a", long.MaxValue, hole));
        encoder.Add(File("b", long.MaxValue, hole));
        Assert.Equal(new SubtreeTotals(2, long.MaxValue), encoder.Totals);
    }

    [Fact]
    public void Refuses_totals_beyond_63_bits()
    {
        ByteWriter output = new();
        output.Raw([2, 1, 1, 1, (byte)'a']);
        output.Raw(SpecValues.Id(1).Span);
        output.Varint(1);
        output.Varint(ulong.MaxValue);
        output.Varint(1);
        Assert.Throws<CorruptDataException>(() => TreeNode.Decode(output.Written, "branch"));
    }

    [Fact]
    public void A_finished_leaf_leaves_nothing_behind()
    {
        TreeLeafEncoder encoder = new();
        ByteWriter first = new();
        ByteWriter second = new();
        foreach (ByteWriter output in (ByteWriter[])[first, second])
        {
            encoder.Add(File("a"));
            Assert.Equal(1, encoder.Count);
            encoder.Finish(output);
            Assert.Equal(0, encoder.Count);
        }

        Assert.Equal(first.ToArray(), second.ToArray());
    }

    internal static TreeEntry File(string name, long size = 0, FileContent? content = null) => new()
    {
        Name = System.Text.Encoding.UTF8.GetBytes(name),
        Kind = EntryKind.File,
        Owner = Root,
        Size = size,
        Content = content ?? FileContent.Empty,
    };

    private static void RefusesFile(long size, FileContent content) => RefusesEntry(File("x", size, content));

    private static void RefusesEntry(TreeEntry entry) =>
        Assert.Throws<CorruptDataException>(() => TreeNode.Decode(Encode([entry]), "leaf"));

    private static byte[] Encode(TreeEntry[] entries)
    {
        TreeLeafEncoder encoder = new();
        foreach (TreeEntry entry in entries)
            encoder.Add(entry);
        ByteWriter output = new();
        encoder.Finish(output);
        return output.ToArray();
    }
}
