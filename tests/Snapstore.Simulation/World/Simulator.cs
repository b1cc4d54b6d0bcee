using Snapstore.Crypto;
using Snapstore.Repositories;

namespace Snapstore.Simulation.World;

/// <summary>Runs histories, one after the other, on threads of its own.</summary>
internal sealed class Simulator : IDisposable
{
    private readonly ActorThreads _threads = new();
    private readonly List<BufferStore> _buffers = [];

    /// <summary>Runs a history; what was found to be wrong, null where nothing was.</summary>
    public SimulatedWorld Run(History history, RunOptions options)
    {
        RepositoryTemplate template = RepositoryTemplate.Instance;
        SimulatedWorld world = new(history, options);
        template.CopyTo(world);
        Prepare(world, history);
        using SlotSecret secret = template.Secret();
        using Repository reader = RepositoryOpener.Open(new SimulatedStorage(world, null), secret);
        using (world.Model)
        {
            world.Model.Watch(reader);
            if (history.Actors.Count > 0)
                world.Run(_threads, new ActorWork(world).Play);
            if (history.Faults.PowerLoss > 0)
                world.LosePower();
            new FinalCheck(world).Run();
        }

        Randomness.Simulate(null);
        LargeBuffer.Simulate(null);
        return world;
    }

    /// <inheritdoc/>
    public void Dispose() => _threads.Dispose();

    private void Prepare(SimulatedWorld world, History history)
    {
        while (_buffers.Count <= world.Actors.Count)
            _buffers.Add(new BufferStore());
        _buffers.ForEach(buffers => buffers.TakeBack());
        for (int i = 0; i < world.Actors.Count; i++)
            world.Actors[i].Buffers = _buffers[i + 1];
        Randomness.Simulate(SeededRandom.Of(history.Seed, 2).Fill);
        LargeBuffer.Simulate(_buffers[0].Take);
    }
}
