using System.Diagnostics;
using Snapstore.Tests.Formats;

namespace Snapstore.Fuzz;

/// <summary>An input that a decoder failed on.</summary>
/// <param name="Execution">Number of the execution in its run; 0 where it was given by hand.</param>
/// <param name="Problem">What happened.</param>
/// <param name="Input">The input.</param>
internal sealed record FuzzFailure(long Execution, string Problem, byte[] Input);

/// <summary>What a run did.</summary>
/// <param name="Executions">Inputs given.</param>
/// <param name="Taken">Inputs that were taken and not refused.</param>
/// <param name="Outcomes">Different outcomes.</param>
/// <param name="Failures">Inputs that failed, one a kind of failure.</param>
/// <param name="Slowest">The longest execution.</param>
/// <param name="AllocatedMost">Bytes that one execution allocated at most.</param>
/// <param name="Elapsed">How long all took.</param>
internal sealed record FuzzReport(
    long Executions, long Taken, int Outcomes, IReadOnlyList<FuzzFailure> Failures, TimeSpan Slowest, long AllocatedMost, TimeSpan Elapsed);

/// <summary>Gives a decoder one mutated input after the other. The same seed gives the same inputs.</summary>
internal sealed class Fuzzer
{
    /// <summary>An execution that takes longer is a failure.</summary>
    public static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(1);

    private const int StartRounds = 12, CorpusMax = 2000, FailuresMax = 10;
    private const long AllocatedMax = 256 << 20, AllocatedPerByte = 1024;

    private readonly FuzzTarget _target;
    private readonly Random _random;
    private readonly Mutator _mutator;
    private readonly List<byte[]> _corpus = [];
    private readonly HashSet<ulong> _outcomes = [];
    private readonly HashSet<ulong> _failed = [];
    private readonly List<FuzzFailure> _failures = [];
    private long _executions, _taken, _slowestTicks, _allocatedMost;

    /// <summary>A run of a target with this seed.</summary>
    public Fuzzer(FuzzTarget target, int seed)
    {
        _target = target;
        _random = new Random(seed);
        _mutator = new Mutator(_random, target.Words);
        SeededValues values = new(seed);
        for (int i = 0; i < StartRounds; i++)
            _corpus.AddRange(target.Start(values));
    }

    /// <summary>The input that is being given now, and since when (<see cref="Stopwatch.GetTimestamp"/>): for a watch
    /// over executions that never end.</summary>
    public (byte[] Input, long Since) Current { get; private set; } = ([], Stopwatch.GetTimestamp());

    /// <summary>The number of the execution that runs now.</summary>
    public long Execution => _executions;

    /// <summary>Runs until one of the bounds is reached, or too much has failed.</summary>
    public FuzzReport Run(long executionsMax, TimeSpan timeMax)
    {
        Stopwatch clock = Stopwatch.StartNew();
        foreach (byte[] input in _corpus.ToArray())
            Give(input);
        while (_executions < executionsMax && _failures.Count < FailuresMax && clock.Elapsed < timeMax)
        {
            byte[] input = _mutator.Mutate(Any(), Any());
            if (Give(input))
                Keep(input);
        }

        TimeSpan slowest = Stopwatch.GetElapsedTime(0, _slowestTicks);
        return new FuzzReport(_executions, _taken, _outcomes.Count, _failures, slowest, _allocatedMost, clock.Elapsed);
    }

    /// <summary>Gives one input; what failed, or null.</summary>
    public FuzzFailure? Replay(byte[] input)
    {
        int before = _failures.Count;
        Give(input);
        return _failures.Count > before ? _failures[^1] : null;
    }

    private byte[] Any() => _corpus[_random.Next(_corpus.Count)];

    private void Keep(byte[] input)
    {
        if (_corpus.Count < CorpusMax)
            _corpus.Add(input);
        else
            _corpus[_random.Next(CorpusMax)] = input;
    }

    // True where the outcome is new.
    private bool Give(byte[] input)
    {
        _executions++;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        Current = (input, start);
        ulong outcome = Execute(input);
        long ticks = Stopwatch.GetTimestamp() - start;
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        _slowestTicks = Math.Max(_slowestTicks, ticks);
        _allocatedMost = Math.Max(_allocatedMost, allocated);
        CheckCost(input, Stopwatch.GetElapsedTime(0, ticks), allocated);
        return _outcomes.Add(outcome);
    }

    private ulong Execute(byte[] input)
    {
        try
        {
            string? broken = _target.Give(input);
            if (broken == FuzzTarget.Refused)
                return Outcome.Refused;
            if (broken is not null)
                Fail(input, broken, Outcome.OfText(broken));
            _taken++;
            return Outcome.OfSuccess(input.Length);
        }
        catch (SnapstoreException e)
        {
            return Outcome.OfException(e);
        }
#pragma warning disable CA1031 // Whatever else a decoder throws is what is looked for here.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(input, $"{e.GetType().Name}: {e.Message}\n{e.StackTrace}", Outcome.OfException(e));
            return Outcome.OfException(e);
        }
    }

    private void CheckCost(byte[] input, TimeSpan elapsed, long allocated)
    {
        if (allocated > Math.Min(AllocatedMax, _target.AllocationBase + (AllocatedPerByte * input.Length)))
            Fail(input, $"{allocated} bytes were allocated for {input.Length}", 1);
        if (elapsed < TimeMax)
            return;
        // A busy machine is no fault of the decoder: only what is slow twice is slow.
        long start = Stopwatch.GetTimestamp();
        Execute(input);
        if (Stopwatch.GetElapsedTime(start) >= TimeMax)
            Fail(input, $"took {elapsed.TotalSeconds:f1} s", 2);
    }

    // One a kind: the first input that shows it.
    private void Fail(byte[] input, string problem, ulong kind)
    {
        if (_failed.Add(kind))
            _failures.Add(new FuzzFailure(_executions, problem, input));
    }
}
