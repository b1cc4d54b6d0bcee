using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Simulation.World;

/// <summary>What must hold when nothing goes wrong any more: all snapshots that count are there, read back to what was backed up and
/// pass a check; garbage is gone after two prunes; a backup succeeds.</summary>
internal sealed class FinalCheck(SimulatedWorld world)
{
    private const int LastStream = 777;

    private readonly ActorWork _work = new(world);

    /// <summary>Checks, and prunes and backs up.</summary>
    public void Run()
    {
        Guarded("keys", () => world.Keys.Check(world));
        Guarded("reading", () => On(ReadAll));
        Guarded("a check", () => On(CheckAll));
        if (world.Model.HasFlips)
            return;
        Guarded("the first prune", () => On(repository => _work.Prune(repository, null, 0)));
        Guarded("the second prune", () => On(repository => _work.Prune(repository, null, 0)));
        Guarded("looking for garbage", FindGarbage);
        Guarded("a backup", () => On(BackUp));
        Guarded("reading", () => On(ReadAll));
    }

    private void Guarded(string what, Action check)
    {
        if (world.Violation is not null)
            return;
        try
        {
            check();
        }
        catch (SnapstoreException e)
        {
            world.Fail($"{what} fails at the end, with nothing in the way: {e.GetType().Name}: {e.Message}");
        }
    }

    private void On(Action<Repository> act)
    {
        using SlotSecret secret = RepositoryTemplate.Instance.Secret();
        using Repository repository = RepositoryOpener.Open(new SimulatedStorage(world, null), secret);
        act(repository);
    }

    private void ReadAll(Repository repository)
    {
        SnapshotList list = SnapshotList.Load(repository);
        if (!world.Model.HasFlips && (list.Problems.Count > 0 || !list.Snapshots.Select(s => s.Id).Order().SequenceEqual(world.Model.Valid.Order())))
            world.Fail($"{list.Snapshots.Count} snapshots are listed where {world.Model.Valid.Count} count; problems: {string.Join("; ", list.Problems)}");
        foreach (Snapshot snapshot in list.Snapshots)
            ReadOne(repository, snapshot);
    }

    private void ReadOne(Repository repository, Snapshot snapshot)
    {
        try
        {
            if (!world.Model.Contents.TryGetValue(snapshot.Id, out SnapshotContent? expected) || !SnapshotContent.Read(repository, snapshot).IsSameAs(expected))
                world.Fail($"snapshot {snapshot.Id.ToShortString()} shows other bytes than were backed up");
        }
        catch (SnapstoreException) when (world.Model.HasFlips)
        {
        }
    }

    private void CheckAll(Repository repository)
    {
        CheckOptions options = new() { ReadData = ReadDataSelection.All, Workers = 0, Time = new SimulatedClock(world, null) };
        CheckReport report = Checker.Run(repository, options, new CheckProgress(), default);
        Finding? damage = report.Findings.FirstOrDefault(finding => finding.Kind == FindingKind.Damage);
        if (damage is not null && !world.Model.HasFlips)
            world.Fail($"a check finds damage at the end: {damage.Object} {damage.Message}");
        foreach ((StorageKey key, DiskFile file) in world.Disk.Files)
        {
            if (file.IsFlipped && IsChecked(key) && !report.Findings.Any(finding => finding.Object.Contains(key.Name, StringComparison.Ordinal)))
                world.Fail($"a check does not find the flipped bit in {key}");
        }
    }

    // A session's record decides nothing, and the manifest of a forgotten snapshot is nobody's loss.
    private bool IsChecked(StorageKey key) => !key.TryParseId(StorageKey.SessionsPrefix, out _)
        && !(key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id) && world.Disk.Find(StorageKey.Retired(id)) is not null);

    private void FindGarbage()
    {
        HashSet<BlobKey> needed = [];
        On(repository =>
        {
            foreach (Snapshot snapshot in SnapshotList.Load(repository).Snapshots)
                needed.UnionWith(world.Model.Packs.Closure(snapshot.Manifest.Root));
        });
        world.Model.Packs.AddBases(needed);
        foreach (StorageKey pack in world.Model.Packs.Packs)
        {
            if (world.Model.Packs.BlobsOf(pack).Any(blob => !needed.Contains(blob)))
                world.Fail($"after two prunes there is garbage: {pack}");
        }

        if (world.Disk.List(StorageKey.SessionsPrefix) is [StoredObject left, ..])
            world.Fail($"after two prunes there is a session: {left.Key}");
    }

    private void BackUp(Repository repository)
    {
        SessionId id = _work.BackUpStream(repository, null, LastStream);
        world.Model.Contents[id] = SourceFiles.StreamContent(LastStream);
        world.Model.Acknowledge(id);
    }
}
