using System.Runtime.ExceptionServices;

namespace Snapstore;

/// <summary>Does items on a few threads, through a bounded queue. The first failure stops all and is thrown to whoever
/// adds or completes.</summary>
/// <remarks>With no threads the work is done at once by who adds it: one order of everything, for simulation.
/// <c>makeWorker</c> is called once a thread, so a worker may hold state that is not thread safe.</remarks>
internal sealed class WorkQueue<T> : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _room;
    private readonly SemaphoreSlim _items = new(0);
    private readonly Queue<T> _queue = new();
    private readonly Thread[] _threads;
    private readonly Action<T>? _inline;
    private readonly Action<T> _drop;
    private readonly List<IDisposable> _owned = [];
    private volatile ExceptionDispatchInfo? _failure;
    private bool _completed;

    /// <summary>A queue of this many threads; <paramref name="drop"/> is told of items that will not be done, which
    /// are disposed of where it is null.</summary>
    public WorkQueue(
        string name, int threads, int capacity, Func<(Action<T> Work, IDisposable? Owned)> makeWorker, Action<T>? drop = null)
    {
        _drop = drop ?? (item => (item as IDisposable)?.Dispose());
        _room = new SemaphoreSlim(Math.Max(1, capacity));
        if (threads == 0)
            _inline = Make(makeWorker);
        _threads = new Thread[threads];
        for (int i = 0; i < threads; i++)
        {
            Action<T> work = Make(makeWorker);
            _threads[i] = new Thread(() => Run(work)) { Name = name, IsBackground = true };
            _threads[i].Start();
        }
    }

    /// <summary>Waits for room, then queues the item, which is the queue's from now on: one that is never worked on
    /// goes to <c>drop</c>. A failed queue throws what it failed of.</summary>
    public void Add(T item)
    {
        if (_inline is not null)
        {
            Take(_inline, item);
            _failure?.Throw();
            return;
        }

        _room.Wait();
        bool isOpen;
        lock (_lock)
        {
            isOpen = !_completed && _failure is null;
            if (isOpen)
                _queue.Enqueue(item);
        }

        if (isOpen)
        {
            _items.Release();
            return;
        }

        _room.Release();
        _drop(item);
        _failure?.Throw();
        throw new InvalidOperationException("an item was added to a work queue that is complete");
    }

    /// <summary>True where nothing waits to be worked on.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
                return _queue.Count == 0;
        }
    }

    /// <summary>Throws what the queue failed of, if it did.</summary>
    public void ThrowIfFailed() => _failure?.Throw();

    /// <summary>Waits until all is done.</summary>
    public void Complete()
    {
        StopThreads();
        _failure?.Throw();
    }

    /// <summary>Stops; items that no thread has begun go to <c>drop</c>.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (T dropped in _queue)
                _drop(dropped);
            _queue.Clear();
        }

        StopThreads();
        foreach (IDisposable owned in _owned)
            owned.Dispose();
        _room.Dispose();
        _items.Dispose();
    }

    private Action<T> Make(Func<(Action<T> Work, IDisposable? Owned)> makeWorker)
    {
        (Action<T> work, IDisposable? owned) = makeWorker();
        if (owned is not null)
            _owned.Add(owned);
        return work;
    }

    private void StopThreads()
    {
        lock (_lock)
        {
            if (_completed)
                return;
            _completed = true;
        }

        if (_threads.Length > 0)
            _items.Release(_threads.Length);
        foreach (Thread thread in _threads)
            thread.Join();
    }

    private void Run(Action<T> work)
    {
        while (true)
        {
            _items.Wait();
            T? item;
            lock (_lock)
            {
                // No item behind a released permit means that the queue is complete.
                if (!_queue.TryDequeue(out item))
                    return;
            }

            _room.Release();
            Take(work, item);
        }
    }

    // A stage boundary: whatever fails here is thrown again where the work came from.
    private void Take(Action<T> work, T item)
    {
        try
        {
            (_failure is null ? work : _drop)(item);
        }
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            Interlocked.CompareExchange(ref _failure, ExceptionDispatchInfo.Capture(e), null);
        }
    }
}
