using Snapstore.Simulation.World;
using Snapstore.Storage;

namespace Snapstore.Simulation.Faults;

/// <summary>A defect of the storage itself.</summary>
internal enum StorageFlaw
{
    None,
    NoFolderSync,
    NoFileSync,
    PublishOverwrites,
    TakenNameIsSuccess,
    ListErrorIsEmpty,
    ListStopsEarly,
    StaleListing,
    NoSpaceIsSwallowed,
    DeleteWithoutSync,
    DeleteDoesNothing,
}

/// <summary>A deliberate defect, put in place to see that it is found.</summary>
/// <param name="Name">What `--bug` takes.</param>
/// <param name="What">What is wrong.</param>
internal sealed record SeededBug(string Name, string What)
{
    /// <summary>What is wrong with the storage.</summary>
    public StorageFlaw Flaw { get; init; }

    /// <summary>A storage that lies to one program, so that it works as if a rule were not in it; null for none.</summary>
    public Func<SimulatedWorld, Actor, IStorage, IStorage>? Lie { get; init; }
}
