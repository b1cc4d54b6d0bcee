using System.Diagnostics;

namespace Snapstore.Simulation.Model;

/// <summary>What an exploration found.</summary>
/// <param name="States">How many different states were reached.</param>
/// <param name="Depth">How many steps the farthest is from the start.</param>
/// <param name="Ends">How many states have no step left.</param>
/// <param name="Collected">Whether the old pack was gone in some state with a finished generation.</param>
/// <param name="Violation">The steps of a shortest way to a valid snapshot that lacks a blob; empty if there is none or no trace was asked for.</param>
/// <param name="IsBroken">Whether a valid snapshot lacked a blob.</param>
internal sealed record Exploration(
    int States, int Depth, int Ends, bool Collected, IReadOnlyList<string> Violation, bool IsBroken);

/// <summary>Visits every state that the steps of a configuration reach, breadth first, and checks each.</summary>
internal sealed class Explorer
{
    /// <summary>More states than this are a mistake: the tests would run for minutes.</summary>
    public const int StatesMax = 8_000_000;

    private readonly ProtocolConfiguration _configuration;
    private readonly MoveList _moves;
    private readonly HashSet<ProtocolState> _seen = [];
    private readonly Dictionary<ProtocolState, ProtocolState>? _parents;
    private int _depth, _ends;
    private bool _collected;

    private Explorer(ProtocolConfiguration configuration, bool trace)
    {
        _configuration = configuration;
        _moves = new MoveList(configuration);
        _parents = trace ? [] : null;
    }

    /// <summary>Explores all states, or stops at the first that is broken.</summary>
    public static Exploration Run(ProtocolConfiguration configuration, bool trace = false) => new Explorer(configuration, trace).Run();

    private Exploration Run()
    {
        ProtocolState start = _configuration.Start();
        _seen.Add(start);
        List<ProtocolState> level = [start], next = [];
        for (; level.Count > 0; (level, next) = (next, level))
        {
            next.Clear();
            foreach (ProtocolState state in level)
            {
                if (Visit(state, next) is ProtocolState broken)
                    return Result(_parents is null ? [] : WayTo(broken), isBroken: true);
            }

            _depth++;
        }

        return Result([], isBroken: false);
    }

    private ProtocolState? Visit(in ProtocolState state, List<ProtocolState> next)
    {
        _moves.Collect(state);
        if (_moves.Count == 0)
            _ends++;
        for (int i = 0; i < _moves.Count; i++)
        {
            ProtocolState after = _moves[i].After;
            if (!_seen.Add(after))
                continue;
            _parents?.Add(after, state);
            if (_configuration.BrokenSnapshot(after.Store) >= 0)
                return after;
            _collected |= after.Store.IsDone(0) && !after.Store.Packs.Has(ProtocolConfiguration.Old);
            next.Add(after);
        }

        if (_seen.Count > StatesMax)
            throw new InvalidOperationException($"{_configuration}: more than {StatesMax} states");
        return null;
    }

    private Exploration Result(IReadOnlyList<string> violation, bool isBroken) =>
        new(_seen.Count, _depth, _ends, _collected, violation, isBroken);

    // The steps are not kept: each is found again as the one that leads from a state to the next.
    private List<string> WayTo(ProtocolState broken)
    {
        Debug.Assert(_parents is not null);
        List<string> steps = [$"({_configuration.NameOf(_configuration.BrokenSnapshot(broken.Store))} lacks a blob)"];
        for (ProtocolState state = broken; _parents.TryGetValue(state, out ProtocolState parent); state = parent)
        {
            _moves.Collect(parent);
            int index = 0;
            while (_moves[index].After != state)
                index++;
            steps.Add(_moves.Describe(_moves[index]));
        }

        steps.Reverse();
        return steps;
    }
}
