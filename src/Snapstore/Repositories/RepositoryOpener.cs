using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>Makes and opens repositories (spec/formats/config.md, key-slot.md).</summary>
public static class RepositoryOpener
{
    /// <summary>Makes a repository in an empty storage. Order: key slot, its proof, then `config`, which decides.</summary>
    /// <param name="storage">Where.</param>
    /// <param name="chunker">How content is cut.</param>
    /// <param name="secret">What opens it.</param>
    /// <param name="cost">Of trying a password.</param>
    /// <param name="label">Of the key slot.</param>
    /// <param name="program">Who makes it.</param>
    /// <param name="idsOf">A repository's keys, so that the same content has the same ids in both (spec/protocols/copy.md); null for keys of its own.</param>
    /// <exception cref="UsageException">There is a repository already; it is left as it is.</exception>
    public static Repository Create(
        IStorage storage, string chunker, SlotSecret secret, KdfCost cost, KeyLabel label, string program, KeyRing? idsOf = null)
    {
        RefuseExisting(storage);
        SessionId id = SessionId.NewRandom();
        KeyRing keys = idsOf is null ? KeyRing.Generate() : KeyRing.GenerateSharingIds(idsOf);
        KeySlot slot = KeySlots.Add(storage, id, keys, secret, cost, label);
        RepositoryConfig config = new(id, [], [], chunker, label.CreatedSeconds, program);
        byte[] stored = config.Encode(keys);
        _ = RepositoryConfig.Decode(stored, keys);
        if (!storage.PutIfAbsent(StorageKey.Config, stored))
        {
            storage.Delete(StorageKey.KeySlot(slot.Id));
            throw AlreadyThere(storage);
        }

        return new Repository(storage, config, keys, slot);
    }

    /// <summary>Makes sure that there is no repository, before anybody is asked for a password.</summary>
    /// <exception cref="UsageException">There is one.</exception>
    public static void RefuseExisting(IStorage storage)
    {
        if (storage.SizeOf(StorageKey.Config) is not null)
            throw AlreadyThere(storage);
    }

    /// <summary>Opens a repository; ownership of the storage passes to it.</summary>
    /// <exception cref="WrongKeyException">The secret opens no slot.</exception>
    public static Repository Open(IStorage storage, SlotSecret secret) => Open(storage, ReadConfig(storage), secret);

    /// <summary>Opens a repository whose config was read; ownership of the storage passes to it.</summary>
    /// <param name="storage">Where it is.</param>
    /// <param name="stored">What <see cref="ReadConfig"/> gave.</param>
    /// <param name="secret">What opens it.</param>
    /// <exception cref="WrongKeyException">The secret opens no slot.</exception>
    public static Repository Open(IStorage storage, byte[] stored, SlotSecret secret)
    {
        RepositoryConfig plain = RepositoryConfig.DecodePlain(stored);
        (KeyRing keys, KeySlot slot) = KeySlots.OpenAny(storage, plain.Repository, secret);
        return new Repository(storage, RepositoryConfig.Decode(stored, keys), keys, slot);
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

    private static UsageException AlreadyThere(IStorage storage) =>
        new($"there is a repository at {storage.Location} already; it was left as it is");
}
