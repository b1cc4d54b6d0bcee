using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Makes and opens repositories (spec/formats/config.md, key-slot.md).</summary>
public static class RepositoryOpener
{
    private static readonly string[] Remains = [StorageKey.SnapshotsPrefix, StorageKey.PacksPrefix, StorageKey.IndexPrefix];

    /// <summary>Makes a repository in an empty storage. Order: key slot, its proof, then `config`, which decides.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="chunker">How content is cut.</param>
    /// <param name="secret">What opens it.</param>
    /// <param name="cost">Of trying a password.</param>
    /// <param name="label">Of the key slot.</param>
    /// <param name="program">Who makes it.</param>
    /// <param name="idsOf">A repository's keys, so that the same content has the same ids in both (spec/protocols/copy.md); null for keys of its own.</param>
    /// <param name="terms">How its objects are locked; null where they are not.</param>
    /// <param name="time">The clock that locks are set by; null for the system's.</param>
    /// <exception cref="UsageException">There is a repository already; it is left as it is. Or the storage cannot lock.</exception>
    public static Repository Create(
        IStorage storage, string chunker, SlotSecret secret, KdfCost cost, KeyLabel label, string program, KeyRing? idsOf = null,
        ObjectLockTerms? terms = null, TimeProvider? time = null)
    {
        RefuseExisting(storage);
        RepositoryLock? locks = terms is null ? null : RepositoryLock.Of(storage, terms, time ?? TimeProvider.System) ?? throw CannotLock(storage);
        SessionId id = SessionId.NewRandom();
        KeyRing keys = idsOf is null ? KeyRing.Generate() : KeyRing.GenerateSharingIds(idsOf);
        KeySlot slot = KeySlots.Add(storage, id, keys, secret, cost, label);
        locks?.Verify(StorageKey.KeySlot(slot.Id));
        RepositoryConfig config = new(id, [], terms is null ? [] : [RepositoryConfig.ObjectLockFeature], chunker, label.CreatedSeconds, program, terms?.ToString() ?? "");
        byte[] stored = config.Encode(keys);
        _ = RepositoryConfig.Decode(stored, keys);
        if (!storage.PutIfAbsent(StorageKey.Config, stored))
        {
            // A locked one stays till its lock ends; it opens nothing.
            if (locks?.TryDelete(StorageKey.KeySlot(slot.Id)) is null)
                storage.Delete(StorageKey.KeySlot(slot.Id));
            throw AlreadyThere(storage);
        }

        return new Repository(storage, config, keys, slot, locks);
    }

    /// <summary>Makes sure that there is no repository, before anybody is asked for a password.</summary>
    /// <exception cref="UsageException">There is one, or what is left of one.</exception>
    public static void RefuseExisting(IStorage storage)
    {
        if (storage.SizeOf(StorageKey.Config) is not null)
            throw AlreadyThere(storage);

        // Key slots alone are what an interrupted init leaves.
        if (Remains.Any(prefix => storage.List(prefix).Any()))
            throw new UsageException($"{storage.Location} holds packs or snapshots of a repository whose 'config' is missing: it was left as it is. Copy 'config' (and 'keys/') back from a mirror or a backup, or name another place");
    }

    /// <summary>Opens a repository; ownership of the storage passes to it.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="secret">What opens it.</param>
    /// <param name="time">The clock that locks are set by; null for the system's.</param>
    /// <exception cref="WrongKeyException">The secret opens no slot.</exception>
    public static Repository Open(IStorage storage, SlotSecret secret, TimeProvider? time = null) => Open(storage, Find(storage), secret, time);

    /// <summary>Opens a repository that was found; ownership of the storage passes to it.</summary>
    /// <param name="storage">Where it is.</param>
    /// <param name="found">What <see cref="Find"/> gave.</param>
    /// <param name="secret">What opens it.</param>
    /// <param name="time">The clock that locks are set by; null for the system's.</param>
    /// <exception cref="WrongKeyException">The secret opens no slot.</exception>
    public static Repository Open(IStorage storage, FoundRepository found, SlotSecret secret, TimeProvider? time = null)
    {
        RepositoryConfig plain = RepositoryConfig.DecodePlain(found.Config);
        (KeyRing keys, KeySlot slot) = KeySlots.OpenAny(storage, plain.Repository, secret, found.Slots);
        RepositoryConfig config = RepositoryConfig.Decode(found.Config, keys);
        RepositoryLock? locks = config.ObjectLock.Length == 0 ? null : RepositoryLock.Of(storage, ObjectLockTerms.Parse(config.ObjectLock), time ?? TimeProvider.System);
        return new Repository(storage, config, keys, slot, locks);
    }

    /// <summary>Finds a repository, and makes sure that this program understands it; no key is needed for that.</summary>
    /// <exception cref="RepositoryNotFoundException">There is none.</exception>
    public static FoundRepository Find(IStorage storage)
    {
        byte[] config = [];
        HashSet<SessionId> slots = [];
        Requests.All(storage, () => config = ReadConfig(storage), () => slots = KeySlots.List(storage));

        // A slot stands before the config does: where none was seen, the repository was just being made.
        return new FoundRepository(config, slots.Count > 0 ? slots : KeySlots.List(storage));
    }

    /// <summary>Reads what a storage says of itself, and makes sure that this program understands it; no key is needed for that.</summary>
    /// <exception cref="RepositoryNotFoundException">There is no repository.</exception>
    public static byte[] ReadConfig(IStorage storage)
    {
        byte[] stored = storage.TryReadWhole(StorageKey.Config, Limits.ObjectSizeMax)
            ?? throw new RepositoryNotFoundException($"there is no repository at {storage.Location}; make one with: snapstore init");
        _ = RepositoryConfig.DecodePlain(stored);
        return stored;
    }

    private static UsageException CannotLock(IStorage storage) =>
        new($"{storage.Location} cannot lock objects: --object-lock is for a repository in an object store that can (s3:)");

    private static UsageException AlreadyThere(IStorage storage) =>
        new($"there is a repository at {storage.Location} already; it was left as it is");
}

/// <summary>What can be seen of a repository without a key.</summary>
/// <param name="Config">Its config, as stored.</param>
/// <param name="Slots">Its key slots.</param>
public sealed record FoundRepository(byte[] Config, IReadOnlyCollection<SessionId> Slots);
