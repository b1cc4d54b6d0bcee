using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>What a storage listed at one moment. Whoever then finds something missing asks whether others forgot or pruned
/// meanwhile: if so, it looks again before it speaks of damage.</summary>
internal sealed class ListedNames
{
    private readonly IStorage _storage;
    private readonly HashSet<StorageKey> _names;

    private ListedNames(IStorage storage)
    {
        _storage = storage;
        _names = List(storage);
    }

    /// <summary>Lists.</summary>
    public static ListedNames Of(IStorage storage) => new(storage);

    /// <summary>Its names, but those of sessions and keys, which come and go with every writer and owner.</summary>
    public IEnumerable<StorageKey> All => _names;

    /// <summary>True where something has gone since, or something was forgotten or condemned.</summary>
    public bool HavePrunesChanged()
    {
        HashSet<StorageKey> now = List(_storage);
        return !_names.IsSubsetOf(now) || now.Except(_names).Any(IsOfPrune);
    }

    private static HashSet<StorageKey> List(IStorage storage) =>
    [
        .. storage.List("").Select(found => found.Key).Where(key =>
            !key.TryParseId(StorageKey.SessionsPrefix, out _) && !key.TryParseId(StorageKey.KeysPrefix, out _)),
    ];

    private static bool IsOfPrune(StorageKey key) => key.TryParseGarbage(out _) || key.TryParseId(StorageKey.RetiredPrefix, out _);
}
