using System.Globalization;
using System.Text;

namespace Snapstore.Simulation.World;

/// <summary>What an actor does in one run of the program.</summary>
internal enum OperationKind
{
    /// <summary>Takes a snapshot of a stream.</summary>
    Stream,

    /// <summary>Takes a snapshot of directories, compared with a parent.</summary>
    Tree,

    /// <summary>Forgets a snapshot.</summary>
    Forget,

    /// <summary>Brings a forgotten snapshot back.</summary>
    Undelete,

    /// <summary>Prunes.</summary>
    Prune,

    /// <summary>Reads a snapshot whole.</summary>
    Read,

    /// <summary>Checks the repository.</summary>
    Check,

    /// <summary>Adds a key, or changes the one added before.</summary>
    Key,
}

/// <summary>One operation.</summary>
/// <param name="Kind">What is done.</param>
/// <param name="Argument">A number that decides the details: which content, which snapshot, which options.</param>
internal sealed record Operation(OperationKind Kind, int Argument);

/// <summary>The operations of one actor, one after the other; each opens the repository anew.</summary>
internal sealed record ActorScript(int Id, string Name, IReadOnlyList<Operation> Operations);

/// <summary>How often what goes wrong, by step of the storage; 0 never.</summary>
internal sealed record FaultRates
{
    /// <summary>The host of the actor dies before the step.</summary>
    public double Crash { get; init; }

    /// <summary>The storage loses power before the step.</summary>
    public double PowerLoss { get; init; }

    /// <summary>True where the storage's machine runs the programs as well: they die with it.</summary>
    public bool IsLocal { get; init; }

    /// <summary>The call fails and has no effect.</summary>
    public double Error { get; init; }

    /// <summary>The call has its effect and its answer is lost.</summary>
    public double LostReply { get; init; }

    /// <summary>The disk is full.</summary>
    public double NoSpace { get; init; }

    /// <summary>A bit of a stored object flips.</summary>
    public double BitFlip { get; init; }

    /// <summary>The actor's machine sleeps, and goes on where it was.</summary>
    public double Sleep { get; init; }

    /// <summary>Days pass for all.</summary>
    public double Days { get; init; }

    /// <summary>The actor's clock jumps by up to ten years, either way.</summary>
    public double ClockJump { get; init; }

    /// <summary>True where a prune may know that a process is gone.</summary>
    public bool KnowsTheDead { get; init; }

    /// <summary>Each rate and how it is left out, for a history that is made smaller.</summary>
    public IEnumerable<FaultRates> WithOneLess()
    {
        FaultRates[] less =
        [
            this with { Crash = 0 }, this with { PowerLoss = 0 }, this with { Error = 0 }, this with { LostReply = 0 }, this with { NoSpace = 0 },
            this with { BitFlip = 0 }, this with { Sleep = 0 }, this with { Days = 0 }, this with { ClockJump = 0 },
        ];
        return less.Where(rates => rates != this);
    }
}

/// <summary>All that decides a run: who does what, what goes wrong how often, and the seed of everything that is drawn.</summary>
internal sealed record History(ulong Seed, IReadOnlyList<ActorScript> Actors, FaultRates Faults, double SwitchRate)
{
    /// <summary>The history as text.</summary>
    public override string ToString()
    {
        StringBuilder text = new();
        text.AppendLine(CultureInfo.InvariantCulture, $"  {Faults.ToString().Replace("FaultRates ", "faults ", StringComparison.Ordinal)}, switch {SwitchRate:F2}");
        foreach (ActorScript actor in Actors)
            text.AppendLine(CultureInfo.InvariantCulture, $"  {actor.Name}: {string.Join(", ", actor.Operations.Select(o => $"{o.Kind} {o.Argument}"))}");
        return text.ToString();
    }
}
