using System.Text;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Restore;
using Snapstore.Storage;

namespace Snapstore.Tests.Restore;

/// <summary>Two writers that did not see each other stored the same: whichever pack is damaged or gone, readers use the other.</summary>
public sealed class OtherCopyTests : IDisposable
{
    private readonly TestDirectory _place = new();
    private readonly MemoryStorage _storage = new();
    private readonly TestRepository _repository;
    private readonly SessionId _first;

    public OtherCopyTests()
    {
        _repository = new TestRepository(_storage);
        _place.Make("tree/sub");
        TestFiles.Write(_place["tree/large"], TestFiles.Bytes(1, 3_000_000));
        TestFiles.Write(_place["tree/sub/small"], TestFiles.Bytes(2, 40_000));
        _first = _repository.Backup(_place["tree"]).Id!.Value;
        Dictionary<StorageKey, byte[]> hidden = _storage.List(StorageKey.PacksPrefix).ToDictionary(pack => pack.Key, pack => Repository.ReadWhole(_storage, pack.Key));
        foreach (StorageKey key in hidden.Keys)
            _storage.Delete(key);
        _repository.Backup(_place["tree"]);
        foreach ((StorageKey key, byte[] content) in hidden)
            _storage.PutIfAbsent(key, content);
    }

    public static TheoryData<bool> Ways => [true, false];

    public void Dispose()
    {
        _place.Dispose();
        _storage.Dispose();
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_restore_is_whole(bool isRemoved)
    {
        int number = 0;
        WithEachPackLost(isRemoved, repository =>
        {
            string target = _place[$"restored{number++}"];
            SnapshotPath what = new(SnapshotList.Read(repository, _first), Encoding.UTF8.GetBytes(_place["tree"]));
            RestoreReport report = FileRestore.Run(repository, what, new RestoreOptions { Target = Encoding.UTF8.GetBytes(target), Workers = 2 }, new RunProgress(), default);
            Assert.Empty(report.Damage);
            TreeLook.AssertSame(TreeLook.Of(_place["tree"]), TreeLook.Of(target));
        });
        Assert.True(number >= 4, $"only {number} packs");
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Content_is_read(bool isRemoved)
    {
        byte[] expected = File.ReadAllBytes(_place["tree/large"]);
        WithEachPackLost(isRemoved, repository =>
        {
            using TreeReader trees = new(repository);
            using ContentReader contents = new(repository, workers: 1);
            SnapshotPath path = new(SnapshotList.Read(repository, _first), Encoding.UTF8.GetBytes(_place["tree/large"]));
            TreeEntry file = PathFinder.Find(trees, path);
            MemoryStream read = new();
            contents.CopyTo(file, "large", read, default);
            Assert.Equal(expected, read.ToArray());
        });
    }

    [Fact]
    public void A_blob_without_another_copy_is_lost()
    {
        foreach (StoredObject pack in _storage.List(StorageKey.PacksPrefix).Where(pack => pack.Size > 1_000_000).ToList())
            Damage(pack.Key, pack.Size / 2);
        RestoreReport report = _repository.Restore(_first, _place["tree"], _place["restored"]);
        Assert.NotEmpty(report.Damage);
    }

    // Lost when the index was loaded already.
    private void WithEachPackLost(bool isRemoved, Action<Repository> read)
    {
        foreach (StoredObject pack in _storage.List(StorageKey.PacksPrefix).ToList())
        {
            byte[] content = Repository.ReadWhole(_storage, pack.Key);
            using Repository repository = _repository.Open();
            Assert.NotEmpty(repository.Index.Packs);
            if (isRemoved)
                _storage.Delete(pack.Key);
            else
                Damage(pack.Key, pack.Size / 2);
            read(repository);
            _storage.Delete(pack.Key);
            _storage.PutIfAbsent(pack.Key, content);
        }
    }

    private void Damage(StorageKey key, long offset)
    {
        byte[] content = Repository.ReadWhole(_storage, key);
        content[offset] ^= 0x55;
        _storage.Delete(key);
        _storage.PutIfAbsent(key, content);
    }
}
