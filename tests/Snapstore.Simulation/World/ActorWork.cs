using System.Text;
using Snapstore.Backup;
using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>What actors do: the engine's own code, on the simulated storage.</summary>
internal sealed class ActorWork(SimulatedWorld world)
{
    /// <summary>Plays an actor's script: each operation is a program of its own, and a host that died goes on with the next.</summary>
    public void Play(Actor actor)
    {
        Randomness.Simulate(actor.Random.Fill);
        LargeBuffer.Simulate(actor.Buffers.Take);
        foreach (Operation operation in actor.Script.Operations)
        {
            actor.Begin(operation);
            Run(actor, operation);
            world.End(actor);
            if (world.Violation is not null)
                break;
        }

        Randomness.Simulate(null);
        LargeBuffer.Simulate(null);
    }

    /// <summary>Takes a snapshot of the stream of this number.</summary>
    public SessionId BackUpStream(Repository repository, Actor? actor, int number)
    {
        (string name, byte[] content) = SourceFiles.Stream(number);
        Expect(actor, SourceFiles.StreamContent(number));
        StreamSelection selection = new(Encoding.UTF8.GetBytes(name), new MemoryStream(content));
        BackupReport report = StreamBackup.Run(repository, selection, Options(actor), new RunProgress(), new SimulatedClock(world, actor), default);
        return report.Id!.Value;
    }

    /// <summary>Takes a snapshot of the tree of this number, beside the newest one of a tree.</summary>
    public SessionId BackUpTree(Repository repository, Actor? actor, int number)
    {
        (IReadOnlyList<byte[]> paths, SnapshotContent content) = SourceFiles.Tree(number);
        Expect(actor, content);
        Snapshot? parent = SnapshotList.Load(repository).Snapshots.LastOrDefault(snapshot => snapshot.Manifest.Source == SourceKind.Files);
        FileSelection selection = new() { Paths = paths, Parent = parent };
        BackupReport report = FileBackup.Run(repository, selection, Options(actor), new RunProgress(), new SimulatedClock(world, actor), default);
        return report.Id!.Value;
    }

    /// <summary>Prunes.</summary>
    public PruneReport Prune(Repository repository, Actor? actor, int number)
    {
        PruneOptions options = new()
        {
            Origin = Origin(actor),
            Workers = 0,
            UnusedShareMax = number % 2 == 0 ? 0 : 0.3,
            FenceAfter = actor is not null && number % 3 == 0 ? TimeSpan.Zero : TimeSpan.FromHours(24),
            Wait = actor is not null && number % 4 == 1 ? TimeSpan.FromHours(1) : TimeSpan.Zero,
            Time = new SimulatedClock(world, actor),
            HasEnded = record => actor is null || (world.History.Faults.KnowsTheDead && world.IsOver(record.User)),
            Sleep = (_, _) => Wait(actor),
        };
        return Pruner.Run(repository, options, new PruneProgress(), default);
    }

    /// <summary>Who writes a record.</summary>
    public RecordOrigin Origin(Actor? actor) =>
        new(actor?.Script.Name ?? "host", actor?.Program ?? "user", "simulation", UnixTime.ToNanoseconds(new SimulatedClock(world, actor).GetUtcNow()));

    // A stage boundary: whatever is thrown here is judged.
    private void Run(Actor actor, Operation operation)
    {
        try
        {
            world.Step(actor, $"begins: {operation.Kind} {operation.Argument}", "");
            IStorage storage = new SimulatedStorage(world, actor);
            storage = world.Bug?.Lie?.Invoke(world, actor, storage) ?? storage;
            Work(actor, operation, storage);
            world.Trace(() => "is done");
        }
        catch (HostCrashException)
        {
            world.Trace(() => "died");
        }
        catch (SnapstoreException e)
        {
            world.Trace(() => $"failed: {e.Message}");
            if (world.Bug is not null && e is UnsupportedException)
                world.Fail($"the program refuses: {e.Message}");
            if (!IsExcused(actor, operation, e))
                world.Fail($"{actor.Program} failed though nothing was wrong: {e.GetType().Name}: {e.Message}");
        }
#pragma warning disable CA1031
        catch (Exception e)
#pragma warning restore CA1031
        {
            world.Fail($"{actor.Program} failed with an error that explains nothing: {e}");
        }
    }

    // Fences and faster prunes are part of the protocol; what was swept cannot come back.
    private bool IsExcused(Actor actor, Operation operation, SnapstoreException failure) =>
        actor.Disturbances > 0 || world.Model.HasFlips || world.Bug is not null
        || failure is SessionFencedException
        || (operation.Kind == OperationKind.Prune && failure is StorageException { IsTransient: true })
        || (operation.Kind == OperationKind.Undelete && failure is CorruptDataException);

    private void Work(Actor actor, Operation operation, IStorage storage)
    {
        if (operation.Kind == OperationKind.Key)
        {
            world.Keys.Change(storage, actor);
            return;
        }

        using SlotSecret secret = RepositoryTemplate.Instance.Secret();
        using Repository repository = RepositoryOpener.Open(storage, secret);
        switch (operation.Kind)
        {
            case OperationKind.Stream:
                world.Model.Acknowledge(BackUpStream(repository, actor, operation.Argument));
                break;
            case OperationKind.Tree:
                world.Model.Acknowledge(BackUpTree(repository, actor, operation.Argument));
                break;
            case OperationKind.Forget:
                Forget(repository, actor, operation.Argument);
                break;
            case OperationKind.Undelete:
                Undelete(repository, actor, operation.Argument);
                break;
            case OperationKind.Prune:
                Prune(repository, actor, operation.Argument);
                break;
            case OperationKind.Read:
                Read(repository, operation.Argument);
                break;
            default:
                Check(repository, actor);
                break;
        }
    }

    private void Wait(Actor? actor)
    {
        world.Pass(TimeSpan.FromMinutes(10));
        world.Step(actor, "waits", "");
    }

    private static void Expect(Actor? actor, SnapshotContent content)
    {
        if (actor is not null)
            actor.Content = content;
    }

    private static BackupOptions Options(Actor? actor) => new()
    {
        Host = "host",
        User = actor?.Program ?? "user",
        Program = "simulation",
        Compression = CompressionLevel.Fast,
        Workers = 0,
        DeltaFileSizeMin = SourceFiles.BlockSize,
    };

    private void Forget(Repository repository, Actor actor, int number)
    {
        IReadOnlyList<Snapshot> snapshots = SnapshotList.Load(repository).Snapshots;
        if (snapshots.Count == 0)
            return;
        SessionId id = snapshots[number % snapshots.Count].Id;
        world.Model.Forgotten.Add(id);
        Forgetter.Forget(repository, id, Origin(actor));
    }

    private void Undelete(Repository repository, Actor actor, int number)
    {
        IReadOnlyList<Snapshot> forgotten = SnapshotList.Load(repository).Forgotten;
        if (forgotten.Count == 0)
            return;
        Snapshot chosen = forgotten[number % forgotten.Count];
        actor.Content = world.Model.Contents[chosen.Id];
        world.Model.Acknowledge(Forgetter.Undelete(repository, chosen, Origin(actor), default).Id);
    }

    private void Read(Repository repository, int number)
    {
        IReadOnlyList<Snapshot> snapshots = SnapshotList.Load(repository).Snapshots;
        if (snapshots.Count == 0)
            return;
        Snapshot chosen = snapshots[number % snapshots.Count];
        try
        {
            if (!SnapshotContent.Read(repository, chosen).IsSameAs(world.Model.Contents[chosen.Id]))
                world.Fail($"snapshot {chosen.Id.ToShortString()} shows other bytes than were backed up");
        }
        catch (SnapstoreException e) when (world.Model.Forgotten.Contains(chosen.Id))
        {
            world.Trace(() => $"cannot read what is forgotten: {e.Message}");
        }
        finally
        {
            world.Trace(() => $"read {chosen.Id.ToShortString()}");
        }
    }

    private void Check(Repository repository, Actor actor)
    {
        CheckOptions options = new() { ReadData = ReadDataSelection.All, Workers = 0, Time = new SimulatedClock(world, actor) };
        CheckReport report = Checker.Run(repository, options, new CheckProgress(), default);
        Finding? damage = report.Findings.FirstOrDefault(finding => finding.Kind == FindingKind.Damage);

        if (damage is not null && !world.Model.HasFlips && actor.Disturbances == 0 && world.Bug is null)
            world.Fail($"a check finds damage where there is none: {damage.Object} {damage.Message}");
    }
}
