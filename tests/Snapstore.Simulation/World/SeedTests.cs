using System.Diagnostics;
using Snapstore.Simulation.Faults;
using Xunit.Abstractions;

namespace Snapstore.Simulation.World;

/// <summary>Histories with every fault, seed by seed; and that a seed says all.</summary>
public sealed class SeedTests(ITestOutputHelper output)
{
    private const ulong Seeds = 20_000;


    [Fact]
    public void Nothing_is_lost_in_twenty_thousand_histories()
    {
        Stopwatch watch = Stopwatch.StartNew();
        IReadOnlyList<FailedSeed> failures = SeedSweep.Run(1, seed => seed <= Seeds, new RunOptions(), threads: 2);
        output.WriteLine($"{Seeds / watch.Elapsed.TotalSeconds:F0} seeds a second");
        Assert.True(failures.Count == 0, string.Join('\n', failures.Select(failed => $"seed {failed.Seed}: {failed.Violation} (tools/sim --seed {failed.Seed} --trace)")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(5123)]
    public void A_seed_does_the_same_each_time(ulong seed)
    {
        List<string> first = TraceOf(seed);
        Assert.InRange(first.Count, 100, int.MaxValue);
        Assert.Equal(first, TraceOf(seed));
    }

    [Fact]
    public void A_history_that_fails_is_made_smaller()
    {
        using Simulator simulator = new();
        RunOptions options = new() { Bug = SeededBugs.Find("pack-dropped") };
        History history = HistoryGenerator.Of(1);
        History small = Shrinker.Shrink(history, smaller => simulator.Run(smaller, options).Violation is not null);
        Assert.NotNull(simulator.Run(small, options).Violation);
        Assert.Single(Assert.Single(small.Actors).Operations);
        Assert.Empty(small.Faults.WithOneLess());
    }

    private static List<string> TraceOf(ulong seed)
    {
        using Simulator simulator = new();
        List<string> trace = [];
        simulator.Run(HistoryGenerator.Of(seed), new RunOptions { Trace = trace.Add });
        return trace;
    }
}
