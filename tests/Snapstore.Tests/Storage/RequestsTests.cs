using Snapstore.Storage;

namespace Snapstore.Tests.Storage;

/// <summary>Several requests at a time: results in order, failures in their turn, nothing left under way.</summary>
public sealed class RequestsTests
{
    [Fact]
    public void A_near_storage_is_asked_for_one_thing_after_the_other_by_whoever_asks()
    {
        int caller = Environment.CurrentManagedThreadId;
        List<int> asked = [];
        foreach (int result in Requests.InOrder(new MemoryStorage(), Enumerable.Range(0, 5), Ask))
            Assert.Equal(asked[^1], result);
        Assert.Equal([0, 1, 2, 3, 4], asked);

        int Ask(int item)
        {
            Assert.Equal(caller, Environment.CurrentManagedThreadId);
            asked.Add(item);
            return item;
        }
    }

    [Theory]
    [InlineData(int.MaxValue, 4)]
    [InlineData(2, 2)]
    public async Task A_far_storage_is_asked_for_so_many_at_a_time_and_no_more(int most, int expected)
    {
        FarStorage storage = new(4);
        using SemaphoreSlim begun = new(0), go = new(0);
        int underWay = 0, mostUnderWay = 0;
        Task<int[]> results = Task.Factory.StartNew(() => Requests.InOrder(storage, Enumerable.Range(0, 9), Ask, most).ToArray(), TaskCreationOptions.LongRunning);
        for (int i = 0; i < expected; i++)
            Assert.True(await begun.WaitAsync(TimeSpan.FromMinutes(1)), "fewer are under way");
        go.Release(9);

        Assert.Equal(Enumerable.Range(0, 9), await results);
        Assert.Equal(expected, mostUnderWay);

        int Ask(int item)
        {
            lock (storage)
                mostUnderWay = Math.Max(mostUnderWay, ++underWay);
            begun.Release();
            go.Wait();
            lock (storage)
                underWay--;
            return item;
        }
    }

    [Fact]
    public void A_failure_comes_in_its_turn_and_when_nothing_is_under_way_any_more()
    {
        FarStorage storage = new(4);
        int ended = 0;
        List<int> results = [];

        Assert.Throws<StorageException>(() =>
        {
            foreach (int result in Requests.InOrder(storage, Enumerable.Range(0, 6), Ask))
                results.Add(result);
        });

        Assert.Equal([0, 1], results);
        Assert.Equal(6, ended);

        // What is asked for after the one that fails is under way already, and takes longer.
        int Ask(int item)
        {
            Thread.Sleep(item > 2 ? 200 : 0);
            Interlocked.Increment(ref ended);
            return item == 2 ? throw new StorageException("no answer") : item;
        }
    }

    [Fact]
    public void All_of_several_are_done_although_one_fails()
    {
        FarStorage storage = new(4);
        bool isDone = false;

        Assert.Throws<StorageException>(() => Requests.All(storage, () => throw new StorageException("no answer"), () => isDone = true));

        Assert.True(isDone);
    }

    [Fact]
    public void No_workers_stay_none_and_a_far_storage_has_more()
    {
        Assert.Equal(0, Requests.Threads(new FarStorage(8), 0));
        Assert.Equal(8, Requests.Threads(new FarStorage(8), 2));
        Assert.Equal(2, Requests.Threads(new MemoryStorage(), 2));
    }

    [Fact]
    public void More_small_objects_may_wait_than_large_ones_and_empty_ones_are_small()
    {
        Assert.Equal(2, Requests.AheadOf([Sized(100 << 20), Sized(1)]));
        Assert.Equal(64, Requests.AheadOf([Sized(64 << 10), Sized(1000)]));
        Assert.True(Requests.AheadOf([Sized(0)]) > 1000);
        Assert.True(Requests.AheadOf([]) > 1000);

        static StoredObject Sized(long size) => new(StorageKey.Config, size);
    }
}
