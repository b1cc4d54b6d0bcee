using Snapstore.Formats;
using Snapstore.Garbage;

namespace Snapstore.Tests.Garbage;

/// <summary>What a prune rewrites, and what it does with packs that the storage keeps locked.</summary>
public sealed class PrunePlanTests
{
    private static readonly DateTimeOffset Soon = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), Late = Soon.AddDays(5);

    private static PruneOptions Options => new() { Origin = new RecordOrigin("host", "user", "test", 0) };

    [Fact]
    public void What_is_locked_is_neither_deleted_nor_rewritten()
    {
        PackUse[] packs = [Pack(1, 100, 0, Soon), Pack(2, 200, 0, Late), Pack(3, 400, 0), Pack(4, 1000, 10, Late), Pack(5, 10_000, 10_000)];
        PrunePlan plan = PrunePlan.Decide(packs, Options with { UnusedShareMax = 0 });
        Assert.Equal([packs[2]], plan.Delete);
        Assert.Empty(plan.Repack);
        Assert.Equal(new LockedWaste(2, 300, Soon, Late), plan.Totals.Locked);
        Assert.Equal((1, 400L, 990L), (plan.Totals.DeletePacks, plan.Totals.DeleteBytes, plan.Totals.UnusedAfterBytes));
    }

    [Fact]
    public void Waste_that_is_locked_makes_no_other_pack_be_rewritten()
    {
        // 4 % of what can be touched is waste: little. With what is locked it would be half.
        PackUse[] packs = [Pack(1, 100_000, 0, Soon), Pack(2, 100_000, 96_000)];
        Assert.True(PrunePlan.Decide(packs, Options).IsEmpty);
        Assert.Single(PrunePlan.Decide([packs[0] with { LockedUntil = null }, packs[1] with { LiveBytes = 90_000 }], Options).Repack);
    }

    [Fact]
    public void Only_what_might_go_is_asked_about()
    {
        Assert.True(PrunePlan.IsCandidate(Pack(1, 100 << 20, 0)));
        Assert.True(PrunePlan.IsCandidate(Pack(1, 100 << 20, 1000)));
        Assert.False(PrunePlan.IsCandidate(Pack(1, 100 << 20, 100 << 20)));
        Assert.False(PrunePlan.IsCandidate(Pack(1, 100 << 20, 0) with { IsTouchable = false }));
    }

    [Fact]
    public void The_share_that_may_stay_is_one_of_all_that_stays()
    {
        // 10 of 110 are waste in each of four: after two are rewritten 20 of 420 stay, after one 30 of 430 would.
        PackUse[] packs = [.. Enumerable.Range(1, 4).Select(number => Pack((byte)number, 110_000, 100_000))];
        PrunePlan plan = PrunePlan.Decide(packs, Options);
        Assert.Equal((2, 20_000L), (plan.Repack.Count, plan.Totals.UnusedAfterBytes));
    }

    [Fact]
    public void Of_tolerances_the_cheapest_is_taken_that_leaves_no_more_than_may_stay()
    {
        // One segment is a tenth waste, the other one half.
        RepackCost cost = new();
        cost.Add(100_000, used: 0.9, largestWaste: 1);
        cost.Add(100_000, used: 0.5, largestWaste: 1);
        PackUse[] packs = [Pack(1, 200_000, 140_000) with { Cost = cost }, Pack(2, 600_000, 600_000)];

        PrunePlan plan = PrunePlan.Decide(packs, Options);
        Assert.Equal((0.1, 1, 10_000L, 10_000L), (plan.Tolerance, plan.Repack.Count, plan.Totals.RepackWasteBytes, plan.Totals.UnusedAfterBytes));
        Assert.Equal(50_000, plan.Totals.FreedBytes);

        PrunePlan strict = PrunePlan.Decide(packs, Options with { UnusedShareMax = 0.01 });
        Assert.Equal((0.0, 1, 0L, 0L), (strict.Tolerance, strict.Repack.Count, strict.Totals.RepackWasteBytes, strict.Totals.UnusedAfterBytes));
        Assert.True(PrunePlan.Decide(packs, Options with { UnusedShareMax = 0, UnusedBytesMax = long.MaxValue }).IsEmpty);
    }

    [Fact]
    public void Deltas_and_small_segments_are_never_moved_with_waste()
    {
        Assert.Equal(1, RepackedSegment.LargestWaste(Limits.SegmentSizeTarget, deltas: 0));
        Assert.Equal(0, RepackedSegment.LargestWaste(Limits.SegmentSizeTarget, deltas: 1));
        Assert.True(RepackedSegment.LargestWaste(1000, deltas: 0) < 0);
    }

    private static PackUse Pack(byte number, long size, long live, DateTimeOffset? until = null)
    {
        byte[] hash = new byte[ObjectHash.Size], session = new byte[SessionId.Size];
        hash[0] = session[0] = number;
        return new PackUse(new PackName(new SessionId(session), new ObjectHash(hash)), size, PackKind.Data, IsTouchable: true, live > 0 ? 1 : 0, live) { LockedUntil = until };
    }
}
