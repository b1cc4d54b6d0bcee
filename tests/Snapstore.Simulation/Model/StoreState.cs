namespace Snapstore.Simulation.Model;

/// <summary>The objects in the store. Blobs are A and B; a pack holds one of them or both.</summary>
internal readonly record struct StoreState
{
    private const int DecidedShift = 4, DoneShift = 8;

    /// <summary>The packs that hold blob A.</summary>
    public SessionSet PacksA { get; init; }

    /// <summary>The packs that hold blob B.</summary>
    public SessionSet PacksB { get; init; }

    /// <summary>The objects session/ID.</summary>
    public SessionSet Sessions { get; init; }

    /// <summary>The registers snap/ID that hold a commit.</summary>
    public SessionSet Commits { get; init; }

    /// <summary>The registers snap/ID that hold a fence.</summary>
    public SessionSet Fences { get; init; }

    /// <summary>The objects dead/ID.</summary>
    public SessionSet Dead { get; init; }

    private SessionSet Plan0 { get; init; }

    private SessionSet Plan1 { get; init; }

    private SessionSet Verdict0 { get; init; }

    private SessionSet Verdict1 { get; init; }

    // Which generations have a plan, a verdict, a record that they are done: four bits each.
    private ushort Records { get; init; }

    public SessionSet Packs => PacksA | PacksB;

    /// <summary>The snapshots that readers see.</summary>
    public SessionSet Valid => Commits - Dead;

    /// <summary>The sessions that can no longer commit.</summary>
    public SessionSet Ended => Commits | Fences | Dead;

    /// <summary>The last generation that has a plan, or -1.</summary>
    public int LastPlanned => HasPlan(1) ? 1 : HasPlan(0) ? 0 : -1;

    /// <summary>What writers treat as absent: plans without a verdict, and all verdicts.</summary>
    public SessionSet Condemned => CondemnedBy(0) | CondemnedBy(1);

    public bool HasPlan(int generation) => HasRecord(generation);

    public bool HasVerdict(int generation) => HasRecord(DecidedShift + generation);

    public bool IsDone(int generation) => HasRecord(DoneShift + generation);

    public SessionSet Plan(int generation) => generation == 0 ? Plan0 : Plan1;

    public SessionSet Verdict(int generation) => generation == 0 ? Verdict0 : Verdict1;

    public StoreState WithPlan(int generation, SessionSet packs)
    {
        ushort records = WithRecord(generation);
        return generation == 0 ? this with { Plan0 = packs, Records = records } : this with { Plan1 = packs, Records = records };
    }

    public StoreState WithVerdict(int generation, SessionSet packs)
    {
        ushort records = WithRecord(DecidedShift + generation);
        return generation == 0 ? this with { Verdict0 = packs, Records = records } : this with { Verdict1 = packs, Records = records };
    }

    public StoreState WithDone(int generation) => this with { Records = WithRecord(DoneShift + generation) };

    public StoreState WithPack(int owner, Blobs blobs) => this with
    {
        PacksA = blobs.HasFlag(Blobs.A) ? PacksA.With(owner) : PacksA,
        PacksB = blobs.HasFlag(Blobs.B) ? PacksB.With(owner) : PacksB,
    };

    public StoreState WithoutPack(int owner) => this with { PacksA = PacksA.Without(owner), PacksB = PacksB.Without(owner) };

    /// <summary>The blobs that have a copy in one of these packs.</summary>
    public Blobs BlobsIn(SessionSet packs) => BlobsIn(packs, PacksA, PacksB);

    /// <summary>The same for a listing of packs.</summary>
    public static Blobs BlobsIn(SessionSet packs, SessionSet packsA, SessionSet packsB) =>
        ((packs & packsA).IsEmpty ? Blobs.None : Blobs.A) | ((packs & packsB).IsEmpty ? Blobs.None : Blobs.B);

    private SessionSet CondemnedBy(int generation) =>
        HasVerdict(generation) ? Verdict(generation) : HasPlan(generation) ? Plan(generation) : SessionSet.Empty;

    private bool HasRecord(int bit) => (Records >> bit & 1) != 0;

    private ushort WithRecord(int bit) => (ushort)(Records | 1 << bit);
}
