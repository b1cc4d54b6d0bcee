namespace Snapstore.Simulation.World;

/// <summary>A seed whose run broke something.</summary>
internal sealed record FailedSeed(ulong Seed, string Violation);

/// <summary>Runs many seeds, each thread in worlds of its own.</summary>
internal static class SeedSweep
{
    private const int FailuresMax = 10;

    /// <summary>Runs seeds from the first on until <paramref name="goesOn"/> says no, or until so many have failed.</summary>
    public static IReadOnlyList<FailedSeed> Run(ulong first, Predicate<ulong> goesOn, RunOptions options, int threads, int failuresMax = FailuresMax)
    {
        List<FailedSeed> failures = [];
        ulong next = first;
        Lock sync = new();
        Thread[] workers = [.. Enumerable.Range(0, threads).Select(_ => new Thread(Work))];
        Array.ForEach(workers, worker => worker.Start());
        Array.ForEach(workers, worker => worker.Join());
        return [.. failures.OrderBy(failed => failed.Seed)];

        void Work()
        {
            using Simulator simulator = new();
            while (TryTake() is { } seed)
            {
                string? violation = simulator.Run(HistoryGenerator.Of(seed), options).Violation;
                if (violation is not null)
                    Add(new FailedSeed(seed, violation));
            }
        }

        ulong? TryTake()
        {
            lock (sync)
                return failures.Count < failuresMax && goesOn(next) ? next++ : null;
        }

        void Add(FailedSeed failed)
        {
            lock (sync)
                failures.Add(failed);
        }
    }
}
