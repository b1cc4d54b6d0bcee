using System.Globalization;

namespace Snapstore.Simulation.World;

/// <summary>Makes a history of a seed. Every fault is switched on with a chance of one half, so that each is also met without
/// the others (swarm testing: Groce and others, 2012).</summary>
internal static class HistoryGenerator
{
    private const int ArgumentMax = 1000;

    private static readonly double[] SwitchRates = [0.03, 0.1, 0.25, 0.5];

    /// <summary>The history of this seed.</summary>
    public static History Of(ulong seed)
    {
        SeededRandom random = SeededRandom.Of(seed, 0);
        List<ActorScript> actors = [];

        // Half of the histories are about prunes that meet each other and a few writers.
        bool isContended = random.Chance(0.5);
        Add(2 + (isContended ? 0 : random.Below(4) * random.Below(2)), "writer", () => Writer(random));
        Add(isContended ? 2 + random.Below(2) : 1 + random.Below(2), "pruner", () => [.. Repeat(random, 1, isContended ? 4 : 2, OperationKind.Prune)]);
        Add(1, "forgetter", () => Forgetter(random));
        Add(random.Below(2), "reader", () => Reader(random));
        return new History(seed, actors, Faults(random), SwitchRates[random.Below(SwitchRates.Length)]);

        void Add(int count, string role, Func<IReadOnlyList<Operation>> script)
        {
            for (int i = 1; i <= count; i++)
                actors.Add(new ActorScript(actors.Count + 1, string.Create(CultureInfo.InvariantCulture, $"{role}{i}"), script()));
        }
    }

    private static List<Operation> Writer(SeededRandom random) =>
        [.. Repeat(random, 1, 3, OperationKind.Stream, OperationKind.Stream, OperationKind.Tree)];

    private static List<Operation> Forgetter(SeededRandom random) =>
        [.. Repeat(random, 1, 4, OperationKind.Forget, OperationKind.Forget, OperationKind.Forget, OperationKind.Undelete)];

    private static List<Operation> Reader(SeededRandom random) =>
        [.. Repeat(random, 1, 3, OperationKind.Read, OperationKind.Read, OperationKind.Check, OperationKind.Key)];

    private static IEnumerable<Operation> Repeat(SeededRandom random, int min, int max, params OperationKind[] kinds)
    {
        int count = min + random.Below(max - min + 1);
        for (int i = 0; i < count; i++)
            yield return new Operation(kinds[random.Below(kinds.Length)], random.Below(ArgumentMax));
    }

    private static FaultRates Faults(SeededRandom random) => new()
    {
        Crash = Rate(random, 0.02),
        PowerLoss = Rate(random, 0.01),
        IsLocal = random.Chance(0.5),
        Error = Rate(random, 0.03),
        LostReply = Rate(random, 0.1),
        NoSpace = Rate(random, 0.05),
        BitFlip = random.Chance(0.2) ? 0.01 : 0,
        Sleep = Rate(random, 0.03),
        Days = Rate(random, 0.02),
        ClockJump = Rate(random, 0.02),
        KnowsTheDead = random.Chance(0.5),
    };

    private static double Rate(SeededRandom random, double max) => random.Chance(0.5) ? max * (1 + random.Below(10)) / 10 : 0;
}
