using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>A snapshot as a list shows it.</summary>
/// <param name="Id">The session that took it.</param>
/// <param name="Manifest">Its root record.</param>
/// <param name="Tags">Its tags now: the manifest's, or those of its newest label.</param>
/// <param name="Hash">Hash of the stored manifest.</param>
public sealed record Snapshot(SessionId Id, Manifest Manifest, IReadOnlyList<string> Tags, ObjectHash Hash)
{
    /// <summary>The snapshot's time.</summary>
    public DateTimeOffset Time => UnixTime.FromNanoseconds(Manifest.TimeNanoseconds);
}

/// <summary>All snapshots of a repository, oldest first, and what of them could not be read.</summary>
/// <param name="Snapshots">Those that open.</param>
/// <param name="Problems">Why others do not.</param>
public sealed record SnapshotList(IReadOnlyList<Snapshot> Snapshots, IReadOnlyList<string> Problems)
{
    private const int LabelNumberMax = 1_000_000_000;

    /// <summary>Reads every manifest and label.</summary>
    public static SnapshotList Load(Repository repository)
    {
        List<string> problems = [];
        Dictionary<SessionId, IReadOnlyList<string>> tags = LoadTags(repository, problems);
        List<Snapshot> snapshots = [];
        foreach (StoredObject found in repository.Storage.List(StorageKey.SnapshotsPrefix))
        {
            if (!found.Key.TryParseId(StorageKey.SnapshotsPrefix, out SessionId id))
                continue;
            Attempt(problems, () =>
            {
                Snapshot snapshot = Read(repository, id);
                snapshots.Add(tags.TryGetValue(id, out IReadOnlyList<string>? labelled) ? snapshot with { Tags = labelled } : snapshot);
            });
        }

        return new SnapshotList([.. snapshots.OrderBy(s => s.Manifest.TimeNanoseconds).ThenBy(s => s.Id)], problems);
    }

    /// <summary>Reads one manifest.</summary>
    public static Snapshot Read(Repository repository, SessionId id)
    {
        StorageKey key = StorageKey.Snapshot(id);
        byte[] stored = Repository.ReadWhole(repository.Storage, key);
        SealContext context = new(SealKind.Manifest, repository.Id, id);
        Manifest manifest = Manifest.Decode(Envelope.Open(repository.Keys, context, stored, key.Name));
        return new Snapshot(id, manifest, manifest.Tags, Repository.HashOf(stored));
    }

    /// <summary>Replaces a snapshot's tags by a new label; a race with another is decided by put-if-absent.</summary>
    public static void Label(Repository repository, SessionId id, IReadOnlyCollection<string> tags, long timeNanoseconds)
    {
        SnapshotLabel label = new([.. tags.Distinct().Order(StringComparer.Ordinal)], timeNanoseconds);
        int number = NewestLabel(repository, id) + 1;
        while (!repository.Put(StorageKey.Label(id, number), SealKind.Label, label.Encode(), id, number))
            number++;
    }

    private static int NewestLabel(Repository repository, SessionId id)
    {
        int newest = 0;
        foreach (StoredObject found in repository.Storage.List(StorageKey.LabelsPrefix))
        {
            if (found.Key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId owner, out int number) && owner == id)
                newest = Math.Max(newest, number);
        }

        // No client ever came so far: somebody who writes to the storage made up that name.
        return newest < LabelNumberMax
            ? newest
            : throw new CorruptDataException($"label {newest} of snapshot {id.ToShortString()} cannot be the program's; remove it from {repository.Storage.Location}");
    }

    private static Dictionary<SessionId, IReadOnlyList<string>> LoadTags(Repository repository, List<string> problems)
    {
        Dictionary<SessionId, int> newest = [];
        foreach (StoredObject found in repository.Storage.List(StorageKey.LabelsPrefix))
        {
            if (found.Key.TryParseNumbered(StorageKey.LabelsPrefix, out SessionId id, out int number))
                newest[id] = Math.Max(newest.GetValueOrDefault(id), number);
        }

        Dictionary<SessionId, IReadOnlyList<string>> tags = [];
        foreach ((SessionId id, int number) in newest)
        {
            Attempt(problems, () =>
                tags[id] = SnapshotLabel.Decode(repository.Open(StorageKey.Label(id, number), SealKind.Label, id, number)).Tags);
        }

        return tags;
    }

    private static void Attempt(List<string> problems, Action read)
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
        {
            problems.Add(e.Message);
        }
    }
}
