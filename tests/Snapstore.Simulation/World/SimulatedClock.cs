namespace Snapstore.Simulation.World;

/// <summary>The clock of an actor's host: the time of all, and how far this one is off.</summary>
internal sealed class SimulatedClock(SimulatedWorld world, Actor? actor) : TimeProvider
{
    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => world.Now + (actor?.Skew ?? TimeSpan.Zero);

    public override long GetTimestamp() => world.Now.Ticks;
}
