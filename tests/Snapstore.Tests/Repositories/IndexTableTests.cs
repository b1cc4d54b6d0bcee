using System.Diagnostics;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Repositories;

/// <summary>The index against a dictionary.</summary>
public sealed class IndexTableTests
{
    [Fact]
    public void Finds_what_a_dictionary_finds() => SeededValues.ForAll(
        static values =>
        {
            using BlobIndex index = new();
            Dictionary<BlobId, List<(StorageKey Pack, long Segment, int Offset, int Length)>> model = [];
            List<BlobId> known = [];
            for (int batch = values.Int(4); batch >= 0; batch--)
            {
                IndexedPack[] packs = [.. Enumerable.Range(0, values.Int(4)).Select(_ => Pack(values, known))];
                index.Add(packs);
                foreach (IndexedPack pack in packs)
                    AddTo(model, pack);
            }

            Assert.Equal(model.Values.Sum(places => places.Count), index.Count);
            foreach ((BlobId id, List<(StorageKey, long, int, int)> places) in model)
            {
                Assert.True(index.TryFind(id, out BlobLocation found));
                Assert.Contains((found.Segment.Pack.Key, found.Segment.Offset, found.Offset, found.Length), places);
                Assert.True(index.Contains(id));
            }

            for (int i = 0; i < 50; i++)
            {
                BlobId absent = values.Id();
                Assert.Equal(model.ContainsKey(absent), index.TryFind(absent, out _));
            }
        },
        cases: 60);

    [Fact]
    public void Tells_apart_ids_that_differ_in_one_bit_of_what_it_keeps()
    {
        SeededValues values = new(1);
        byte[] id = values.Fill(BlobId.Size);
        List<BlobId> near = [new BlobId(id)];
        for (int bit = 0; bit < 160; bit++)
        {
            byte[] other = [.. id];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            near.Add(new BlobId(other));
        }

        PackDirectory directory = new();
        directory.Add(1000, [.. near.Select((blob, number) => new BlobRecord(blob, number + 1))]);
        using BlobIndex index = new();
        index.Add([new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory)]);
        for (int i = 0; i < near.Count; i++)
            Assert.Equal(i + 1, index.Find(near[i], "test").Length);
    }

    [Fact]
    public void Ids_of_one_bucket_do_not_make_it_slow()
    {
        // Who holds the index key can put what ids they like; a large repository fills its buckets honestly.
        SeededValues values = new(2);
        BlobRecord[] blobs = new BlobRecord[300_000];
        for (int i = 0; i < blobs.Length; i++)
        {
            byte[] id = values.Fill(BlobId.Size);
            id[0] = id[1] = 7;
            blobs[i] = new BlobRecord(new BlobId(id), 1);
        }

        PackDirectory directory = new();
        directory.Add(1000, blobs);
        using BlobIndex index = new();
        Stopwatch watch = Stopwatch.StartNew();
        index.Add([new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory)]);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"it took {watch.Elapsed}");
        Assert.All(blobs.Take(1000), blob => Assert.True(index.Contains(blob.Id)));
    }

    [Fact]
    public void An_empty_index_finds_nothing()
    {
        using BlobIndex index = new();
        index.Add([]);
        Assert.Equal(0, index.Count);
        Assert.False(index.Contains(default));
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(() => index.Find(default, "/home/x"));
        Assert.Contains("/home/x", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_of_ids_holds_what_a_hash_set_holds() => SeededValues.ForAll(
        static values =>
        {
            using BlobIdSet set = new();
            HashSet<BlobId> model = [];
            BlobId[] ids = [.. Enumerable.Range(0, 1 + values.Int(20_000)).Select(_ => values.Id())];
            for (int i = 0; i < ids.Length * 2; i++)
            {
                BlobId id = ids[values.Int(ids.Length)];
                Assert.Equal(model.Contains(id), set.Contains(id));
                Assert.Equal(model.Add(id), set.Add(id));
            }

            Assert.Equal((uint)model.Count, set.Count);
            Assert.All(ids, id => Assert.Equal(model.Contains(id), set.Contains(id)));
        },
        cases: 10);

    private static IndexedPack Pack(SeededValues values, List<BlobId> known)
    {
        PackDirectory directory = new();
        for (int segments = values.Int(4); segments >= 0; segments--)
        {
            List<BlobRecord> blobs = [];
            for (int i = values.Int(40); i >= 0; i--)
            {
                // Some ids stand in several packs, or twice in one.
                BlobId id = known.Count > 0 && values.Int(5) == 0 ? known[values.Int(known.Count)] : values.Id();
                known.Add(id);
                blobs.Add(new BlobRecord(id, values.Int(1000)));
            }

            directory.Add(100 + values.Int(1000), [.. blobs]);
        }

        return new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), directory.EndOffset + 200, PackKind.Data, directory);
    }

    private static void AddTo(Dictionary<BlobId, List<(StorageKey Pack, long Segment, int Offset, int Length)>> model, IndexedPack pack)
    {
        foreach (SegmentRecord segment in pack.Directory.Segments)
        {
            int offset = 0;
            foreach (BlobRecord blob in pack.Directory.BlobsOf(segment))
            {
                if (!model.TryGetValue(blob.Id, out List<(StorageKey, long, int, int)>? places))
                    model.Add(blob.Id, places = []);
                places.Add((StorageKey.Pack(pack.Session, pack.Hash), segment.Offset, offset, blob.Length));
                offset += blob.Length;
            }
        }
    }
}
