namespace Snapstore.Simulation.Model;

/// <summary>A pruner: listings, plan, sessions of its time, verdict, deletions. It may stop for ever before any step, and resumes what others left.</summary>
internal readonly struct PrunerSteps(ProtocolConfiguration configuration, MoveList moves, StoreState store, int index)
{
    private static PrunerState Idle => new(PrunerStep.Choose);

    public void Add(PrunerState pruner)
    {
        switch (pruner.Step)
        {
            case PrunerStep.Choose:
                Choose();
                break;
            case PrunerStep.BeginRepack or PrunerStep.Repack:
                Repack(pruner);
                break;
            case PrunerStep.ListFirst or PrunerStep.ListSessionsForPlan or PrunerStep.ListLast:
                ListForPlan(pruner);
                break;
            case PrunerStep.PutPlan:
                PutPlan(pruner);
                break;
            case PrunerStep.ListSessions:
                Go("list sessions", pruner with { Step = PrunerStep.Wait, Sessions = SessionsNow() - Own(pruner) });
                break;
            case PrunerStep.Wait:
                Wait(pruner);
                break;
            case PrunerStep.ListFirstAtVerdict or PrunerStep.Decide:
                Decide(pruner);
                break;
            case PrunerStep.PutVerdict:
                PutVerdict(pruner);
                break;
            case PrunerStep.Delete:
                Delete(pruner);
                break;
            case PrunerStep.FenceItself or PrunerStep.CloseSession:
                EndOwnSession(pruner);
                break;
            default:
                break;
        }
    }

    private void Choose()
    {
        int last = store.LastPlanned;
        bool open = last >= 0 && !store.IsDone(last);
        if (open)
            Go("resume a generation", new PrunerState(PrunerStep.ListSessions, (byte)last) { Plan = store.Plan(last) });
        if (last + 1 < configuration.Generations && (!open || !configuration.Has(ProtocolRules.SerialGenerations)))
            Go("begin a generation", new PrunerState(configuration.Repack ? PrunerStep.BeginRepack : PrunerStep.ListFirst, (byte)(last + 1)));
    }

    // Copies what is live of the old pack into a pack of its own, or does not.
    private void Repack(PrunerState pruner)
    {
        PrunerState list = pruner with { Step = PrunerStep.ListFirst };
        if (pruner.Step == PrunerStep.BeginRepack)
        {
            StoreState after = store with { Sessions = store.Sessions | Own(pruner) };
            moves.Add("put session to repack", after, index, pruner with { Step = PrunerStep.Repack });
            Go("do not repack", list);
            return;
        }

        if (store.Packs.Has(ProtocolConfiguration.Old))
            moves.Add("repack the old pack", store.WithPack(Own(pruner).First, Blobs.A), index, list);
        Go("give up the repack", list);
    }

    private void ListForPlan(PrunerState pruner)
    {
        bool packsFirst = configuration.Has(ProtocolRules.ListOrder);
        switch (pruner.Step)
        {
            case PrunerStep.ListFirst when packsFirst:
                Go("list packs", pruner with { Step = PrunerStep.ListSessionsForPlan, First = store.PacksA, Second = store.PacksB });
                break;
            case PrunerStep.ListFirst:
                Go("list snapshots", pruner with { Step = PrunerStep.ListSessionsForPlan, First = store.Valid, Second = store.Ended });
                break;
            case PrunerStep.ListSessionsForPlan:
                Go("list sessions for the plan", pruner with { Step = PrunerStep.ListLast, Sessions = store.Sessions });
                break;
            default:
                PackListing packs = packsFirst ? new(pruner.First, pruner.Second) : new(store.PacksA, store.PacksB);
                SessionSet valid = packsFirst ? store.Valid : pruner.First, ended = packsFirst ? store.Ended : pruner.Second;
                MakePlan(pruner, packs, valid, ended);
                break;
        }
    }

    private void MakePlan(PrunerState pruner, PackListing packs, SessionSet valid, SessionSet ended)
    {
        SessionSet active = pruner.Sessions | (configuration.Has(ProtocolRules.FenceUnknownOwners) ? packs.All - ended : default);
        SessionSet plan = Marking.Plan(packs, active, configuration.LiveBlobs(valid));
        if (configuration.Repack && !(store.Packs & Own(pruner)).IsEmpty)
            plan = plan.With(ProtocolConfiguration.Old);

        // Sessions that were listed before the plan are not those to wait for: where the rule is left out, they are.
        SessionSet sessions = configuration.Has(ProtocolRules.PlanBeforeSessions) ? default : active - Own(pruner);
        string step = configuration.Has(ProtocolRules.ListOrder) ? "list snapshots and mark" : "list packs and mark";
        Go(step, new PrunerState(PrunerStep.PutPlan, pruner.Generation) { Plan = plan, Sessions = sessions });
    }

    private void PutPlan(PrunerState pruner)
    {
        if (configuration.Has(ProtocolRules.SinglePlan) && store.HasPlan(pruner.Generation))
        {
            Go("is refused: another plan", Idle);
            return;
        }

        PrunerStep next = configuration.Has(ProtocolRules.PlanBeforeSessions) ? PrunerStep.ListSessions : PrunerStep.Wait;
        moves.Add("put plan", store.WithPlan(pruner.Generation, pruner.Plan), index, pruner with { Step = next });
    }

    // A fence may come at any time: patience is a question of economy.
    private void Wait(PrunerState pruner)
    {
        SessionSet pending = pruner.Sessions - store.Ended;
        if (pending.IsEmpty || !configuration.Has(ProtocolRules.WaitForSessions))
            Go("see no session at work", pruner with { Step = PrunerStep.ListFirstAtVerdict, Sessions = default });
        foreach (int session in pending)
            moves.Add("fence", store with { Fences = store.Fences.With(session) }, index, pruner, session);
    }

    private void Decide(PrunerState pruner)
    {
        bool packsFirst = configuration.PacksFirstAtVerdict;
        if (pruner.Step == PrunerStep.ListFirstAtVerdict)
        {
            PrunerState listed = pruner with { Step = PrunerStep.Decide };
            if (packsFirst)
                Go("list packs for the verdict", listed with { First = store.PacksA, Second = store.PacksB });
            else
                Go("list snapshots for the verdict", listed with { First = store.Valid });
            return;
        }

        PackListing packs = packsFirst ? new(pruner.First, pruner.Second) : new(store.PacksA, store.PacksB);
        Blobs live = configuration.LiveBlobs(packsFirst ? store.Valid : pruner.First);
        SessionSet verdict = Marking.Verdict(configuration, pruner.Plan, packs, live, store.Condemned);
        PrunerState decided = new(PrunerStep.PutVerdict, pruner.Generation) { Verdict = verdict };
        Go(packsFirst ? "list snapshots and decide" : "list packs and decide", decided);
    }

    private void PutVerdict(PrunerState pruner)
    {
        int generation = pruner.Generation;
        PrunerState next = pruner with { Step = PrunerStep.Delete };
        if (configuration.Has(ProtocolRules.SingleVerdict) && store.HasVerdict(generation))
            Go("adopt the verdict that is there", next with { Verdict = store.Verdict(generation) });
        else
            moves.Add("put verdict", store.WithVerdict(generation, pruner.Verdict), index, next);
    }

    private void Delete(PrunerState pruner)
    {
        SessionSet rest = pruner.Verdict & store.Packs;
        foreach (int pack in rest)
            moves.Add("delete the pack of", store.WithoutPack(pack), index, pruner, pack);
        if (!rest.IsEmpty)
            return;
        bool own = !(store.Sessions & Own(pruner)).IsEmpty;
        PrunerState next = own ? new PrunerState(PrunerStep.FenceItself, pruner.Generation) : AfterGeneration(pruner);
        moves.Add("put done", store.WithDone(pruner.Generation), index, next);
    }

    private void EndOwnSession(PrunerState pruner)
    {
        if (pruner.Step == PrunerStep.FenceItself)
        {
            StoreState after = store with { Fences = store.Fences | Own(pruner) };
            moves.Add("fence itself", after, index, pruner with { Step = PrunerStep.CloseSession });
        }
        else
        {
            moves.Add("delete session", store with { Sessions = store.Sessions - Own(pruner) }, index, AfterGeneration(pruner));
        }
    }

    private PrunerState AfterGeneration(PrunerState pruner) =>
        pruner.Generation + 1 < configuration.Generations ? Idle : new PrunerState(PrunerStep.Finished);

    private SessionSet SessionsNow() =>
        configuration.Has(ProtocolRules.FenceUnknownOwners) ? store.Sessions | store.Packs : store.Sessions;

    private SessionSet Own(PrunerState pruner) => SessionSet.Of(configuration.SessionOfPruner(index, pruner.Generation));

    private void Go(string step, PrunerState next) => moves.Add(step, store, index, next);
}
