namespace Snapstore.Simulation.Model;

/// <summary>A writer: session, condemned packs, listed packs, upload, commit. It may stop for ever before any step.</summary>
internal readonly struct WriterSteps(ProtocolConfiguration configuration, MoveList moves, StoreState store, int index)
{
    private static readonly WriterStep[] SessionFirst = [WriterStep.PutSession, WriterStep.ReadPlans, WriterStep.ListPacks];
    private static readonly WriterStep[] SessionLast = [WriterStep.ReadPlans, WriterStep.ListPacks, WriterStep.PutSession];

    /// <summary>The first step of an attempt.</summary>
    public static WriterStep First(ProtocolConfiguration configuration) =>
        configuration.Has(ProtocolRules.ResolveParents) ? Order(configuration)[0] : WriterStep.OpenParent;

    public void Add(WriterState writer)
    {
        int session = configuration.SessionOfWriter(index, writer.Attempt);
        switch (writer.Step)
        {
            case WriterStep.OpenParent:
                OpenParent(writer);
                break;
            case WriterStep.PutSession:
                Go("put session", store with { Sessions = store.Sessions.With(session) }, writer);
                break;
            case WriterStep.ReadPlans:
                Go("read plans and verdicts", store, writer with { Condemned = store.Condemned });
                break;
            case WriterStep.ListPacks:
                Blobs listed = store.BlobsIn(store.Packs - writer.Condemned) | writer.Believed;
                Go("list packs", store, writer with { Found = listed & Wanted, Condemned = default, Believed = default });
                break;
            case WriterStep.Upload:
                moves.Add("upload a pack", store.WithPack(session, Wanted & ~writer.Found), index, new WriterState(WriterStep.Commit, writer.Attempt));
                break;
            case WriterStep.Commit:
                Commit(writer, session);
                break;
            case WriterStep.ReadDead:
                if (store.Dead.Has(session))
                    Refuse("is told that its session is dead", writer);
                else
                    moves.Add("read that it is not dead", store, index, writer with { Step = WriterStep.CloseSession });
                break;
            case WriterStep.CloseSession:
                StoreState closed = store with { Sessions = store.Sessions.Without(session) };
                moves.Add("delete session", closed, index, new WriterState(WriterStep.Finished));
                break;
            default:
                break;
        }
    }

    private Blobs Wanted => configuration.Wanted(index);

    // Only where parents are not resolved: what a valid snapshot refers to is believed to be stored.
    private void OpenParent(WriterState writer)
    {
        Blobs believed = writer.Believed | configuration.LiveBlobs(store.Valid);
        moves.Add("open a parent", store, index, writer with { Step = Order(configuration)[0], Believed = believed & Wanted });
    }

    private void Go(string step, StoreState after, WriterState writer)
    {
        WriterStep[] order = Order(configuration);
        int next = Array.IndexOf(order, writer.Step) + 1;
        WriterStep then = next < order.Length ? order[next] : writer.Found == Wanted ? WriterStep.Commit : WriterStep.Upload;
        moves.Add(step, after, index, writer with { Step = then, Found = then == WriterStep.Commit ? Blobs.None : writer.Found });
    }

    // PUT-if-absent; who is refused reads the register.
    private void Commit(WriterState writer, int session)
    {
        WriterState committed = writer with { Step = WriterStep.ReadDead };
        if (configuration.Has(ProtocolRules.SingleCommit) && store.Fences.Has(session))
        {
            Refuse("is refused: fenced", writer);
            return;
        }

        if (configuration.Has(ProtocolRules.SingleCommit) && store.Commits.Has(session))
        {
            moves.Add("is refused: its own commit", store, index, committed);
            return;
        }

        StoreState after = store with { Commits = store.Commits.With(session), Fences = store.Fences.Without(session) };
        moves.Add("commit", after, index, committed);
        moves.Add("commit, reply lost", after, index, writer);
    }

    private void Refuse(string step, WriterState writer)
    {
        bool again = writer.Attempt + 1 < configuration.Attempts;
        Blobs believed = configuration.Has(ProtocolRules.ResolveAfterRefusal) ? Blobs.None : Wanted;
        WriterState next = new(First(configuration), (byte)(writer.Attempt + 1)) { Believed = believed };
        moves.Add(step, store, index, again ? next : new WriterState(WriterStep.Finished));
    }

    private static WriterStep[] Order(ProtocolConfiguration configuration) =>
        configuration.Has(ProtocolRules.SessionBeforePlans) ? SessionFirst : SessionLast;
}
