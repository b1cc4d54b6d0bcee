using Snapstore.Simulation.Faults;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>One run: a disk, actors of which exactly one runs at a time, and what is known to be true of the disk.</summary>
/// <remarks>Every call of the storage is one or more steps. At each the scheduler may pass the turn on and things may go wrong;
/// all of it follows from the history.</remarks>
internal sealed class SimulatedWorld
{
    private const int StepsMax = 60_000;

    private static readonly DateTimeOffset Begin = new(2026, 11, 21, 12, 0, 0, TimeSpan.Zero);

    private readonly SeededRandom _schedule;
    private readonly FaultDraw _faults;
    private readonly Baton _end = new();
    private readonly HashSet<string> _over = [];

    public SimulatedWorld(History history, RunOptions options)
    {
        History = history;
        Bug = options.Bug;
        Options = options;
        _schedule = SeededRandom.Of(history.Seed, 1);
        _faults = new FaultDraw(history.Seed, history.Faults);
        Actors = [.. history.Actors.Select(script => new Actor(script, history.Seed))];
        Model = new StoreModel(this);
        Disk = new SimulatedDisk(Model) { IsUnordered = options.IsUnordered };
        Now = Begin;
    }

    /// <summary>What is to happen.</summary>
    public History History { get; }

    /// <summary>How it is run.</summary>
    public RunOptions Options { get; }

    /// <summary>The defect that is in place; null for none.</summary>
    public SeededBug? Bug { get; }

    /// <summary>The storage's disk.</summary>
    public SimulatedDisk Disk { get; }

    /// <summary>What must be true of it.</summary>
    public StoreModel Model { get; }

    /// <summary>The keys that must open it.</summary>
    public KeyLedger Keys { get; } = new();

    /// <summary>The actors.</summary>
    public IReadOnlyList<Actor> Actors { get; }

    /// <summary>Listings that defective programs keep from one run to the next.</summary>
    public Dictionary<Actor, Dictionary<string, List<StoredObject>>> KeptListings { get; } = [];

    /// <summary>Whose turn it is; null before and after the run.</summary>
    public Actor? Running { get; private set; }

    /// <summary>The time of all.</summary>
    public DateTimeOffset Now { get; private set; }

    /// <summary>Steps so far.</summary>
    public int Steps { get; private set; }

    /// <summary>What was found to be wrong; null so far.</summary>
    public string? Violation { get; private set; }

    /// <summary>True where a program of this name has ended.</summary>
    public bool IsOver(string program) => _over.Contains(program);

    /// <summary>Something is wrong: the run ends.</summary>
    public void Fail(string violation)
    {
        Violation ??= violation;
        Trace(() => $"VIOLATION: {violation}");
    }

    /// <summary>Tells what happens, where anybody wants to know.</summary>
    public void Trace(Func<string> text) => Options.Trace?.Invoke($"{Steps,5} {Running?.Program ?? "",-14} {text()}");

    /// <summary>True where this goes wrong now.</summary>
    public bool Strikes(Fault fault)
    {
        if (Running is null || !_faults.Strikes(fault))
            return false;
        if (fault is Fault.Error or Fault.LostReply or Fault.NoSpace)
            Running.Disturbances++;
        Trace(() => fault.ToString());
        return true;
    }

    /// <summary>Time passes.</summary>
    public void Pass(TimeSpan time) => Now += time;

    /// <summary>Runs all actors to their ends.</summary>
    public void Run(ActorThreads threads, Action<Actor> work)
    {
        for (int i = 0; i < Actors.Count; i++)
        {
            Actor actor = Actors[i];
            threads.Start(i, () => Play(actor, work));
        }

        PassOn();
        _end.Await();
        Running = null;
    }

    /// <summary>A program has ended, well or not.</summary>
    public void End(Actor actor) => _over.Add(actor.Program);

    /// <summary>A step of the storage: others may run before it, and it may never come to pass.</summary>
    /// <exception cref="HostCrashException">The actor's host died before it.</exception>
    public void Step(Actor? actor, string what, string name)
    {
        if (actor is null || Running is null)
            return;
        ThrowIfOver(actor);
        if (++Steps > StepsMax)
            Fail("the run does not come to an end");
        Now += TimeSpan.FromMilliseconds(1 + _schedule.Below(400));
        Disturb(actor);
        if (_schedule.Chance(History.SwitchRate) || actor.WakesAt > 0)
        {
            PassOn();
            actor.Baton.Await();
            Running = actor;
        }

        ThrowIfOver(actor);
        if (Options.Trace is not null)
            Trace(() => $"{what} {World.Trace.Of(name)}");
    }

    /// <summary>Power is lost; with the storage's machine, the programs that it runs.</summary>
    public void LosePower()
    {
        Trace(() => "the storage loses power");
        Model.Pause();
        Disk.LosePower(_faults.Of(Fault.PowerLoss));
        Model.Resume();
        foreach (Actor actor in Actors.Where(actor => !actor.IsDone))
        {
            actor.Disturbances++;
            actor.MustDie |= History.Faults.IsLocal;
        }
    }

    private void Play(Actor actor, Action<Actor> work)
    {
        actor.Baton.Await();
        Running = actor;
        work(actor);
        actor.IsDone = true;
        PassOn();
    }

    private void ThrowIfOver(Actor actor)
    {
        if (actor.MustDie || Violation is not null)
            throw new HostCrashException();
    }

    private void Disturb(Actor actor)
    {
        if (Options.Disrupt?.Invoke(Steps) is { } disruption)
            Disrupt(actor, disruption);
        if (Strikes(Fault.PowerLoss))
            LosePower();
        if (Strikes(Fault.Crash))
            actor.MustDie = true;
        if (Strikes(Fault.Days))
            Now += TimeSpan.FromHours(10 + _faults.Of(Fault.Days).Below(40));
        if (Strikes(Fault.ClockJump))
            actor.Skew = TimeSpan.FromDays(_faults.Of(Fault.ClockJump).Below(7300) - 3650);
        if (Strikes(Fault.Sleep))
            actor.WakesAt = Steps + 1 + _faults.Of(Fault.Sleep).Below(600);
        if (Strikes(Fault.BitFlip))
            Model.FlipBit(_faults.Of(Fault.BitFlip));
    }

    private void Disrupt(Actor actor, Disruption disruption)
    {
        actor.Disturbances++;
        actor.MustDie = true;
        if (disruption == Disruption.PowerLoss)
            LosePower();
    }

    // To anybody who is awake, or to whoever wakes up next; when all are done, to the end.
    private void PassOn()
    {
        foreach (Actor sleeper in Actors.Where(actor => actor.WakesAt > 0 && actor.WakesAt <= Steps))
            sleeper.WakesAt = 0;
        List<Actor> awake = [.. Actors.Where(actor => !actor.IsDone && actor.WakesAt == 0)];
        Actor? next = awake.Count > 0 ? awake[_schedule.Below(awake.Count)] : Actors.Where(actor => !actor.IsDone).MinBy(actor => actor.WakesAt);
        if (next is null)
        {
            _end.Pass();
            return;
        }

        next.WakesAt = 0;
        next.Baton.Pass();
    }
}
