namespace Snapstore.Simulation.Model;

/// <summary>The rules of the protocol. A configuration without one of them shows what the rule is for.</summary>
[Flags]
internal enum ProtocolRules
{
    None = 0,

    /// <summary>A writer puts its session before it reads which packs are condemned and which are listed.</summary>
    SessionBeforePlans = 1 << 0,

    /// <summary>A pruner lists the sessions it waits for after its plan is put.</summary>
    PlanBeforeSessions = 1 << 1,

    /// <summary>A generation has one plan: put if absent, who loses adopts the winner's.</summary>
    SinglePlan = 1 << 2,

    /// <summary>A generation has one verdict: put if absent, who loses adopts the winner's.</summary>
    SingleVerdict = 1 << 3,

    /// <summary>A session ends once: its register takes a commit or a fence and never another body.</summary>
    SingleCommit = 1 << 4,

    /// <summary>Before the verdict no session of the list is undecided: each has committed, is fenced or is retired.</summary>
    WaitForSessions = 1 << 5,

    /// <summary>The verdict looks at the snapshots of its own time, not at those of the plan's.</summary>
    ListAgainAtVerdict = 1 << 6,

    /// <summary>The verdict spares a pack without which a live blob would have no copy.</summary>
    SurvivingCopy = 1 << 7,

    /// <summary>For the rule above only copies in packs that no plan or verdict condemns count.</summary>
    CopyNotCondemned = 1 << 8,

    /// <summary>A writer resolves what it takes over from a parent snapshot through its own listing.</summary>
    ResolveParents = 1 << 9,

    /// <summary>A writer that was refused resolves everything again, its own earlier packs too.</summary>
    ResolveAfterRefusal = 1 << 10,

    /// <summary>A retired session is recorded as dead for ever, before its register is removed.</summary>
    DeadSet = 1 << 11,

    /// <summary>A pruner lists packs, then sessions, then snapshots. Economy, not safety.</summary>
    ListOrder = 1 << 12,

    /// <summary>A generation begins when the one before is done. Economy, not safety.</summary>
    SerialGenerations = 1 << 13,

    /// <summary>A pruner also waits for, and spares packs of, owners without a session object. Economy, not safety.</summary>
    FenceUnknownOwners = 1 << 14,

    All = (1 << 15) - 1,
}
