namespace Snapstore.Simulation.Model;

/// <summary>The forgetter retires any register, a snapshot's or a fence's: first the record that it is dead, then the register goes.</summary>
internal static class ForgetterSteps
{
    public static void Add(ProtocolConfiguration configuration, MoveList moves, StoreState store, ForgetterState forgetter)
    {
        if (forgetter.Step == ForgetterStep.RemoveRegister)
        {
            ForgetterState done = new(ForgetterStep.Choose, Target: 0, forgetter.Left);
            moves.Add("delete register", WithoutRegister(store, forgetter.Target), done, forgetter.Target);
            return;
        }

        if (forgetter.Left == 0)
            return;
        ushort left = (ushort)(forgetter.Left - 1);
        foreach (int target in (store.Commits | store.Fences) - store.Dead)
        {
            ForgetterState next = new(ForgetterStep.RemoveRegister, (byte)target, left);
            if (configuration.Has(ProtocolRules.DeadSet))
                moves.Add("retire", store with { Dead = store.Dead.With(target) }, next, target);
            else
                moves.Add("delete register", WithoutRegister(store, target), forgetter with { Left = left }, target);
        }
    }

    private static StoreState WithoutRegister(StoreState store, int session) =>
        store with { Commits = store.Commits.Without(session), Fences = store.Fences.Without(session) };
}
