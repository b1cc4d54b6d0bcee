using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Maintenance;

/// <summary>What can be said of a repository without any key (spec/protocols/check.md, "Without a key"): every stored pack hashes
/// to its name, and every other object begins as one of its kind does.</summary>
public static class KeylessCheck
{
    /// <summary>Checks; changes nothing.</summary>
    /// <param name="storage">Where the repository lies.</param>
    /// <param name="options">Which packs are read, and by how many threads.</param>
    /// <param name="progress">Where it stands.</param>
    /// <param name="cancel">Stops it.</param>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    public static CheckReport Run(IStorage storage, CheckOptions options, CheckProgress progress, CancellationToken cancel)
    {
        if (storage.SizeOf(StorageKey.Config) is null)
            throw new RepositoryNotFoundException($"{storage.Location} holds no repository: there is no object '{StorageKey.Config}'");
        FindingList findings = new(progress);
        List<StoredObject> all = Patient.Read(() => storage.List("").OrderBy(found => found.Key.Name, StringComparer.Ordinal).ToList());
        List<StoredObject> packs = all.FindAll(found => found.Key.TryParsePack(out _, out ObjectHash hash) && options.ReadData.Includes(hash));
        progress.Expect(packs.Count, packs.Sum(pack => pack.Size));
        Requests.ForEach(storage, all.Where(found => !found.Key.TryParsePack(out _, out _)), found => CheckFrame(storage, found, findings));
        HashPacks(storage, packs, options.Workers, findings, progress, cancel);
        (IReadOnlyList<Finding> list, long dropped) = findings.Take();
        return new CheckReport
        {
            Findings = list,
            FindingsDropped = dropped,
            IsKeyless = true,
            Snapshots = all.Count(found => found.Key.TryParseId(StorageKey.SnapshotsPrefix, out _)),
            Packs = all.Count(found => found.Key.TryParsePack(out _, out _)),
            PacksRead = packs.Count,
            BytesRead = progress.Bytes,
        };
    }

    private static void HashPacks(IStorage storage, List<StoredObject> packs, int workers, FindingList findings, CheckProgress progress, CancellationToken cancel)
    {
        int threads = Requests.Threads(storage, workers);
        using WorkQueue<StoredObject> queue = new("hash packs", threads, threads, () =>
        {
            PackHash hash = new(storage);
            return (pack => HashOne(hash, pack, findings, progress, cancel), null);
        });
        foreach (StoredObject pack in packs)
        {
            cancel.ThrowIfCancellationRequested();
            queue.Add(pack);
        }

        queue.Complete();
    }

    private static void HashOne(PackHash hash, StoredObject pack, FindingList findings, CheckProgress progress, CancellationToken cancel)
    {
        try
        {
            if (hash.FindDamage(pack, bytes => progress.Add(0, bytes), cancel) is { } damage)
                findings.Add(FindingKind.Damage, pack.Key.Name, damage);
        }
        catch (ObjectMissingException)
        {
            findings.Add(FindingKind.Note, pack.Key.Name, "was listed and is gone: a prune is at work, or the storage lost it; only a check with a key can tell");
        }
        catch (StorageException e)
        {
            findings.AddFailure(pack.Key.Name, e);
        }

        progress.Add(1, 0);
    }

    // Sealed objects say in clear what they are; more of them only a key opens.
    private static void CheckFrame(IStorage storage, StoredObject found, FindingList findings)
    {
        byte[] magic = MagicOf(found.Key).ToArray();
        if (magic.Length == 0)
            return;
        try
        {
            if (found.Size < Envelope.Overhead || !Patient.Read(() => StartsWith(storage, found.Key, magic)))
                findings.Add(FindingKind.Damage, found.Key.Name, "does not begin as an object of its kind does: it is truncated or overwritten");
        }
        catch (ObjectMissingException)
        {
            // Removed since it was listed: a session that ended, an index that was compacted.
        }
        catch (SnapstoreException e)
        {
            findings.AddFailure(found.Key.Name, e);
        }
    }

    private static bool StartsWith(IStorage storage, StorageKey key, byte[] magic)
    {
        byte[] start = new byte[magic.Length];
        storage.Read(key, 0, start);
        return start.AsSpan().SequenceEqual(magic);
    }

    private static ReadOnlySpan<byte> MagicOf(StorageKey key)
    {
        if (key.TryParseId(StorageKey.KeysPrefix, out _))
            return KeySlot.Magic;
        bool isSealed = key.TryParseId(StorageKey.SnapshotsPrefix, out _) || key.TryParseId(StorageKey.SessionsPrefix, out _)
            || key.TryParseId(StorageKey.RetiredPrefix, out _) || key.TryParseNumbered(StorageKey.IndexPrefix, out _, out _)
            || key.TryParseNumbered(StorageKey.LabelsPrefix, out _, out _) || key.TryParseGarbage(out _);
        return isSealed ? Envelope.Magic : [];
    }
}
