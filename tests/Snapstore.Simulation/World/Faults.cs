namespace Snapstore.Simulation.World;

/// <summary>What can go wrong at a step.</summary>
internal enum Fault
{
    Crash,
    PowerLoss,
    Error,
    LostReply,
    NoSpace,
    BitFlip,
    Sleep,
    Days,
    ClockJump,
}

/// <summary>Draws faults: each kind from a source of its own, so that leaving one out does not change when the others strike.</summary>
internal sealed class FaultDraw(ulong seed, FaultRates rates)
{
    private readonly SeededRandom[] _random = [.. Enum.GetValues<Fault>().Select(fault => SeededRandom.Of(seed, 10 + (int)fault))];

    /// <summary>True where this strikes now.</summary>
    public bool Strikes(Fault fault) => Of(fault).Chance(RateOf(fault));

    /// <summary>The source of a kind's details.</summary>
    public SeededRandom Of(Fault fault) => _random[(int)fault];

    private double RateOf(Fault fault) => fault switch
    {
        Fault.Crash => rates.Crash,
        Fault.PowerLoss => rates.PowerLoss,
        Fault.Error => rates.Error,
        Fault.LostReply => rates.LostReply,
        Fault.NoSpace => rates.NoSpace,
        Fault.BitFlip => rates.BitFlip,
        Fault.Sleep => rates.Sleep,
        Fault.Days => rates.Days,
        _ => rates.ClockJump,
    };
}
