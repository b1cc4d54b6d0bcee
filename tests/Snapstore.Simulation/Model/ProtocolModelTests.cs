using System.Globalization;
using Xunit.Abstractions;

namespace Snapstore.Simulation.Model;

/// <summary>The protocol of the garbage collector, explored whole within small bounds; the page's figures are held here.</summary>
public sealed class ProtocolModelTests(ITestOutputHelper output)
{
    // A model without steps would have no violations either.
    private const int StatesMin = 1_000;

    private static readonly ProtocolConfiguration[] Small =
    [
        new(1, 1, 1),
        new(2, 1, 1),
        new(1, 1, 2) { Attempts = 2 },
        new(1, 1, 2) { Attempts = 2, Forgets = 2 },
        new(1, 1, 2) { Forgets = 2 },
        new(1, 2, 1),
        new(1, 2, 1) { PacksFirstAtVerdict = true },
        new(1, 2, 1) { Attempts = 2, Forgets = 2 },
        new(1, 2, 2),
        new(1, 1, 1) { Repack = true },
        new(1, 1, 2) { Repack = true, Kept = true },
        new(1, 1, 2) { Repack = true, TwoBlobs = true },
        new(2, 1, 1) { Forgets = 2, TwoBlobs = true },
    ];

    private static readonly ProtocolConfiguration[] Large =
    [
        new(2, 2, 1),
        new(2, 2, 1) { PacksFirstAtVerdict = true },
        new(2, 2, 1) { Forgets = 2, TwoBlobs = true },
        new(1, 2, 1) { Repack = true },
        new(2, 1, 2) { Repack = true, TwoBlobs = true },
        new(1, 2, 2) { Attempts = 2, Forgets = 2 },
    ];

    private static readonly ProtocolConfiguration[] Largest =
    [
        new(2, 2, 2),
        new(2, 1, 2) { Attempts = 2, Forgets = 2, TwoBlobs = true },
    ];

    private static readonly ProtocolConfiguration[] All = [.. Small, .. Large, .. Largest];

    // What only saves work; every other rule is needed.
    private static readonly ProtocolRules[] ForEconomy =
        [ProtocolRules.ListOrder, ProtocolRules.SerialGenerations, ProtocolRules.FenceUnknownOwners];

    public static TheoryData<string> UsualNames => [.. Small.Concat(Large).Select(configuration => configuration.ToString())];

    public static TheoryData<string> LargestNames => [.. Largest.Select(configuration => configuration.ToString())];

    public static TheoryData<string> NeededRules =>
        [.. SingleRules().Except(ForEconomy).Select(rule => rule.ToString())];

    public static TheoryData<string> EconomyRules => [.. ForEconomy.Select(rule => rule.ToString())];

    [Theory]
    [MemberData(nameof(UsualNames))]
    public void No_valid_snapshot_ever_lacks_a_blob(string name) => ExploreWhole(Named(name));

    [Theory]
    [Trait("Category", "Slow")]
    [MemberData(nameof(LargestNames))]
    public void No_valid_snapshot_ever_lacks_a_blob_in_millions_of_states(string name) => ExploreWhole(Named(name));

    [Theory]
    [MemberData(nameof(NeededRules))]
    public void Without_a_rule_that_is_needed_a_snapshot_breaks(string rule)
    {
        (string name, int steps) = ModelPage.CounterexampleOf(rule);
        Exploration found = Explorer.Run(Without(Named(name), rule), trace: true);
        foreach (string step in found.Violation)
            output.WriteLine(step);
        Assert.True(found.IsBroken, $"without {rule} nothing breaks in {name}");
        Assert.Equal(steps, found.Violation.Count - 1);
    }

    [Theory]
    [MemberData(nameof(EconomyRules))]
    public void Without_a_rule_that_saves_work_no_snapshot_breaks(string rule)
    {
        foreach (ProtocolConfiguration configuration in Small.Append(Large[0]).Append(Large[^1]))
        {
            Exploration found = Explorer.Run(Without(configuration, rule));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{configuration}: {found.States:N0} states"));
            Assert.False(found.IsBroken, $"without {rule}, {configuration} breaks");
            Assert.True(found.States >= StatesMin);
        }
    }

    [Fact]
    public void Leaving_out_a_rule_that_saves_work_is_no_empty_change()
    {
        ProtocolConfiguration whole = Named("1w2p2g");
        int states = Explorer.Run(whole).States;
        Assert.All(ForEconomy, rule => Assert.NotEqual(states, Explorer.Run(Without(whole, rule.ToString())).States));
    }

    [Fact]
    public void A_trace_is_a_shortest_way_from_the_start()
    {
        ProtocolConfiguration configuration = Without(Named("1w1p1g"), nameof(ProtocolRules.PlanBeforeSessions));
        Exploration traced = Explorer.Run(configuration, trace: true), untraced = Explorer.Run(configuration);
        Assert.Equal(untraced.States, traced.States);
        Assert.Empty(untraced.Violation);
        Assert.Equal(traced.Depth, traced.Violation.Count - 2);
        Assert.Contains("pruner 0: put plan", traced.Violation);
        Assert.Equal("(writer0.0 lacks a blob)", traced.Violation[^1]);
    }

    private void ExploreWhole(ProtocolConfiguration configuration)
    {
        Exploration found = Explorer.Run(configuration);
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"{configuration}: {found.States:N0} states, {found.Depth} deep, {found.Ends} ends"));
        Assert.False(found.IsBroken, "a valid snapshot lacks a blob; explore with a trace to see how");
        Assert.True(found.States >= StatesMin);
        Assert.True(found.Collected, "no pack was ever collected");
        Assert.NotEqual(0, found.Ends);
        Assert.Equal(ModelPage.StatesOf(configuration.ToString()), found.States);
    }

    private static IEnumerable<ProtocolRules> SingleRules() =>
        Enum.GetValues<ProtocolRules>().Except([ProtocolRules.None, ProtocolRules.All]);

    private static ProtocolConfiguration Named(string name) => Assert.Single(All, configuration => configuration.ToString() == name);

    private static ProtocolConfiguration Without(ProtocolConfiguration configuration, string rule) =>
        configuration with { Rules = ProtocolRules.All & ~Enum.Parse<ProtocolRules>(rule) };
}
