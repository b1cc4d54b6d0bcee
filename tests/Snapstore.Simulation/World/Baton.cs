namespace Snapstore.Simulation.World;

/// <summary>Lets one thread wait until it is its turn.</summary>
internal sealed class Baton
{
    private readonly object _lock = new();
    private bool _isHere;

    /// <summary>It is its turn.</summary>
    public void Pass()
    {
        lock (_lock)
        {
            _isHere = true;
            Monitor.Pulse(_lock);
        }
    }

    /// <summary>Waits for its turn.</summary>
    public void Await()
    {
        lock (_lock)
        {
            while (!_isHere)
                Monitor.Wait(_lock);
            _isHere = false;
        }
    }
}

/// <summary>Threads that are used again: a new one for each actor of each seed would cost more than what it does.</summary>
internal sealed class ActorThreads : IDisposable
{
    private const int StackSize = 1 << 20;

    private readonly List<ActorThread> _threads = [];

    /// <summary>Starts this on the thread of this number.</summary>
    public void Start(int number, Action work)
    {
        while (_threads.Count <= number)
            _threads.Add(new ActorThread());
        _threads[number].Start(work);
    }

    /// <inheritdoc/>
    public void Dispose() => _threads.ForEach(thread => thread.Stop());

    private sealed class ActorThread
    {
        private readonly Baton _baton = new();
        private Action? _work;

        public ActorThread() => new Thread(Run, StackSize) { IsBackground = true, Name = "actor" }.Start();

        public void Start(Action work)
        {
            _work = work;
            _baton.Pass();
        }

        public void Stop()
        {
            _work = null;
            _baton.Pass();
        }

        private void Run()
        {
            for (_baton.Await(); _work is { } work; _baton.Await())
                work();
        }
    }
}
