using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>The key slots of a repository: opening, adding, removing (spec/formats/key-slot.md).</summary>
public static class KeySlots
{
    /// <summary>Tries every slot of the secret's kind.</summary>
    /// <param name="storage">Where they are.</param>
    /// <param name="repository">The repository's id.</param>
    /// <param name="secret">What may open one.</param>
    /// <param name="listed">The slots there are.</param>
    /// <exception cref="WrongKeyException">None opens.</exception>
    public static (KeyRing Keys, KeySlot Slot) OpenAny(IStorage storage, SessionId repository, SlotSecret secret, IEnumerable<SessionId> listed)
    {
        List<string> problems = [];
        int tried = 0;
        // Cheapest first: slots that a hostile storage added, as dear as the bounds allow, come after the real ones.
        IEnumerable<KeySlot> slots = Load(storage, repository, listed, problems).Where(slot => slot.IsForKeyFile == secret.IsKeyFile)
            .OrderBy(slot => (long)slot.Cost.MemoryKib * slot.Cost.Passes);
        foreach (KeySlot slot in slots.Take(Limits.KeySlotsMax))
        {
            try
            {
                tried++;
                if (slot.TryOpen(secret) is { } keys)
                    return (keys, slot);
            }
            catch (Exception e) when (e is CorruptDataException or StorageException)
            {
                problems.Add(e.Message);
            }
        }

        string what = secret.IsKeyFile ? "the key file" : "the password";
        string more = problems.Count > 0 ? $" (and not usable: {string.Join("; ", problems)})" : "";
        throw new WrongKeyException($"{what} opens none of the {tried} key slots of {storage.Location}{more}");
    }

    /// <summary>All slots that are whole; what is wrong with the others goes to <paramref name="problems"/>.</summary>
    public static IReadOnlyList<KeySlot> Load(IStorage storage, SessionId repository, ICollection<string> problems) =>
        Load(storage, repository, List(storage), problems);

    /// <summary>The ids of all slots.</summary>
    public static HashSet<SessionId> List(IStorage storage) => SessionRegister.ListIds(storage, StorageKey.KeysPrefix);

    private static IReadOnlyList<KeySlot> Load(IStorage storage, SessionId repository, IEnumerable<SessionId> listed, ICollection<string> problems)
    {
        List<KeySlot> slots = [];
        foreach ((KeySlot? slot, string? problem) in Requests.InOrder(storage, listed, id => TryLoad(storage, repository, id)))
        {
            if (slot is not null)
                slots.Add(slot);
            else if (problem is not null)
                problems.Add(problem);
        }

        return [.. slots.OrderBy(slot => slot.Id)];
    }

    private static (KeySlot? Slot, string? Problem) TryLoad(IStorage storage, SessionId repository, SessionId id)
    {
        try
        {
            return (KeySlot.Decode(id, repository, Repository.ReadWhole(storage, StorageKey.KeySlot(id))), null);
        }
        catch (Exception e) when (e is CorruptDataException or UnsupportedException or ObjectMissingException)
        {
            return (null, e.Message);
        }
    }

    /// <summary>Writes a slot, reads it back and opens it, so that no slot ever stands that does not work.</summary>
    public static KeySlot Add(
        IStorage storage, SessionId repository, KeyRing keys, SlotSecret secret, KdfCost cost, KeyLabel label)
    {
        KeySlot slot = KeySlot.Create(keys, repository, secret, cost, label);
        StorageKey key = StorageKey.KeySlot(slot.Id);
        if (!storage.PutIfAbsent(key, slot.Stored))
            throw new StorageException($"{key} exists although its name is new and random; is another program writing there?");
        KeySlot stored = KeySlot.Decode(slot.Id, repository, Repository.ReadWhole(storage, key));
        using KeyRing? proof = stored.TryOpen(secret);
        return proof is not null
            ? stored
            : throw new CorruptDataException($"{key} was written and does not open; the slots that were there are as before");
    }

    /// <summary>The id of the slot that these digits begin.</summary>
    /// <exception cref="UsageException">None, or more than one.</exception>
    public static SessionId Find(Repository repository, string prefix)
    {
        KeySlot[] found = [.. Load(repository.Storage, repository.Id, [])
            .Where(slot => prefix.Length > 0 && slot.Id.ToString().StartsWith(prefix, StringComparison.Ordinal))];
        string what = found.Length == 0 ? "begins no key" : $"begins {found.Length} keys";
        return found.Length == 1 ? found[0].Id : throw new UsageException($"'{prefix}' {what}; see: snapstore key list");
    }

    /// <summary>Removes a slot, but never the last that works.</summary>
    /// <returns>Until when its bytes stay, hidden, because they are locked; null where they are gone.</returns>
    /// <exception cref="UsageException">It is the last, or the one in use.</exception>
    public static DateTimeOffset? Remove(Repository repository, SessionId id)
    {
        repository.CheckWritable();
        IReadOnlyList<KeySlot> slots = Load(repository.Storage, repository.Id, []);
        if (slots.All(slot => slot.Id != id))
            throw new UsageException($"there is no key {id.ToShortString()}; see: snapstore key list");
        if (id == repository.Slot.Id)
            throw new UsageException("that is the key you opened the repository with; use another key to remove it, or 'snapstore key passwd' to change it");
        DeletionRight.Require(repository.Storage, "no key was removed");
        return Drop(repository, StorageKey.KeySlot(id));
    }

    /// <summary>Replaces the slot in use by one for a new secret: the new one stands and opens before the old one goes.</summary>
    /// <param name="repository">Whose slot.</param>
    /// <param name="secret">The new secret.</param>
    /// <param name="cost">Of the new slot.</param>
    /// <param name="whenAdded">Called when the new slot stands: from here on the secret may be the only one, also if removing the
    /// old slot fails, for a deletion that failed may have happened.</param>
    /// <returns>The new slot; and until when the bytes of the old one stay, hidden, because they are locked.</returns>
    public static (KeySlot Slot, DateTimeOffset? OldUntil) Change(Repository repository, SlotSecret secret, KdfCost cost, Action whenAdded)
    {
        repository.CheckWritable();
        DeletionRight.Require(repository.Storage, "the old key could not go, so no new one was made");
        KeyLabel label = repository.Slot.Label(repository.Keys, repository.Id);
        KeySlot slot = Add(repository.Storage, repository.Id, repository.Keys, secret, cost, label);
        whenAdded();
        return (slot, Drop(repository, StorageKey.KeySlot(repository.Slot.Id)));
    }

    // A slot that is locked cannot go; it must not be found any more all the same, or each snapshot would lock it again.
    private static DateTimeOffset? Drop(Repository repository, StorageKey slot)
    {
        if (repository.FindLocked([slot]).TryGetValue(slot, out DateTimeOffset until))
        {
            repository.Lock!.Storage.Hide(slot);
            return until;
        }

        repository.Storage.Delete(slot);
        return null;
    }
}
