using Snapstore.Simulation.World;
using Xunit.Abstractions;

namespace Snapstore.Simulation.Faults;

/// <summary>Every operation dies before every step of the storage, alone or with the storage's power; then it is run again, and
/// everything must be as if nothing had happened.</summary>
public sealed class CrashPointTests(ITestOutputHelper output)
{
    // What a loss of power keeps is drawn: so many times.
    private const int PowerLossSamples = 3;

    public static TheoryData<string> Workloads => [.. Scripts.Keys];

    private static Dictionary<string, Operation[]> Scripts { get; } = new()
    {
        ["stream"] = [Of(OperationKind.Stream, 8), Of(OperationKind.Stream, 8)],
        ["tree"] = [Of(OperationKind.Tree, 41), Of(OperationKind.Tree, 41)],
        ["forget"] = [Of(OperationKind.Forget, 1), Of(OperationKind.Forget, 1)],
        ["undelete"] = [Of(OperationKind.Forget, 3), Of(OperationKind.Undelete, 0), Of(OperationKind.Undelete, 0)],
        ["prune and repack"] = [Of(OperationKind.Forget, 0), Of(OperationKind.Forget, 2), Of(OperationKind.Prune, 4), Of(OperationKind.Prune, 4)],
        ["prune after a backup"] = [Of(OperationKind.Stream, 5), Of(OperationKind.Forget, 1), Of(OperationKind.Prune, 10), Of(OperationKind.Tree, 9), Of(OperationKind.Prune, 10)],
        ["key"] = [Of(OperationKind.Key, 0), Of(OperationKind.Key, 0), Of(OperationKind.Key, 0)],
    };

    [Theory]
    [MemberData(nameof(Workloads))]
    public void Every_crash_is_recovered_from(string workload)
    {
        using Simulator simulator = new();
        int steps = Undisturbed(simulator, workload);
        int runs = 0;
        for (int step = 1; step <= steps; step++)
        {
            for (int sample = 0; sample <= PowerLossSamples; sample++, runs++)
            {
                Disruption disruption = sample == 0 ? Disruption.Crash : Disruption.PowerLoss;
                int at = step;
                RunOptions options = new() { Disrupt = now => now == at ? disruption : null };
                string? violation = simulator.Run(HistoryOf(workload, sample), options).Violation;
                Assert.True(violation is null, $"{workload}, {disruption} before step {step}, sample {sample}: {violation}");
            }
        }

        output.WriteLine($"{workload}: {steps} steps, {runs} crashes");
    }

    private static int Undisturbed(Simulator simulator, string workload)
    {
        SimulatedWorld world = simulator.Run(HistoryOf(workload, 0), new RunOptions());
        Assert.Null(world.Violation);
        Assert.InRange(world.Steps, 20, 5_000);
        return world.Steps;
    }

    private static Operation Of(OperationKind kind, int argument) => new(kind, argument);

    private static History HistoryOf(string workload, int sample) => new(
        (ulong)sample, [new ActorScript(1, "actor", Scripts[workload])], new FaultRates { IsLocal = true, KnowsTheDead = true }, SwitchRate: 0);
}
