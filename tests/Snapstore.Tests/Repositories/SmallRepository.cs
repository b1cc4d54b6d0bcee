using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Spec;
using Snapstore.Tests.Storage;

namespace Snapstore.Tests.Repositories;

/// <summary>A repository with the keys of the worked examples, without config or key slots: opens at once.</summary>
internal static class SmallRepository
{
    public static Repository Over(IStorage storage)
    {
        KeyRing keys = SpecValues.NewKeys();
        using SlotSecret secret = SlotSecret.OfKeyFile(SpecValues.KeyFile);
        KeySlot slot = KeySlot.Create(keys, SpecValues.Repository, secret, default, new KeyLabel("", "", "", 0));
        return new Repository(storage, new RepositoryConfig(SpecValues.Repository, [], [], "cdc:65536", 0, ""), keys, slot);
    }

    public static BlobWriter Writer(Repository repository, int workers = 0, bool dryRun = false, SessionId? session = null) => new(
        repository,
        session ?? SessionId.NewRandom(),
        new BlobWriterOptions(CompressionLevel.Fast, workers, dryRun),
        TimeProvider.System);

    /// <summary>Stores these data blobs in a session of their own.</summary>
    public static StoredCounts Store(IStorage storage, IEnumerable<byte[]> blobs, int workers = 0, bool dryRun = false)
    {
        using Repository repository = Over(new UndisposedStorage(storage));
        using BlobWriter writer = Writer(repository, workers, dryRun);
        foreach (byte[] blob in blobs)
            writer.PutData(repository.Keys.DataId(blob), blob);
        writer.Finish();
        return writer.Counts;
    }

    public static IEnumerable<StoredObject> Packs(IStorage storage) => storage.List(StorageKey.PacksPrefix);

    public static byte[] Read(IStorage storage, StorageKey key) => Repository.ReadWhole(storage, key);

    /// <summary>Puts other bytes where an object stood, as a bad disk would.</summary>
    public static void Overwrite(IStorage storage, StorageKey key, byte[] content)
    {
        storage.Delete(key);
        Assert.True(storage.PutIfAbsent(key, content));
    }
}
