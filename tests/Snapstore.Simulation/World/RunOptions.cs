using Snapstore.Simulation.Faults;

namespace Snapstore.Simulation.World;

/// <summary>What strikes at one step of a run in which nothing else does.</summary>
internal enum Disruption
{
    /// <summary>The actor's host dies before the step.</summary>
    Crash,

    /// <summary>The storage loses power before the step, and the actor's host with it.</summary>
    PowerLoss,
}

/// <summary>How a history is run.</summary>
internal sealed record RunOptions
{
    /// <summary>A defect put in place.</summary>
    public SeededBug? Bug { get; init; }

    /// <summary>Takes one line for each thing that happens.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>What strikes at the step of this number.</summary>
    public Func<int, Disruption?>? Disrupt { get; init; }

    /// <summary>True where a loss of power keeps or loses each folder's names on their own.</summary>
    public bool IsUnordered { get; init; }
}
