using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Repair;

public sealed class IndexRepairTests
{
    private readonly PrunedRepository _repository = new();

    public IndexRepairTests()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 2_000_000));
        _repository.Snapshot(PrunedRepository.Bytes(2, 1_000_000));
    }

    private IEnumerable<StorageKey> IndexObjects => _repository.Storage.List(StorageKey.IndexPrefix).Select(found => found.Key).ToList();

    [Fact]
    public void An_index_that_is_lost_is_written_anew()
    {
        foreach (StorageKey key in IndexObjects)
            _repository.Storage.Delete(key);
        Assert.Empty(Repair().Problems);
        AssertComplete();
    }

    [Fact]
    public void A_damaged_index_object_is_replaced()
    {
        _repository.Damage(IndexObjects.First(), 100);
        Assert.True(_repository.Check().HasDamage);
        Assert.Equal(2, Repair().Replaced);
        AssertComplete();
    }

    [Fact]
    public void What_the_index_knows_of_a_pack_that_cannot_tell_is_kept()
    {
        StoredObject pack = _repository.Packs(PackKind.Data)[0];
        _repository.Damage(pack.Key, pack.Size - 100);
        Assert.Contains(pack.Key.Name, Assert.Single(Repair().Problems), StringComparison.Ordinal);
        foreach ((SessionId id, byte[] content) in _repository.Contents)
            Assert.Equal(content, _repository.Read(id));
    }

    private void AssertComplete()
    {
        using Repository repository = _repository.Open();
        Assert.Empty(repository.Loaded.Unindexed);
        Assert.Empty(repository.Loaded.Problems);
        Assert.DoesNotContain(_repository.Check().Findings, finding => finding.Kind != FindingKind.Note);
        _repository.AssertWhole();
    }

    private IndexRepairReport Repair()
    {
        using Repository repository = _repository.Open();
        return IndexRepair.Run(repository, _ => { }, default);
    }
}
