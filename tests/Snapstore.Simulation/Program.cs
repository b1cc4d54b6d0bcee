using System.Diagnostics;
using System.Globalization;
using Snapstore;
using Snapstore.Simulation.Faults;
using Snapstore.Simulation.World;

// The entry of tools/sim; the tests of this project are run by the test host.
const string Usage = "usage: sim [--seeds N] [--from S] [--minutes M] [--seed X [--trace]] [--bug NAME] [--unordered] [--threads T]";
try
{
    Dictionary<string, string> given = [];
    for (int i = 0; i < args.Length; i++)
        given[args[i]] = args[i] is "--trace" or "--unordered" ? "" : i + 1 < args.Length ? args[++i] : throw new UsageException(Usage);
    if (given.Keys.FirstOrDefault(name => !Usage.Contains($"[{name}", StringComparison.Ordinal) && name != "--trace") is { } unknown)
        throw new UsageException($"{unknown}? {Usage}");
    RunOptions options = new()
    {
        Bug = given.TryGetValue("--bug", out string? bug) ? SeededBugs.Find(bug) : null,
        IsUnordered = given.ContainsKey("--unordered"),
    };
    return given.TryGetValue("--seed", out string? seed)
        ? Replay(ulong.Parse(seed, CultureInfo.InvariantCulture), options, given.ContainsKey("--trace"))
        : Sweep(Number("--from", 1), Number("--seeds", 20_000), Number("--minutes", 0), (int)Number("--threads", 2), options);

    ulong Number(string name, ulong otherwise) => given.TryGetValue(name, out string? text) ? ulong.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
catch (Exception e) when (e is UsageException or FormatException or OverflowException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}

static int Sweep(ulong first, ulong count, ulong minutes, int threads, RunOptions options)
{
    Stopwatch watch = Stopwatch.StartNew();
    ulong done = 0;
    IReadOnlyList<FailedSeed> failures = SeedSweep.Run(first, GoesOn, options, threads);
    Console.WriteLine($"{done} seeds from {first} on, {done / watch.Elapsed.TotalSeconds:F0} a second, {failures.Count} failed");
    foreach (FailedSeed failed in failures)
        Console.WriteLine($"seed {failed.Seed}: {failed.Violation}");
    if (failures.Count > 0)
        Replay(failures[0].Seed, options, hasTrace: false);
    return failures.Count > 0 ? 1 : 0;

    bool GoesOn(ulong seed)
    {
        bool isDue = minutes > 0 ? watch.Elapsed.TotalMinutes < minutes : seed - first < count;
        done += isDue ? 1UL : 0;
        return isDue;
    }
}

static int Replay(ulong seed, RunOptions options, bool hasTrace)
{
    History history = HistoryGenerator.Of(seed);
    using Simulator simulator = new();
    Console.WriteLine($"seed {seed}");
    Console.Write(history);
    string? violation = simulator.Run(history, options with { Trace = hasTrace ? Console.WriteLine : null }).Violation;
    Console.WriteLine(violation ?? "nothing was found to be wrong");
    if (violation is null)
        return 0;
    History small = Shrinker.Shrink(history, smaller => simulator.Run(smaller, options).Violation is not null);
    Console.WriteLine("the least of it that still fails:");
    Console.Write(small);
    simulator.Run(small, options with { Trace = Console.WriteLine });
    return 1;
}
