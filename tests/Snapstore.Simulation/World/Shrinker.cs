namespace Snapstore.Simulation.World;

/// <summary>Makes a history that fails smaller: leaves out actors, operations and kinds of faults for as long as it still fails.</summary>
internal static class Shrinker
{
    private const int RunsMax = 400;

    /// <summary>A history that fails and of which nothing can be left out, or that was the smallest when patience ended.</summary>
    public static History Shrink(History history, Predicate<History> fails)
    {
        int runs = 0;
        while (Smaller(history).FirstOrDefault(candidate => runs++ < RunsMax && fails(candidate)) is { } smaller)
            history = smaller;
        return history;
    }

    private static IEnumerable<History> Smaller(History history)
    {
        foreach (ActorScript actor in history.Actors)
            yield return history with { Actors = [.. history.Actors.Where(other => other != actor)] };
        foreach (FaultRates less in history.Faults.WithOneLess())
            yield return history with { Faults = less };
        foreach (ActorScript actor in history.Actors)
        {
            for (int i = 0; i < actor.Operations.Count && actor.Operations.Count > 1; i++)
            {
                int left = i;
                ActorScript shorter = actor with { Operations = [.. actor.Operations.Where((_, index) => index != left)] };
                yield return history with { Actors = [.. history.Actors.Select(other => other == actor ? shorter : other)] };
            }
        }
    }
}
