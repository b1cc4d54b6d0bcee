using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>The repository that every run begins with: a key, a few snapshots that share blobs. Made once.</summary>
internal sealed class RepositoryTemplate
{
    private const int Streams = 3, TreeNumber = 20;

    private static readonly Lazy<RepositoryTemplate> Made = new(() => new RepositoryTemplate());

    private readonly List<(StorageKey Key, byte[] Content)> _objects = [];
    private readonly Dictionary<SessionId, SnapshotContent> _contents = [];
    private readonly string _keyFile;

    private RepositoryTemplate()
    {
        Randomness.Simulate(new SeededRandom(1).Fill);
        _keyFile = SlotSecret.NewKeyFile();
        SimulatedWorld world = new(new History(0, [], new FaultRates(), 0), new RunOptions());
        SimulatedStorage storage = new(world, null);
        RepositoryOpener.Create(storage, "fixed:4KiB", Secret(), default, new KeyLabel("simulation", "", "", 0), "simulation").Dispose();
        using (Repository repository = RepositoryOpener.Open(storage, Secret()))
        {
            ActorWork work = new(world);
            for (int number = 0; number < Streams; number++)
                _contents[work.BackUpStream(repository, null, number)] = SourceFiles.StreamContent(number);
            _contents[work.BackUpTree(repository, null, TreeNumber)] = SourceFiles.Tree(TreeNumber).Content;
        }

        Randomness.Simulate(null);
        _objects.AddRange(world.Disk.Files.Select(file => (file.Key, file.Value.Content)));
    }

    /// <summary>The one template.</summary>
    public static RepositoryTemplate Instance => Made.Value;

    /// <summary>What opens it.</summary>
    public SlotSecret Secret() => SlotSecret.OfKeyFile(_keyFile);

    /// <summary>Lays a copy of it on the disk of a world.</summary>
    public void CopyTo(SimulatedWorld world)
    {
        foreach ((StorageKey key, byte[] content) in _objects)
        {
            world.Disk.TryLink(key, new DiskFile(content) { IsSynced = true });
            world.Disk.SyncFolder(key);
        }

        foreach ((SessionId id, SnapshotContent content) in _contents)
        {
            world.Model.Contents[id] = content;
            world.Model.Acknowledged.Add(id);
        }
    }
}
