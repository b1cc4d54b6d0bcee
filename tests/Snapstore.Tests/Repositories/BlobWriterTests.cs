using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Repositories;

public sealed class BlobWriterTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Blobs_read_back_as_they_were_put(int workers)
    {
        using MemoryStorage storage = new();
        List<byte[]> blobs = Blobs(seed: 1, count: 400, sizeMax: 60_000);
        SmallRepository.Store(storage, blobs, workers);
        AssertHolds(storage, blobs);
    }

    [Fact]
    public void Any_number_of_workers_stores_the_same_blobs()
    {
        List<byte[]> blobs = Blobs(seed: 2, count: 300, sizeMax: 40_000);
        (HashSet<BlobId> Ids, StoredCounts Counts)[] results = [.. Enumerable.Range(0, 3).Select(workers =>
        {
            using MemoryStorage storage = new();
            StoredCounts counts = SmallRepository.Store(storage, blobs, workers);
            return (StoredIds(storage), counts with { StoredBytes = 0 });
        })];
        Assert.All(results, result =>
        {
            Assert.Equal(results[0].Ids, result.Ids);
            Assert.Equal(results[0].Counts, result.Counts);
        });
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Stores_a_blob_once_and_a_known_one_not_at_all(int workers)
    {
        using MemoryStorage storage = new();
        byte[][] blobs = [.. Blobs(seed: 3, count: 50, sizeMax: 5_000)];
        StoredCounts first = SmallRepository.Store(storage, [.. blobs, .. blobs, blobs[0]], workers);
        Assert.Equal(50, first.DataBlobs);
        Assert.Equal(blobs.Sum(blob => (long)blob.Length), first.DataBytes);
        int objects = storage.List("").Count();

        StoredCounts second = SmallRepository.Store(storage, blobs, workers);
        Assert.Equal(default, second);
        Assert.Equal(objects, storage.List("").Count());
    }

    [Fact]
    public void Data_and_meta_blobs_go_to_packs_of_their_own()
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        using BlobWriter writer = SmallRepository.Writer(repository);
        writer.PutData(repository.Keys.DataId("same"u8), "same"u8);
        BlobId meta = writer.PutMeta("same"u8);
        Assert.Equal(repository.Keys.MetaId("same"u8), meta);
        Assert.Equal(meta, writer.PutMeta("same"u8));
        writer.Finish();

        Assert.Equal(new StoredCounts(1, 4, 1, 4, writer.Counts.StoredBytes), writer.Counts);
        using LoadedRepository loaded = new(storage);
        Assert.Equal(2, loaded.Index.Packs.Count);
        Assert.True(loaded.Index.TryFind(meta, out BlobLocation location));
        Assert.Equal(PackKind.Meta, location.Segment.Pack.Kind);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_dry_run_counts_all_and_stores_nothing(int workers)
    {
        using MemoryStorage storage = new();
        List<byte[]> blobs = Blobs(seed: 4, count: 30, sizeMax: 200_000);
        StoredCounts counts = SmallRepository.Store(storage, [.. blobs, .. blobs], workers, dryRun: true);
        Assert.Equal(30, counts.DataBlobs);
        Assert.Equal(blobs.Sum(blob => (long)blob.Length), counts.DataBytes);
        Assert.Equal(0, counts.StoredBytes);
        Assert.Empty(storage.List(""));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Counts_the_bytes_that_the_storage_has_got(int workers)
    {
        using MemoryStorage storage = new();
        StoredCounts counts = SmallRepository.Store(storage, Blobs(seed: 5, count: 100, sizeMax: 50_000), workers);
        Assert.Equal(storage.List("").Sum(found => found.Size), counts.StoredBytes);
    }

    [Fact]
    public void Counts_the_bytes_of_an_index_object_at_the_edges_of_its_padding_too()
    {
        SeededValues values = new(10);
        for (int count = 2; count <= 24; count++)
        {
            for (int longer = 0; longer <= 3; longer++)
            {
                using MemoryStorage storage = new();
                using Repository repository = SmallRepository.Over(storage);
                using BlobWriter writer = SmallRepository.Writer(repository);
                for (int i = 0; i < count; i++)
                {
                    // A length of 128 or more takes one byte more: so the record has many sizes.
                    byte[] blob = values.Fill(i < longer ? 200 : 100);
                    if (i % 2 == 0)
                        writer.PutData(repository.Keys.DataId(blob), blob);
                    else
                        writer.PutMeta(blob);
                }

                writer.Finish();
                Assert.Equal(storage.List("").Sum(found => found.Size), writer.Counts.StoredBytes);
            }
        }
    }

    [Fact]
    public void Packs_are_closed_at_their_size_and_padded_to_few_sizes()
    {
        using MemoryStorage storage = new();
        SeededValues values = new(6);
        List<byte[]> blobs = [.. Enumerable.Range(0, 70).Select(_ => values.Fill(1_000_000))];
        SmallRepository.Store(storage, blobs, workers: 2);
        StoredObject[] packs = [.. SmallRepository.Packs(storage)];
        Assert.Equal(3, packs.Length);
        Assert.All(packs, pack => Assert.Equal(0, pack.Size % (64 << 10)));
        Assert.Equal(2, packs.Count(pack => pack.Size is > 32 << 20 and < 34 << 20));
        AssertHolds(storage, blobs);
    }

    [Fact]
    public void Packs_and_index_objects_are_closed_at_so_many_blobs_however_well_they_compress()
    {
        // 600,000 blobs of hardly any bytes: the directory of one pack of all of them would be more than a reader takes.
        const int Count = 600_000;
        using MemoryStorage storage = new();
        IEnumerable<byte[]> blobs = Enumerable.Range(0, Count).Select(number => BitConverter.GetBytes(number).Concat(new byte[200]).ToArray());
        SmallRepository.Store(storage, blobs, workers: 1);
        Assert.InRange(SmallRepository.Packs(storage).Count(), Count / (Limits.PackBlobsTarget + 6_000), (Count / Limits.PackBlobsTarget) + 1);
        Assert.True(storage.List(StorageKey.IndexPrefix).Count() >= 2);
        Assert.All(storage.List(""), found => Assert.InRange(found.Size, 0, Limits.IndexObjectSizeTarget));
        AssertHolds(storage, blobs.Where((_, number) => number % 10_000 == 0));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_failure_of_any_storage_call_surfaces_and_nothing_hangs(int workers)
    {
        List<byte[]> blobs = Blobs(seed: 7, count: 12, sizeMax: 300_000);
        FailAtEveryCall(callsMin: 10, storage => SmallRepository.Store(storage, blobs, workers));
    }

    [Fact]
    public void A_failure_while_full_packs_are_published_surfaces_too()
    {
        SeededValues values = new(8);
        List<byte[]> blobs = [.. Enumerable.Range(0, 3).Select(_ => values.Fill(Limits.BlobSizeMax))];
        FailAtEveryCall(callsMin: 15, storage => SmallRepository.Store(storage, blobs, workers: 2), callFirst: 6);
    }

    [Fact]
    public void Refuses_a_blob_beyond_the_bound()
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        using BlobWriter writer = SmallRepository.Writer(repository);
        Assert.Throws<InvalidOperationException>(() => writer.PutMeta(new byte[Limits.BlobSizeMax + 1]));
        writer.PutMeta(new byte[Limits.BlobSizeMax]);
        writer.PutMeta([]);
        writer.Finish();
    }

    [Fact]
    public void Stops_quietly_when_it_is_disposed_in_the_middle()
    {
        using MemoryStorage storage = new();
        FailingCallStorage counted = new(storage, int.MaxValue);
        using (Repository repository = SmallRepository.Over(counted))
        using (BlobWriter writer = SmallRepository.Writer(repository, workers: 2))
        {
            foreach (byte[] blob in Blobs(seed: 9, count: 40, sizeMax: 300_000))
                writer.PutData(repository.Keys.DataId(blob), blob);
        }

        Assert.Equal(0, counted.PendingObjects);
        Assert.Empty(storage.List(""));
    }

    // Another thread may be about to add to the same pack: it must not meet one that takes no more.
    [Fact]
    public void A_pack_that_could_not_be_written_is_given_up_at_once()
    {
        using MemoryStorage inner = new();
        FailingCallStorage storage = new(inner, failingCall: 2);
        using Repository repository = SmallRepository.Over(storage);
        using PackSink sink = new(repository, SessionId.NewRandom(), threads: 0, TimeProvider.System);
        Assert.Same(storage.Failure, Record.Exception(() => sink.Add(PackKind.Data, new byte[10], [])));
        Assert.Equal(0, storage.PendingObjects);
        Assert.Same(storage.Failure, Record.Exception(() => sink.Add(PackKind.Data, new byte[10], [])));
    }

    private static void FailAtEveryCall(int callsMin, Action<IStorage> run, int callFirst = 1)
    {
        for (int call = callFirst; ; call++)
        {
            using MemoryStorage inner = new();
            FailingCallStorage storage = new(inner, call);
            Task<Exception?> ended = Task.Run<Exception?>(() => Record.Exception(() => run(storage)));
            Assert.True(ended.Wait(Patience), $"it hangs when call {call} fails");
            Assert.Equal(0, storage.PendingObjects);
            if (storage.Calls < call)
            {
                Assert.Null(ended.Result);
                Assert.True(call > callsMin, $"only {call} calls were made");
                return;
            }

            Assert.Same(storage.Failure, ended.Result);

            // What did become durable can be used by the run that follows.
            run(inner);
        }
    }

    private static List<byte[]> Blobs(int seed, int count, int sizeMax)
    {
        SeededValues values = new(seed);
        return [.. Enumerable.Range(0, count).Select(_ => values.Bool() ? values.Fill(1 + values.Int(sizeMax)) : [.. values.Fill(8), .. new byte[values.Int(sizeMax)]])];
    }

    private static HashSet<BlobId> StoredIds(MemoryStorage storage)
    {
        using LoadedRepository loaded = new(storage);
        HashSet<BlobId> ids = [];
        foreach (StoredObject pack in SmallRepository.Packs(storage))
        {
            foreach (BlobRecord blob in PackReader.ReadDirectory(loaded.Repository, pack.Key, pack.Size).Directory.Blobs)
                Assert.True(ids.Add(blob.Id), "a blob was stored twice");
        }

        return ids;
    }

    private static void AssertHolds(MemoryStorage storage, IEnumerable<byte[]> blobs)
    {
        using LoadedRepository loaded = new(storage);
        using BlobReader reader = new(loaded.Repository);
        foreach (byte[] blob in blobs)
            Assert.True(blob.AsSpan().SequenceEqual(reader.Read(loaded.Repository.Keys.DataId(blob), "test")));
    }
}
