using Snapstore.Formats;
using Snapstore.Repositories;

namespace Snapstore.Copying;

/// <summary>Which snapshots of the source the target has, and which pair of a snapshot and its copy tells most about another.</summary>
internal sealed class TargetSnapshots
{
    private readonly Repository _source;
    private readonly Dictionary<SessionId, Snapshot> _originals;
    private readonly Dictionary<SnapshotOrigin, Snapshot> _copies = [];
    private readonly HashSet<SessionId> _learned = [];

    public TargetSnapshots(Repository source, Repository target)
    {
        _source = source;
        _originals = SnapshotList.Load(source).Snapshots.ToDictionary(snapshot => snapshot.Id);
        SnapshotList list = SnapshotList.Load(target);
        Problems = list.Problems;
        foreach (Snapshot snapshot in list.Snapshots)
            _copies[OriginOf(target, snapshot)] = snapshot;
    }

    /// <summary>Manifests of the target that could not be read.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>As what a snapshot was first taken.</summary>
    public static SnapshotOrigin OriginOf(Repository repository, Snapshot snapshot) =>
        snapshot.Manifest.Origin ?? new SnapshotOrigin(repository.Id, snapshot.Id);

    /// <summary>The target's snapshot that is this one; null where it has none.</summary>
    public Snapshot? FindCopy(Snapshot snapshot) => _copies.GetValueOrDefault(OriginOf(_source, snapshot));

    /// <summary>The target's copy of the snapshot's parent.</summary>
    public Snapshot? FindParent(Snapshot snapshot) =>
        snapshot.Manifest.Parent is { } id && _originals.TryGetValue(id, out Snapshot? parent) ? FindCopy(parent) : null;

    /// <summary>Notes a copy that was just made: of it everything is known.</summary>
    public void Add(Snapshot snapshot, Snapshot copy)
    {
        _copies[OriginOf(_source, snapshot)] = copy;
        _learned.Add(snapshot.Id);
    }

    /// <summary>Pairs tell again what they told before.</summary>
    public void ForgetLearned() => _learned.Clear();

    /// <summary>The pair that tells most about a snapshot: its parent, else the newest of the same host and paths; null where there is
    /// none, or it was learned from before. It counts as learned from now on.</summary>
    public (Snapshot Original, Snapshot Copy)? FindReference(Snapshot snapshot)
    {
        Snapshot? reference = snapshot.Manifest.Parent is { } id && _originals.TryGetValue(id, out Snapshot? parent) && FindCopy(parent) is not null
            ? parent
            : _originals.Values.Where(other => IsOfSameSource(other, snapshot) && FindCopy(other) is not null).MaxBy(other => other.Manifest.TimeNanoseconds);
        return reference is not null && _learned.Add(reference.Id) ? (reference, FindCopy(reference)!) : null;
    }

    /// <summary>The pair that will tell most about a snapshot that is being taken and has this parent: as <see cref="FindReference"/>.</summary>
    public (Snapshot Original, Snapshot Copy)? FindReferenceOfChild(Snapshot parent)
    {
        if (FindCopy(parent) is not { } copy)
            return FindReference(parent);
        return _learned.Add(parent.Id) ? (parent, copy) : null;
    }

    /// <summary>True for snapshots of the same host and paths.</summary>
    public static bool IsOfSameSource(Snapshot other, Snapshot snapshot) =>
        other.Manifest.Host == snapshot.Manifest.Host
        && other.Manifest.Paths.Count == snapshot.Manifest.Paths.Count
        && other.Manifest.Paths.Zip(snapshot.Manifest.Paths).All(pair => pair.First.AsSpan().SequenceEqual(pair.Second));
}
