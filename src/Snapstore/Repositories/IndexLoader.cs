using Snapstore.Formats;
using Snapstore.Storage;

namespace Snapstore.Repositories;

/// <summary>What was found while the index was loaded.</summary>
/// <param name="Index">Every blob of every pack that is listed.</param>
/// <param name="Catalog">The packs it was made of.</param>
public sealed record LoadedIndex(BlobIndex Index, PackCatalog Catalog)
{
    /// <summary>Packs that no index object named: their own directories were read.</summary>
    public required IReadOnlyList<IndexedPack> Unindexed { get; init; }

    /// <summary>Packs that index objects name and the storage does not list; their blobs are not in the index.</summary>
    public IReadOnlyList<StorageKey> MissingPacks => Catalog.Missing;

    /// <summary>Index objects and packs that could not be read, and why.</summary>
    public IReadOnlyList<string> Problems => Catalog.Problems;
}

/// <summary>Lists, fetches and merges index objects (spec/formats/index.md): usable is what is listed now.</summary>
public static class IndexLoader
{
    private const int AttemptsMax = 5;

    /// <summary>The index over all packs that are listed.</summary>
    /// <param name="repository">Whose index.</param>
    /// <param name="condemned">Packs that are taken as not there: a session must not rely on them.</param>
    /// <param name="indexObjects">The index objects, where they were listed just before.</param>
    public static LoadedIndex LoadAll(Repository repository, IReadOnlySet<StorageKey>? condemned = null, IReadOnlyList<StoredObject>? indexObjects = null)
    {
        for (int attempt = 1; ; attempt++)
        {
            PackCatalog catalog = PackCatalog.List(repository, condemned, attempt == 1 ? indexObjects : null);
            List<IndexedPack> unindexed = [];
            BlobIndex index = BlobIndex.Build(catalog.Read().Select(pack => Noted(pack, catalog, unindexed)));

            // What was listed and is gone was replaced by a prune, and so is what it named.
            if (!catalog.HasVanished || attempt == AttemptsMax)
                return new LoadedIndex(index, catalog) { Unindexed = unindexed };
            index.Dispose();
        }
    }

    private static IndexedPack Noted(IndexedPack pack, PackCatalog catalog, List<IndexedPack> unindexed)
    {
        if (catalog.Unindexed.Count > unindexed.Count)
            unindexed.Add(pack);
        return pack;
    }
}
