using System.Globalization;

namespace Snapstore.Simulation.Model;

/// <summary>One step of one actor, and the state after it.</summary>
internal readonly record struct Move(string Actor, int Index, string Step, int Session, ProtocolState After);

/// <summary>The steps possible in one state.</summary>
internal sealed class MoveList(ProtocolConfiguration configuration)
{
    private const int Nobody = -1;

    private readonly List<Move> _moves = [];
    private ProtocolState _from;

    public int Count => _moves.Count;

    public Move this[int index] => _moves[index];

    /// <summary>Collects the steps possible in this state.</summary>
    public void Collect(in ProtocolState from)
    {
        _from = from;
        _moves.Clear();
        for (int i = 0; i < configuration.Writers; i++)
            new WriterSteps(configuration, this, from.Store, i).Add(from.Writer(i));
        for (int i = 0; i < configuration.Pruners; i++)
            new PrunerSteps(configuration, this, from.Store, i).Add(from.Pruner(i));
        ForgetterSteps.Add(configuration, this, from.Store, from.Forgetter);
    }

    public void Add(string step, StoreState store, int index, WriterState writer) =>
        _moves.Add(new Move("writer", index, step, Nobody, _from.With(store, index, writer)));

    public void Add(string step, StoreState store, int index, PrunerState pruner, int session = Nobody) =>
        _moves.Add(new Move("pruner", index, step, session, _from.With(store, index, pruner)));

    public void Add(string step, StoreState store, ForgetterState forgetter, int session) =>
        _moves.Add(new Move("forgetter", 0, step, session, _from.With(store, forgetter)));

    /// <summary>For people: "pruner 1: fence session writer0.0".</summary>
    public string Describe(Move move) =>
        string.Create(CultureInfo.InvariantCulture, $"{move.Actor} {move.Index}: {move.Step}")
        + (move.Session == Nobody ? "" : $" {configuration.NameOf(move.Session)}");
}
