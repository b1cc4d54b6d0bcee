using System.Globalization;

namespace Snapstore.Simulation.World;

/// <summary>The host that an actor's program runs on has died: nothing of the program goes on, not even its clean-up.</summary>
internal sealed class HostCrashException : Exception
{
    public HostCrashException()
        : base("the host died")
    {
    }
}

/// <summary>One actor of a run: its thread's turn, its clock, and what becomes of it.</summary>
internal sealed class Actor(ActorScript script, ulong seed)
{
    /// <summary>What it does.</summary>
    public ActorScript Script { get; } = script;

    /// <summary>Ids, salts and keys that its programs draw.</summary>
    public SeededRandom Random { get; } = SeededRandom.Of(seed, 100 + script.Id);

    /// <summary>Its turn.</summary>
    public Baton Baton { get; } = new();

    /// <summary>The buffers of its programs.</summary>
    public BufferStore Buffers { get; set; } = new();

    /// <summary>True once its script is done.</summary>
    public bool IsDone { get; set; }

    /// <summary>True where its host is to die at the next step.</summary>
    public bool MustDie { get; set; }

    /// <summary>The step at which its machine wakes up; 0 where it is awake.</summary>
    public int WakesAt { get; set; }

    /// <summary>How far its clock is off.</summary>
    public TimeSpan Skew { get; set; }

    /// <summary>Counts its programs.</summary>
    public int Runs { get; private set; }

    /// <summary>What went wrong for the program that runs now.</summary>
    public int Disturbances { get; set; }

    /// <summary>What the program that runs now does.</summary>
    public Operation? Operation { get; private set; }

    /// <summary>What the snapshot that is being taken must show.</summary>
    public SnapshotContent? Content { get; set; }

    /// <summary>Names the program that runs now, among all of all hosts.</summary>
    public string Program => string.Create(CultureInfo.InvariantCulture, $"{Script.Name}#{Runs}");

    /// <summary>The next program begins.</summary>
    public void Begin(Operation operation)
    {
        Runs++;
        Operation = operation;
        Disturbances = 0;
        Content = null;
        MustDie = false;
    }
}

/// <summary>Buffers that are used again by the next run.</summary>
internal sealed class BufferStore
{
    private readonly Dictionary<int, Stack<byte[]>> _free = [];
    private readonly List<byte[]> _used = [];

    /// <summary>A buffer of this size.</summary>
    public byte[] Take(int size)
    {
        if (!_free.TryGetValue(size, out Stack<byte[]>? free) || !free.TryPop(out byte[]? buffer))
            buffer = GC.AllocateUninitializedArray<byte>(size, pinned: true);
        _used.Add(buffer);
        return buffer;
    }

    /// <summary>All that were taken are free: the programs that had them are over.</summary>
    public void TakeBack()
    {
        foreach (byte[] buffer in _used)
        {
            if (!_free.TryGetValue(buffer.Length, out Stack<byte[]>? free))
                _free[buffer.Length] = free = new Stack<byte[]>();
            free.Push(buffer);
        }

        _used.Clear();
    }
}
