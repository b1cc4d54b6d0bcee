using Snapstore.Storage;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Repositories;

public sealed class IndexLoaderTests : IDisposable
{
    private readonly MemoryStorage _storage = new();
    private readonly byte[][] _blobs;

    public IndexLoaderTests()
    {
        SeededValues values = new(1);
        _blobs = [.. Enumerable.Range(0, 20).Select(_ => values.Fill(3_000))];
        SmallRepository.Store(_storage, _blobs.Take(10));
        SmallRepository.Store(_storage, _blobs.Skip(10));
    }

    public void Dispose() => _storage.Dispose();

    private StorageKey IndexKey => _storage.List(StorageKey.IndexPrefix).OrderBy(found => found.Key.Name).First().Key;

    private StoredObject Pack => SmallRepository.Packs(_storage).OrderBy(found => found.Key.Name).First();

    [Fact]
    public void Finds_the_blobs_of_all_sessions()
    {
        using LoadedRepository loaded = new(_storage);
        Assert.Equal(20, loaded.Index.Count);
        Assert.Empty(loaded.Loaded.Problems);
        Assert.Empty(loaded.Loaded.Unindexed);
        Assert.Empty(loaded.Loaded.MissingPacks);
        AssertFindsAll(loaded);
    }

    [Fact]
    public void Reads_packs_themselves_where_the_index_is_lost()
    {
        foreach (StoredObject found in _storage.List(StorageKey.IndexPrefix))
            _storage.Delete(found.Key);
        using LoadedRepository loaded = new(_storage);
        Assert.Equal(2, loaded.Loaded.Unindexed.Count);
        AssertFindsAll(loaded);
    }

    [Fact]
    public void No_flipped_bit_of_an_index_object_loses_anything()
    {
        byte[] content = SmallRepository.Read(_storage, IndexKey);
        StorageKey key = IndexKey;
        for (int i = 0; i < content.Length; i += i < 100 ? 1 : 37)
        {
            byte[] damaged = [.. content];
            damaged[i] ^= 2;
            SmallRepository.Overwrite(_storage, key, damaged);
            using LoadedRepository loaded = new(_storage);
            Assert.Single(loaded.Loaded.Problems);
            Assert.Contains(key.Name, loaded.Loaded.Problems[0], StringComparison.Ordinal);
            AssertFindsAll(loaded);
        }
    }

    [Fact]
    public void An_index_object_under_another_name_is_damage()
    {
        byte[] content = SmallRepository.Read(_storage, IndexKey);
        StorageKey other = StorageKey.Index(new SessionId(new byte[16]), 0);
        _storage.PutIfAbsent(other, content);
        using LoadedRepository loaded = new(_storage);
        Assert.Single(loaded.Loaded.Problems);
        AssertFindsAll(loaded);
    }

    [Fact]
    public void Blobs_of_a_pack_that_is_gone_are_not_known()
    {
        StorageKey gone = Pack.Key;
        _storage.Delete(gone);
        using LoadedRepository loaded = new(_storage);
        Assert.Equal([gone], loaded.Loaded.MissingPacks);
        Assert.Equal(10, loaded.Index.Count);

        // What is not known is stored again.
        Assert.Equal(10, SmallRepository.Store(_storage, _blobs).DataBlobs);
        using LoadedRepository repaired = new(_storage);
        AssertFindsAll(repaired);
    }

    [Fact]
    public void A_pack_that_was_cut_off_is_not_used()
    {
        StoredObject pack = Pack;
        byte[] content = SmallRepository.Read(_storage, pack.Key);
        for (int length = 0; length < content.Length; length += 97)
        {
            SmallRepository.Overwrite(_storage, pack.Key, content[..length]);
            using LoadedRepository loaded = new(_storage);
            Assert.Equal([pack.Key], loaded.Loaded.MissingPacks);
            Assert.Equal(10, loaded.Index.Count);
        }
    }

    [Fact]
    public void A_damaged_pack_without_an_index_is_a_problem_and_no_failure()
    {
        foreach (StoredObject found in _storage.List(StorageKey.IndexPrefix))
            _storage.Delete(found.Key);
        StoredObject pack = Pack;
        byte[] content = SmallRepository.Read(_storage, pack.Key);
        for (int i = 0; i < content.Length; i++)
        {
            // Only frame and directory: segments are not read here.
            bool isRead = i < 16 || i >= content.Length - 8;
            if (!isRead)
                continue;
            byte[] damaged = [.. content];
            damaged[i] ^= 2;
            SmallRepository.Overwrite(_storage, pack.Key, damaged);
            using LoadedRepository loaded = new(_storage);
            Assert.Single(loaded.Loaded.Problems);
            Assert.Equal(10, loaded.Index.Count);
        }
    }

    [Fact]
    public void Names_that_no_repository_writes_are_passed_over()
    {
        _storage.PutIfAbsent(StorageKey.TryParse("index/readme.txt")!.Value, [1]);
        _storage.PutIfAbsent(StorageKey.TryParse("packs/00/notes")!.Value, [1]);
        using LoadedRepository loaded = new(_storage);
        Assert.Empty(loaded.Loaded.Problems);
        AssertFindsAll(loaded);
    }

    private void AssertFindsAll(LoadedRepository loaded)
    {
        foreach (byte[] blob in _blobs)
            Assert.True(loaded.Index.Contains(loaded.Repository.Keys.DataId(blob)));
    }
}
