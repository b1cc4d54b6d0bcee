using Snapstore.Backup;
using Snapstore.Copying;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Copying;

/// <summary>Two repositories in memory, a tree on disk, and what must hold of every copy.</summary>
internal sealed class CopiedRepositories : IDisposable
{
    private readonly TestDirectory _place = new();
    private readonly Dictionary<SessionId, SortedDictionary<string, string>> _contents = [];

    public CopiedRepositories(bool sharesIds = false, int workers = 0)
    {
        Source = new TestRepository(SourceStorage) { Workers = workers };
        using Repository source = Source.Open();
        Target = new TestRepository(TargetStorage, sharesIds ? source.Keys : null) { Workers = workers };
        Options = new CopyOptions { Origin = PrunedRepository.Origin, Workers = workers };
        _place.Make("tree");
    }

    public static PruneOptions PruneOptions => PrunedRepository.Options with { Workers = 0, HasEnded = _ => true };

    public TestStorage SourceStorage { get; } = new();

    public TestStorage TargetStorage { get; } = new();

    public TestRepository Source { get; }

    public TestRepository Target { get; }

    public CopyOptions Options { get; }

    public string Tree => _place["tree"];

    public void Dispose() => _place.Dispose();

    public string this[string name] => _place[$"tree/{name}"];

    /// <summary>A snapshot of the tree in the source.</summary>
    public SessionId Snapshot(Func<BackupOptions, BackupOptions>? change = null)
    {
        SessionId id = Source.Backup(Tree, options: change?.Invoke(Source.Options) ?? Source.Options).Id!.Value;
        using Repository source = Source.Open();
        _contents[id] = SnapshotContents.ReadAll(source, id);
        return id;
    }

    /// <summary>Copies all snapshots of the source, or some.</summary>
    public IReadOnlyList<CopiedSnapshot> Copy(
        Func<CopyOptions, CopyOptions>? change = null, Func<IStorage, IStorage>? wrapTarget = null, CancellationToken cancel = default, params SessionId[] only)
    {
        using Repository source = Source.Open();
        using Repository target = Target.OpenOn(wrapTarget ?? (storage => storage));
        return Copy(source, target, change?.Invoke(Options) ?? Options, cancel, only);
    }

    public static IReadOnlyList<CopiedSnapshot> Copy(
        Repository source, Repository target, CopyOptions options, CancellationToken cancel = default, params SessionId[] only)
    {
        using SnapshotCopier copier = new(source, target, options, new RunProgress(), cancel);
        return [.. SnapshotList.Load(source).Snapshots.Where(snapshot => only.Length == 0 || only.Contains(snapshot.Id)).Select(copier.Copy)];
    }

    /// <summary>Says that every snapshot of the target is one of the source, byte for byte, and that a check finds nothing.</summary>
    public IReadOnlyList<Snapshot> AssertTargetIsWhole()
    {
        using Repository target = Target.Open();
        SnapshotList list = SnapshotList.Load(target);
        Assert.Empty(list.Problems);
        foreach (Snapshot copy in list.Snapshots.Where(snapshot => snapshot.Manifest.Origin is not null))
            Assert.Equal(_contents[copy.Manifest.Origin!.Value.Snapshot], SnapshotContents.ReadAll(target, copy.Id));
        CheckReport report = Checker.Run(target, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
        Assert.DoesNotContain(report.Findings, finding => finding.Kind != FindingKind.Note);
        return list.Snapshots;
    }

    /// <summary>Forgets these at the target, prunes, and says what is left of packs.</summary>
    public void ForgetAtTarget(params IEnumerable<SessionId> snapshots)
    {
        using Repository target = Target.Open();
        foreach (SessionId id in snapshots)
            Forgetter.Forget(target, id, PrunedRepository.Origin);
        Pruner.Run(target, PruneOptions, new PruneProgress(), default);
    }

    /// <summary>Bytes of packs of data that are read from the source meanwhile.</summary>
    public long DataBytesRead(Action action)
    {
        using Repository source = Source.Open();
        HashSet<StorageKey> data = [.. source.Index.Packs.Where(pack => pack.Kind == PackKind.Data).Select(pack => pack.Key)];
        long bytes = 0;

        // Where a pack says what it holds is read as well.
        SourceStorage.OnRead = (key, _, read) => bytes += data.Contains(key) ? read.Length : 0;
        action();
        SourceStorage.OnRead = null;
        return bytes;
    }
}
