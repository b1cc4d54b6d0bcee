using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Repositories;

public sealed class ChunkListWriterTests : IDisposable
{
    private readonly MemoryStorage _storage = new();
    private readonly Repository _repository;

    public ChunkListWriterTests() => _repository = SmallRepository.Over(_storage);

    public void Dispose()
    {
        _repository.Dispose();
        _storage.Dispose();
    }

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(31)]
    [InlineData(1024)]
    [InlineData(1025)]
    [InlineData(5_000)]
    [InlineData(100_000)]
    public void A_reader_gives_back_the_items(int count)
    {
        ContentItem[] items = Items(new SeededValues(count), count);
        (FileContent content, long size, _) = Store(items);
        Assert.Equal(items.Sum(item => item.Length), size);
        Assert.Equal(count <= 8, content.List is null);
        using Repository opened = SmallRepository.Over(_storage);
        using TreeReader reader = new(opened);
        Assert.Equal(items, reader.Items(content, size, "test"));
        if (content.List is not null)
        {
            Assert.Throws<CorruptDataException>(() => reader.Items(content, size - 1, "test").Count());
            Assert.Throws<CorruptDataException>(() => reader.Items(content, size + 1, "test").Count());
        }
    }

    [Fact]
    public void No_items_are_no_content()
    {
        (FileContent content, long size, int nodes) = Store([]);
        Assert.Same(FileContent.Empty, content);
        Assert.Equal(0, size);
        Assert.Equal(0, nodes);
    }

    [Fact]
    public void One_changed_item_rewrites_a_node_or_two_a_level()
    {
        SeededValues values = new(1);
        List<ContentItem> items = [.. Items(values, 50_000)];
        Dictionary<BlobId, int> nodes = [];
        ChunkListWriter writer = new(Put);
        Write();
        Assert.InRange(nodes.Count, 200, 500);
        for (int i = 0; i < 10; i++)
        {
            int at = values.Int(items.Count);
            if (i % 3 == 0)
                items[at] = values.Item();
            else if (i % 3 == 1)
                items.Insert(at, values.Item());
            else
                items.RemoveAt(at);
            int before = nodes.Count;
            Write();
            Assert.InRange(nodes.Count - before, 1, 6);
        }

        void Write()
        {
            foreach (ContentItem item in items)
                writer.Add(item);
            writer.Finish();
        }

        BlobId Put(ReadOnlySpan<byte> plain)
        {
            BlobId id = _repository.Keys.MetaId(plain);
            nodes[id] = plain.Length;
            return id;
        }
    }

    [Fact]
    public void Holes_alone_end_nodes_by_their_count()
    {
        ContentItem[] holes = [.. Enumerable.Repeat(ContentItem.Hole(long.MaxValue / 3_000), 3_000)];
        (FileContent content, long size, int nodes) = Store(holes);
        // Two full leaves, which are the same blob, the rest, and the root.
        Assert.Equal(3, nodes);
        using Repository opened = SmallRepository.Over(_storage);
        using TreeReader reader = new(opened);
        Assert.Equal(holes, reader.Items(content, size, "test"));
    }

    [Fact]
    public void A_file_as_long_as_any_can_be_is_counted_without_overflow()
    {
        ContentItem data = new(SpecValues.Id(1), 1, IsHole: false);
        ContentItem[] items = [.. Enumerable.Repeat(data, 8), ContentItem.Hole(long.MaxValue - 8)];
        (FileContent content, long size, _) = Store(items);
        Assert.Equal(long.MaxValue, size);
        using Repository opened = SmallRepository.Over(_storage);
        using TreeReader reader = new(opened);
        Assert.Equal(items, reader.Items(content, size, "test"));
    }

    [Fact]
    public void A_list_that_adds_up_to_more_than_any_file_is_damage()
    {
        using BlobWriter blobs = SmallRepository.Writer(_repository);
        ByteWriter output = new();
        ChunkListNode.EncodeLeaf(output, [ContentItem.Hole(long.MaxValue), ContentItem.Hole(long.MaxValue)]);
        BlobId leaf = blobs.PutMeta(output.Written);
        output.Clear();
        ChunkListNode.EncodeBranch(output, 2, [new ChunkListChild(leaf, 1)]);
        BlobId branch = blobs.PutMeta(output.Written);
        blobs.Finish();
        using Repository opened = SmallRepository.Over(_storage);
        using TreeReader reader = new(opened);
        Assert.Throws<CorruptDataException>(() => reader.Items(FileContent.OfList(leaf), long.MaxValue, "test").Count());

        // A branch of height 2 whose child is a leaf.
        Assert.Throws<CorruptDataException>(() => reader.Items(FileContent.OfList(branch), 1, "test").Count());
    }

    private static ContentItem[] Items(SeededValues values, int count) => [.. Enumerable.Range(0, count).Select(_ => values.Item())];

    private (FileContent Content, long Size, int Nodes) Store(IReadOnlyList<ContentItem> items)
    {
        using BlobWriter blobs = SmallRepository.Writer(_repository);
        ChunkListWriter writer = new(blobs.PutMeta);
        foreach (ContentItem item in items)
            writer.Add(item);
        long size = writer.Length;
        FileContent content = writer.Finish();
        blobs.Finish();
        return (content, size, (int)blobs.Counts.MetaBlobs);
    }
}
