using System.Diagnostics;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Repositories;

/// <summary>The index against a dictionary.</summary>
public sealed class BlobIndexTests
{
    [Fact]
    public void Finds_what_a_dictionary_finds() => SeededValues.ForAll(
        static values =>
        {
            Dictionary<BlobId, List<(StorageKey Pack, long Segment, int Offset, int Length)>> model = [];
            List<BlobId> known = [];
            IndexedPack[] packs = [.. Enumerable.Range(0, values.Int(12)).Select(_ => Pack(values, known))];
            foreach (IndexedPack pack in packs)
                AddTo(model, pack);

            // From all in memory to many files, merged or not.
            using BlobIndex index = BlobIndex.Build(packs, new RecordTableLimits(20 + values.Int(300), 2 + values.Int(4)));
            Assert.Equal(packs.Select(pack => StorageKey.Pack(pack.Session, pack.Hash)), index.Packs.Select(pack => pack.Key));
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
        using BlobIndex index = BlobIndex.Build([new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory)]);
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
        Stopwatch watch = Stopwatch.StartNew();
        using BlobIndex index = BlobIndex.Build([new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory)]);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"it took {watch.Elapsed}");
        Assert.All(blobs.Take(1000), blob => Assert.True(index.Contains(blob.Id)));
    }

    [Fact]
    public void Finds_deltas_whose_base_is_there_and_no_others() => SeededValues.ForAll(
        static values =>
        {
            BlobId[] ids = [.. Enumerable.Range(0, 60).Select(_ => values.Id())];
            HashSet<BlobId> plain = [];
            Dictionary<BlobId, HashSet<BlobId>> bases = [];
            List<IndexedPack> packs = [];
            for (int pack = 0; pack < 6; pack++)
            {
                PackDirectory directory = new();
                BlobId[] here = [.. Enumerable.Range(0, 1 + values.Int(8)).Select(_ => ids[values.Int(ids.Length)])];
                directory.Add(1000, [.. here.Select(id => new BlobRecord(id, 1 + values.Int(1000)))]);
                plain.UnionWith(here);
                (BlobId Id, BlobId Base)[] deltas = [.. Enumerable.Range(0, 1 + values.Int(30)).Select(_ => (ids[values.Int(60)], ids[values.Int(60)]))];
                directory.Add(
                    1000, [.. deltas.Select(delta => new BlobRecord(delta.Id, 20))], [.. deltas.Select(delta => new DeltaRecord(new BlobKey(delta.Base), 77))]);
                foreach ((BlobId id, BlobId found) in deltas)
                    bases.TryAdd(id, []);
                foreach ((BlobId id, BlobId found) in deltas)
                    bases[id].Add(found);
                packs.Add(new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory));
            }

            using BlobIndex index = BlobIndex.Build(packs, values.Bool() ? RecordTableLimits.Default : new RecordTableLimits(8, 2));
            Assert.Equal(packs.Sum(pack => pack.Directory.Blobs.Length), index.Count);
            foreach (BlobId id in ids)
            {
                bool isDelta = bases.TryGetValue(id, out HashSet<BlobId>? known) && known.Overlaps(plain);
                Assert.Equal(plain.Contains(id) || isDelta, index.Contains(id));
                Assert.Equal(plain.Contains(id), index.ContainsPlain(id));
                Assert.Equal(plain.Contains(id) || isDelta, index.TryFind(id, out BlobLocation location));
                Assert.Equal(isDelta && !plain.Contains(id), location.Delta is not null);
                if (location.Delta is not { } delta)
                    continue;
                Assert.Equal((77, 20, 20), (location.Length, delta.FrameLength, location.LengthInSegment));
                Assert.Contains(known!, found => plain.Contains(found) && new BlobKey(found) == delta.BaseKey);
                Assert.True(index.TryFindPlain(delta.BaseKey, out BlobLocation place));
                Assert.Equal(delta.Base.Length, place.Length);
            }

            Assert.Equal(bases.SelectMany(pair => pair.Value.Select(found => (new BlobKey(pair.Key), new BlobKey(found)))).ToHashSet(), index.Deltas().ToHashSet());
        },
        cases: 60);

    [Fact]
    public void Notes_the_packs_of_what_was_asked_for_and_of_the_bases_of_that()
    {
        SeededValues values = new(1);
        BlobId asked = values.Id(), delta = values.Id(), found = values.Id(), other = values.Id();
        IndexedPack[] packs = [Plain(asked), Plain(found), Plain(other), Delta(delta, found), Delta(values.Id(), other)];
        using BlobIndex index = BlobIndex.Build(packs);
        Assert.Empty(index.PacksMet);
        Assert.False(index.Contains(values.Id()));
        Assert.Empty(index.PacksMet);
        Assert.True(index.Contains(asked));
        Assert.Equal([index.Packs[0].Key], index.PacksMet);
        Assert.True(index.Contains(delta));
        Assert.Equal([index.Packs[0].Key, index.Packs[1].Key, index.Packs[3].Key], index.PacksMet);
        Assert.True(index.ContainsPlain(other));
        Assert.Equal(4, index.PacksMet.Count());

        IndexedPack Plain(BlobId id)
        {
            PackDirectory directory = new();
            directory.Add(1000, [new BlobRecord(id, 10)]);
            return new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory);
        }

        IndexedPack Delta(BlobId id, BlobId prefix)
        {
            PackDirectory directory = new();
            directory.Add(1000, [new BlobRecord(id, 20)], [new DeltaRecord(new BlobKey(prefix), 77)]);
            return new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), 5000, PackKind.Data, directory);
        }
    }

    [Fact]
    public void An_empty_index_finds_nothing()
    {
        using BlobIndex index = BlobIndex.Build([]);
        Assert.Equal(0, index.Count);
        Assert.False(index.Contains(default));
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(() => index.Find(default, "/home/x"));
        Assert.Contains("/home/x", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_set_of_ids_holds_what_a_hash_set_holds() => SeededValues.ForAll(
        static values =>
        {
            using BlobIdSet set = new(values.Int(3) == 0 ? RecordTableLimits.Default : new RecordTableLimits(1 << values.Int(16), 2 + values.Int(4)));
            HashSet<BlobId> model = [];
            BlobId[] ids = [.. Enumerable.Range(0, 1 + values.Int(20_000)).Select(_ => values.Id())];
            for (int i = 0; i < ids.Length * 2; i++)
            {
                BlobId id = ids[values.Int(ids.Length)];
                Assert.Equal(model.Contains(id), set.Contains(id));
                Assert.Equal(model.Add(id), set.Add(id));
            }

            Assert.Equal(model.Count, set.Count);
            Assert.All(ids, id => Assert.Equal(model.Contains(id), set.Contains(id)));
        },
        cases: 10);

    [Fact]
    public void Where_no_scratch_file_can_be_made_all_stays_in_memory()
    {
        // No other test of this class runs meanwhile; others that spill would stay in memory, which changes no result.
        string? before = Environment.GetEnvironmentVariable("TMPDIR");
        Environment.SetEnvironmentVariable("TMPDIR", "/nowhere/at/all");
        try
        {
            SeededValues values = new(3);
            RecordTableLimits limits = new(50, 2);
            IndexedPack[] packs = [.. Enumerable.Range(0, 8).Select(_ => Pack(values, []))];
            using BlobIndex index = BlobIndex.Build(packs, limits);
            using BlobIdSet set = new(limits);
            BlobId[] ids = [.. packs.SelectMany(pack => pack.Directory.Blobs.ToArray()).Select(blob => blob.Id).Distinct()];
            Assert.All(ids, id => Assert.True(index.Contains(id)));
            Assert.All(ids, id => Assert.True(set.Add(id)));
            BlobId[] many = [.. Enumerable.Range(0, 20_000).Select(_ => values.Id())];
            Assert.All(many, id => Assert.True(set.Add(id)));
            Assert.All(ids.Concat(many), id => Assert.True(set.Contains(id)));
        }
        finally
        {
            Environment.SetEnvironmentVariable("TMPDIR", before);
        }
    }

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
