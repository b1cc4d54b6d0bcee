using System.Globalization;
using System.Text;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Repositories;

/// <summary>Directories of any size as trees of nodes.</summary>
public sealed class TreeWriterTests : IDisposable
{
    private const int Many = 100_000;

    private static readonly EntryOwner Ada = new(1000, 1000, "ada", "ada");
    private static readonly Comparer<byte[]> ByBytes = Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b));

    private readonly KeyRing _keys = SpecValues.NewKeys();
    private readonly NodeSplitter _splitter;
    private readonly Dictionary<BlobId, byte[]> _nodes = [];
    private readonly TreeWriter _writer;

    public TreeWriterTests()
    {
        _splitter = new NodeSplitter(_keys);
        _writer = new TreeWriter(_splitter, Put);
    }

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void A_directory_of_many_keeps_order_totals_and_bounds()
    {
        TreeEntry[] entries = [.. Names(Many).Select(static (name, number) => File(name, number))];
        (BlobId root, SubtreeTotals below) = Write(entries);
        Assert.Equal(new SubtreeTotals(Many, entries.Sum(entry => entry.Size)), below);

        List<TreeNode> leaves = [];
        int height = Walk(root, leaves, isRoot: true);
        Assert.Equal(2, height);
        Assert.Equal(entries.Select(entry => entry.Name), leaves.SelectMany(leaf => leaf.Entries).Select(entry => entry.Name));
        Assert.Equal(entries.Select(entry => entry.Size), leaves.SelectMany(leaf => leaf.Entries).Select(entry => entry.Size));
        Assert.All(leaves.SkipLast(1), leaf => Assert.InRange(leaf.Entries.Length, Limits.NodeEntriesMin, Limits.NodeEntriesMax));
        Assert.InRange(leaves.Count, Many / 250, Many / 100);
    }

    [Fact]
    public void One_entry_added_removed_or_changed_rewrites_a_node_or_two_a_level()
    {
        List<byte[]> names = [.. Names(Many)];
        Write(names.Select(name => File(name)));
        SeededValues values = new(1);
        int written = 0;
        const int Changes = 12;
        for (int i = 0; i < Changes; i++)
        {
            int at = values.Int(names.Count);
            if (i % 3 == 0)
                names.Insert(at, [.. names[Math.Max(0, at - 1)], (byte)'x']);
            else if (i % 3 == 1)
                names.RemoveAt(at);
            int before = _nodes.Count;
            int changed = i % 3 == 2 ? at : -1;
            Write(names.Select((name, number) => number == changed ? File(name, 123_456) : File(name)));
            int nodes = _nodes.Count - before;
            // Three levels; a name that ends a leaf, come or gone, makes two of one or one of two.
            Assert.InRange(nodes, 1, 6);
            written += nodes;
        }

        Assert.InRange(written, Changes * 3, Changes * 4);
    }

    [Fact]
    public void The_same_entries_give_the_same_root_whatever_came_before() => SeededValues.ForAll(
        values =>
        {
            SortedDictionary<byte[], TreeEntry> directory = new(ByBytes);
            Dictionary<string, BlobId> rootOf = [];
            byte[][] names = [.. Names(600)];
            for (int step = 0; step < 12; step++)
            {
                for (int i = 0; i < 150; i++)
                {
                    byte[] name = names[values.Int(names.Length)];
                    if (values.Bool())
                        directory[name] = File(name);
                    else
                        directory.Remove(name);
                }

                // A new writer, and the one that has written other directories.
                (BlobId root, SubtreeTotals below) = Write(directory.Values);
                TreeWriter fresh = new(_splitter, Put);
                foreach (TreeEntry entry in directory.Values)
                    fresh.Add(entry);
                Assert.Equal((root, below), fresh.Finish());
                Assert.Equal(directory.Count, below.Entries);
            }
        },
        cases: 10);

    [Fact]
    public void An_empty_directory_is_one_leaf_without_entries()
    {
        (BlobId root, SubtreeTotals below) = Write([]);
        Assert.Equal(default, below);
        TreeNode node = TreeNode.Decode(_nodes[root], "root");
        Assert.Empty(node.Entries);
        Assert.Equal(0, node.Height);
        Write([File("x"u8.ToArray())]);
        Assert.Equal((root, below), Write([]));
    }

    [Fact]
    public void Large_entries_end_leaves_early()
    {
        ExtendedAttribute[] attributes = [new("user.x"u8.ToArray(), new byte[Limits.AttributeValueSizeMax])];
        TreeEntry[] entries = [.. Names(40).Select(name => new TreeEntry { Name = name, Kind = EntryKind.File, Owner = Ada, Attributes = attributes })];
        List<TreeNode> leaves = [];
        Walk(Write(entries).Root, leaves, isRoot: true);
        Assert.Equal(40, leaves.Sum(leaf => leaf.Entries.Length));
        Assert.All(leaves, leaf => Assert.InRange(leaf.Entries.Length, 1, 3));
    }

    [Fact]
    public void Another_repository_splits_elsewhere()
    {
        using KeyRing otherKeys = KeyRing.Generate();
        Dictionary<BlobId, byte[]> otherNodes = [];
        TreeWriter other = new(new NodeSplitter(otherKeys), plain =>
        {
            BlobId id = _keys.MetaId(plain);
            otherNodes[id] = plain.ToArray();
            return id;
        });
        TreeEntry[] entries = [.. Names(5_000).Select(name => File(name))];
        foreach (TreeEntry entry in entries)
            other.Add(entry);
        other.Finish();
        Write(entries);
        Assert.True(_nodes.Keys.Intersect(otherNodes.Keys).Count() < 3);
    }

    [Fact]
    public void A_reader_finds_each_name_and_none_other()
    {
        using MemoryStorage storage = new();
        byte[][] names = [.. Names(3_000)];
        BlobId root;
        BlobId empty;
        using (Repository repository = SmallRepository.Over(storage))
        using (BlobWriter blobs = SmallRepository.Writer(repository))
        {
            TreeWriter writer = new(new NodeSplitter(repository.Keys), blobs.PutMeta);
            empty = writer.Finish().Root;
            foreach (byte[] name in names)
                writer.Add(File(name));
            root = writer.Finish().Root;
            blobs.Finish();
        }

        using Repository opened = SmallRepository.Over(storage);
        using TreeReader reader = new(opened);
        Assert.Equal(names, reader.Entries(root, "test").Select(entry => entry.Name));
        foreach (byte[] name in names)
        {
            Assert.Equal(name, reader.Find(root, name, "test")?.Name);
            Assert.Null(reader.Find(root, [.. name, 1], "test"));
            Assert.Null(reader.Find(root, name.AsSpan(0, name.Length - 1), "test"));
        }

        Assert.Null(reader.Find(root, [1], "test"));
        Assert.Null(reader.Find(root, [0xff, 0xff], "test"));
        Assert.Null(reader.Find(empty, "x"u8, "test"));
        Assert.Empty(reader.Entries(empty, "test"));
        Assert.Throws<CorruptDataException>(() => reader.Find(SpecValues.Id(9), "x"u8, "test"));
    }

    private static TreeEntry File(byte[] name) => File(name, 0);

    private static TreeEntry File(byte[] name, int size) => new()
    {
        Name = name,
        Kind = EntryKind.File,
        Mode = 0x1a4,
        Owner = Ada,
        Mtime = new EntryTime(SpecValues.NewYear + (name[^1] * 1000), 5),
        Ctime = new EntryTime(SpecValues.NewYear + (name[^1] * 1000), 5),
        Inode = 1_000_000UL + name[^1],
        Size = size,
        Content = size == 0 ? FileContent.Empty : FileContent.OfItems([ContentItem.Hole(size)]),
    };

    // Sorted; without "." and ".." in their first letters, so that cutting one off never gives another's name.
    private static IEnumerable<byte[]> Names(int count) => Enumerable.Range(0, count)
        .Select(static number => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"IMG_{number:D7}.jpg")));

    private (BlobId Root, SubtreeTotals Below) Write(IEnumerable<TreeEntry> entries)
    {
        foreach (TreeEntry entry in entries)
            _writer.Add(entry);
        return _writer.Finish();
    }

    private BlobId Put(ReadOnlySpan<byte> plain)
    {
        BlobId id = _keys.MetaId(plain);
        _nodes[id] = plain.ToArray();
        return id;
    }

    // Checks what branches say of their children; returns the height.
    private int Walk(BlobId id, List<TreeNode> leaves, bool isRoot = false)
    {
        TreeNode node = TreeNode.Decode(_nodes[id], "node");
        if (node.Height == 0)
        {
            leaves.Add(node);
            return 0;
        }

        Assert.True(node.Children.Length >= (isRoot ? 2 : 1));
        foreach (TreeChild child in node.Children)
        {
            int first = leaves.Count;
            Assert.Equal(node.Height - 1, Walk(child.Id, leaves));
            TreeEntry[] entries = [.. leaves.Skip(first).SelectMany(leaf => leaf.Entries)];
            Assert.Equal(entries[^1].Name, child.LastName);
            Assert.Equal(entries.Length, child.Entries);
            Assert.Equal(entries.Aggregate(default(SubtreeTotals), (sum, entry) => sum + entry.Totals), child.Totals);
        }

        return node.Height;
    }
}
