namespace Snapstore.Simulation.Model;

/// <summary>A listing of packs: those that hold blob A and those that hold blob B.</summary>
internal readonly record struct PackListing(SessionSet PacksA, SessionSet PacksB)
{
    public SessionSet All => PacksA | PacksB;

    /// <summary>The blobs that have a copy in one of these packs.</summary>
    public Blobs BlobsIn(SessionSet packs) => StoreState.BlobsIn(packs, PacksA, PacksB);
}

/// <summary>What a pruner computes from its listings.</summary>
internal static class Marking
{
    /// <summary>The packs to condemn: of each live blob one copy is kept, and what active sessions wrote.</summary>
    public static SessionSet Plan(PackListing packs, SessionSet active, Blobs live)
    {
        Blobs kept = Blobs.None;
        SessionSet plan = default;
        foreach (int pack in packs.All - active)
        {
            Blobs needed = packs.BlobsIn(SessionSet.Of(pack)) & live & ~kept;
            if (needed == Blobs.None)
                plan = plan.With(pack);
            kept |= needed;
        }

        return plan;
    }

    /// <summary>The packs of a plan that may go: no live blob has its only copy there.</summary>
    public static SessionSet Verdict(
        ProtocolConfiguration configuration, SessionSet plan, PackListing packs, Blobs live, SessionSet condemned)
    {
        if (!configuration.Has(ProtocolRules.ListAgainAtVerdict) || !configuration.Has(ProtocolRules.SurvivingCopy))
            return plan;
        bool strict = configuration.Has(ProtocolRules.CopyNotCondemned);

        // Where the generation has got its verdict meanwhile, its plan no longer counts as condemned: it is left out by name.
        Blobs safe = packs.BlobsIn(packs.All - condemned - plan);
        SessionSet verdict = default;
        foreach (int pack in plan)
        {
            Blobs copied = strict ? safe : packs.BlobsIn(packs.All.Without(pack));
            Blobs held = packs.BlobsIn(SessionSet.Of(pack));
            if ((held & live & ~copied) == Blobs.None)
                verdict = verdict.With(pack);
            else
                safe |= held;
        }

        return verdict;
    }
}
