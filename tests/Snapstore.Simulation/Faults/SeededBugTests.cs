using System.Diagnostics;
using Snapstore.Simulation.World;
using Xunit.Abstractions;

namespace Snapstore.Simulation.Faults;

/// <summary>Every deliberate defect is found: a simulation that finds none of them would find no other either.</summary>
public sealed class SeededBugTests(ITestOutputHelper output)
{
    // Within this many seconds; most take less than one.
    private const int SecondsMax = 60;

    public static TheoryData<string> Names => [.. SeededBugs.All.Select(bug => bug.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_found(string name)
    {
        Stopwatch watch = Stopwatch.StartNew();
        RunOptions options = new() { Bug = SeededBugs.Find(name) };
        IReadOnlyList<FailedSeed> failures = SeedSweep.Run(1, _ => watch.Elapsed.TotalSeconds < SecondsMax, options, threads: 1, failuresMax: 1);
        FailedSeed found = Assert.Single(failures);
        output.WriteLine($"{name}: {watch.Elapsed.TotalSeconds:F1} s, seed {found.Seed}: {found.Violation}");
    }

    [Fact]
    public void There_are_twenty_and_more() => Assert.InRange(SeededBugs.All.DistinctBy(bug => bug.Name).Count(), 20, int.MaxValue);
}
