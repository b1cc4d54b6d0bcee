using Snapstore.Formats;
using Snapstore.Garbage;

namespace Snapstore.Tests.Garbage;

/// <summary>What a prune does with packs that the storage keeps locked.</summary>
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

    private static PackUse Pack(byte number, long size, long live, DateTimeOffset? until = null)
    {
        byte[] hash = new byte[ObjectHash.Size], session = new byte[SessionId.Size];
        hash[0] = session[0] = number;
        return new PackUse(new PackName(new SessionId(session), new ObjectHash(hash)), size, PackKind.Data, IsTouchable: true, live > 0 ? 1 : 0, live) { LockedUntil = until };
    }
}
