namespace Snapstore.Tests;

public sealed class WorkQueueTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void One_worker_does_items_in_the_order_they_were_added(int threads)
    {
        List<int> done = [];
        using WorkQueue<int> queue = new("test", threads, capacity: 3, () => (done.Add, null));
        for (int i = 0; i < 1_000; i++)
            queue.Add(i);
        queue.Complete();
        Assert.Equal(Enumerable.Range(0, 1_000), done);
    }

    [Fact]
    public void Several_workers_do_each_item_once()
    {
        int sum = 0;
        using WorkQueue<int> queue = new("test", threads: 4, capacity: 2, () => (item => Interlocked.Add(ref sum, item), null));
        for (int i = 1; i <= 10_000; i++)
            queue.Add(i);
        queue.Complete();
        Assert.Equal(10_000 * 10_001 / 2, sum);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void The_first_failure_is_thrown_to_who_adds_and_to_who_completes(int threads) => Promptly(() =>
    {
        InvalidDataException failure = new("the third item");
        int begun = 0;
        using WorkQueue<int> queue = new("test", threads, capacity: 1, () => (Work, null));
        InvalidDataException thrown = Assert.Throws<InvalidDataException>(() =>
        {
            for (int i = 0; i < 1_000_000; i++)
                queue.Add(i);
        });
        Assert.Same(failure, thrown);
        Assert.Same(failure, Assert.Throws<InvalidDataException>(() => queue.Add(0)));
        Assert.Same(failure, Assert.Throws<InvalidDataException>(queue.ThrowIfFailed));
        Assert.Same(failure, Assert.Throws<InvalidDataException>(queue.Complete));

        void Work(int item)
        {
            if (Interlocked.Increment(ref begun) == 3)
                throw failure;
        }
    });

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Items_that_no_worker_takes_are_dropped(int threads) => Promptly(() =>
    {
        int worked = 0;
        int dropped = 0;
        int added = 0;
        using (WorkQueue<int> queue = new("test", threads, capacity: 4, () => (Work, null), _ => Interlocked.Increment(ref dropped)))
        {
            Assert.Throws<InvalidDataException>(() =>
            {
                for (; added < 1_000_000;)
                {
                    added++;
                    queue.Add(added);
                }
            });
        }

        Assert.Equal(added, worked + dropped);

        void Work(int item)
        {
            Interlocked.Increment(ref worked);
            throw new InvalidDataException();
        }
    });

    [Fact]
    public void Adding_waits_for_room()
    {
        using ManualResetEventSlim gate = new();
        using WorkQueue<int> queue = new("test", threads: 1, capacity: 1, () => (_ => gate.Wait(Patience), null));
        int added = 0;
        Thread adder = new(() =>
        {
            for (int i = 0; i < 10; i++)
            {
                queue.Add(i);
                Interlocked.Increment(ref added);
            }
        });
        adder.Start();
        Assert.False(adder.Join(200));
        // One at work, one queued; the third waits, or was counted as it began to.
        Assert.InRange(Volatile.Read(ref added), 1, 3);
        gate.Set();
        Assert.True(adder.Join(Patience));
        queue.Complete();
    }

    [Fact]
    public void Dispose_while_busy_waits_for_what_is_begun_and_drops_the_rest() => Promptly(() =>
    {
        using ManualResetEventSlim begun = new();
        int done = 0;
        int dropped = 0;
        WorkQueue<int> queue = new("test", threads: 1, capacity: 100, () => (Work, null), _ => dropped++);
        for (int i = 0; i < 50; i++)
            queue.Add(i);
        Assert.True(begun.Wait(Patience));
        queue.Dispose();
        Assert.Equal(50, done + dropped);
        Assert.InRange(done, 1, 49);

        void Work(int item)
        {
            begun.Set();
            Thread.Sleep(20);
            done++;
        }
    });

    [Fact]
    public void Gives_each_worker_its_own_state_and_disposes_it()
    {
        List<State> states = [];
        using (WorkQueue<int> queue = new("test", threads: 3, capacity: 1, Make))
        {
            for (int i = 0; i < 100; i++)
                queue.Add(i);
            queue.Complete();
        }

        Assert.Equal(3, states.Count);
        Assert.Equal(100, states.Sum(static state => state.Count));
        Assert.All(states, static state => Assert.True(state.IsDisposed));

        (Action<int>, IDisposable?) Make()
        {
            State state = new();
            states.Add(state);
            return (_ => state.Count++, state);
        }
    }

    [Fact]
    public void Refuses_items_once_it_is_complete()
    {
        using WorkQueue<int> queue = new("test", threads: 1, capacity: 1, static () => (static _ => { }, null));
        queue.Complete();
        Assert.Throws<InvalidOperationException>(() => queue.Add(1));
        Assert.Throws<InvalidOperationException>(() => queue.Add(2));
    }

    // A queue that hangs must fail the test, not the whole run.
    private static void Promptly(Action test) => Assert.True(Task.Run(test).Wait(Patience), "it hangs");

    private sealed class State : IDisposable
    {
        public int Count { get; set; }

        public bool IsDisposed { get; private set; }

        public void Dispose() => IsDisposed = true;
    }
}
