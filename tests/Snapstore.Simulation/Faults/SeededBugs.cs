namespace Snapstore.Simulation.Faults;

/// <summary>All deliberate defects, by name.</summary>
internal static class SeededBugs
{
    /// <summary>The defects.</summary>
    public static IReadOnlyList<SeededBug> All { get; } =
    [
        new("no-folder-sync", "a put returns before its folder is synced") { Flaw = StorageFlaw.NoFolderSync },
        new("no-file-sync", "a put returns before its bytes are synced") { Flaw = StorageFlaw.NoFileSync },
        new("publish-overwrites", "a put replaces what is there") { Flaw = StorageFlaw.PublishOverwrites },
        new("taken-name-is-success", "a put says that it was first although it was not") { Flaw = StorageFlaw.TakenNameIsSuccess },
        new("list-error-is-empty", "a listing that fails shows nothing") { Flaw = StorageFlaw.ListErrorIsEmpty },
        new("list-stops-early", "a long listing lacks its end") { Flaw = StorageFlaw.ListStopsEarly },
        new("stale-listing", "a program goes on seeing what it saw first") { Flaw = StorageFlaw.StaleListing },
        new("no-space-is-swallowed", "a full disk cuts an object short and nobody is told") { Flaw = StorageFlaw.NoSpaceIsSwallowed },
        new("delete-without-sync", "a deletion returns before its folder is synced") { Flaw = StorageFlaw.DeleteWithoutSync },
        new("delete-does-nothing", "a deletion of a pack has no effect") { Flaw = StorageFlaw.DeleteDoesNothing },
        .. WriterLies.All,
        .. PrunerLies.All,
    ];

    /// <summary>The defect of this name.</summary>
    /// <exception cref="UsageException">There is none.</exception>
    public static SeededBug Find(string name) => All.FirstOrDefault(bug => bug.Name == name)
        ?? throw new UsageException($"there is no defect '{name}'; there are: {string.Join(", ", All.Select(bug => bug.Name))}");
}
