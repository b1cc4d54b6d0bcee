using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>The labels of snapshots: tags and holds that were given later. The newest of a snapshot counts.</summary>
public static class SnapshotLabels
{
    private const int NumberMax = 1_000_000_000;

    /// <summary>Replaces a snapshot's label by what <paramref name="change"/> makes of it. Where another program labels it
    /// meanwhile, the change is made to what that left: put-if-absent decides.</summary>
    public static SnapshotLabel Change(Repository repository, Snapshot snapshot, Func<SnapshotLabel, SnapshotLabel> change)
    {
        repository.CheckWritable();
        while (true)
        {
            int newest = NumberOfNewest(repository, snapshot.Id);
            SnapshotLabel before = newest > 0 ? Read(repository, snapshot.Id, newest) : new SnapshotLabel(snapshot.Manifest.Tags, 0);
            SnapshotLabel changed = change(before);
            if (changed.IsHeld == before.IsHeld && changed.Tags.Order(StringComparer.Ordinal).SequenceEqual(before.Tags))
                return before;
            SnapshotLabel label = changed with { Tags = [.. changed.Tags.Distinct().Order(StringComparer.Ordinal)] };
            if (repository.Put(StorageKey.Label(snapshot.Id, newest + 1), SealKind.Label, label.Encode(), snapshot.Id, newest + 1))
                return label;
        }
    }

    /// <summary>The newest label of each snapshot that has one; what does not open goes to <paramref name="problems"/>.</summary>
    internal static Dictionary<SessionId, SnapshotLabel> LoadAll(Repository repository, List<string> problems)
    {
        Dictionary<SessionId, int> newest = [];
        foreach (StoredObject found in repository.Storage.List(StorageKey.LabelsPrefix))
        {
            if (found.Key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId id, out int number))
                newest[id] = Math.Max(newest.GetValueOrDefault(id), number);
        }

        Dictionary<SessionId, SnapshotLabel> labels = [];
        foreach ((SessionId id, SnapshotLabel? label, List<string> found) in Requests.InOrder(repository.Storage, newest, pair => Load(repository, pair.Key, pair.Value)))
        {
            problems.AddRange(found);
            if (label is not null)
                labels[id] = label;
        }

        return labels;
    }

    private static (SessionId Id, SnapshotLabel? Label, List<string> Problems) Load(Repository repository, SessionId id, int number)
    {
        List<string> problems = [];
        SnapshotLabel? label = null;
        SnapshotList.AttemptUnlessSwept(repository, id, problems, () => label = Read(repository, id, number));
        return (id, label, problems);
    }

    private static SnapshotLabel Read(Repository repository, SessionId id, int number) =>
        SnapshotLabel.Decode(repository.Open(StorageKey.Label(id, number), SealKind.Label, id, number));

    private static int NumberOfNewest(Repository repository, SessionId id)
    {
        int newest = 0;
        foreach (StoredObject found in repository.Storage.List(StorageKey.LabelsPrefix))
        {
            if (found.Key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId owner, out int number) && owner == id)
                newest = Math.Max(newest, number);
        }

        // No client ever came so far: somebody who writes to the storage made up that name.
        return newest < NumberMax
            ? newest
            : throw new CorruptDataException($"label {newest} of snapshot {id.ToShortString()} cannot be the program's; remove it from {repository.Storage.Location}");
    }
}
