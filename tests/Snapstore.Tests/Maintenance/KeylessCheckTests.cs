using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Storage;
using Snapstore.Tests.Garbage;

namespace Snapstore.Tests.Maintenance;

public sealed class KeylessCheckTests
{
    private readonly PrunedRepository _repository = new();

    public KeylessCheckTests()
    {
        _repository.Snapshot(PrunedRepository.Bytes(1, 3_000_000));
        _repository.Forget(_repository.Snapshot(PrunedRepository.Bytes(2, 300_000)));
        _repository.Prune();
    }

    [Fact]
    public void A_sound_repository_has_no_findings()
    {
        CheckReport report = Run();
        Assert.Empty(report.Findings);
        Assert.Equal(_repository.Storage.List(StorageKey.PacksPrefix).Count(), report.PacksRead);
        Assert.True(report.BytesRead >= 3_000_000);
    }

    [Fact]
    public void A_flipped_bit_anywhere_in_a_pack_is_found()
    {
        StoredObject pack = _repository.Packs(PackKind.Data)[0];
        foreach (long offset in (long[])[0, 17, 1_000_000, pack.Size - 1])
        {
            _repository.Damage(pack.Key, offset);
            Assert.Equal(pack.Key.Name, Assert.Single(Run().Findings, finding => finding.Kind == FindingKind.Damage).Object);
            _repository.Damage(pack.Key, offset);
        }
    }

    [Theory]
    [InlineData(StorageKey.KeysPrefix)]
    [InlineData(StorageKey.IndexPrefix)]
    [InlineData(StorageKey.SnapshotsPrefix)]
    [InlineData(StorageKey.RetiredPrefix)]
    [InlineData(StorageKey.GarbagePrefix)]
    public void An_object_that_begins_as_none_of_its_kind_does_is_found(string prefix)
    {
        StorageKey key = _repository.Storage.List(prefix).First().Key;
        _repository.Damage(key, 1);
        Assert.Equal(key.Name, Assert.Single(Run().Findings).Object);
    }

    [Fact]
    public void A_place_without_a_repository_is_none() =>
        Assert.Throws<RepositoryNotFoundException>(() => KeylessCheck.Run(new MemoryStorage(), new CheckOptions { ReadData = ReadDataSelection.All }, new CheckProgress(), default));

    private CheckReport Run() =>
        KeylessCheck.Run(_repository.Storage, new CheckOptions { ReadData = ReadDataSelection.All, Workers = 0 }, new CheckProgress(), default);
}
