namespace Snapstore.Simulation.Model;

/// <summary>A set of the two blobs of the model.</summary>
[Flags]
internal enum Blobs : byte
{
    None = 0,
    A = 1,
    B = 2,
    Both = A | B,
}

/// <summary>What a writer does next.</summary>
internal enum WriterStep : byte
{
    OpenParent,
    PutSession,
    ReadPlans,
    ListPacks,
    Upload,
    Commit,
    ReadDead,
    CloseSession,
    Finished,
}

/// <summary>What a pruner does next.</summary>
internal enum PrunerStep : byte
{
    Choose,
    BeginRepack,
    Repack,
    ListFirst,
    ListSessionsForPlan,
    ListLast,
    PutPlan,
    ListSessions,
    Wait,
    ListFirstAtVerdict,
    Decide,
    PutVerdict,
    Delete,
    FenceItself,
    CloseSession,
    Finished,
}

/// <summary>What the forgetter does next.</summary>
internal enum ForgetterStep : byte
{
    Choose,
    RemoveRegister,
}

/// <summary>What a writer remembers.</summary>
internal readonly record struct WriterState(WriterStep Step, byte Attempt = 0)
{
    /// <summary>The blobs it need not upload.</summary>
    public Blobs Found { get; init; }

    /// <summary>The blobs it believes to be stored without having looked: only where a rule is left out.</summary>
    public Blobs Believed { get; init; }

    /// <summary>The packs that it must not use.</summary>
    public SessionSet Condemned { get; init; }
}

/// <summary>What a pruner remembers. What it no longer needs is empty, so that equal futures are equal states.</summary>
internal readonly record struct PrunerState(PrunerStep Step, byte Generation = 0)
{
    /// <summary>A listing: the packs with blob A, or the valid snapshots.</summary>
    public SessionSet First { get; init; }

    /// <summary>The rest of that listing: the packs with blob B, or the ended sessions.</summary>
    public SessionSet Second { get; init; }

    /// <summary>The sessions listed for the plan, then those to wait for.</summary>
    public SessionSet Sessions { get; init; }

    public SessionSet Plan { get; init; }

    public SessionSet Verdict { get; init; }
}

/// <summary>What the forgetter remembers.</summary>
internal readonly record struct ForgetterState(ForgetterStep Step, byte Target, ushort Left);
