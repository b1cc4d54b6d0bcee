using System.Buffers.Binary;
using System.Collections.Concurrent;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Maintenance;

/// <summary>Checks that read packs whole verify deltas while their bases pass by.</summary>
public sealed class PendingDeltaTests : IDisposable
{
    private readonly TestDirectory _place = new();
    private readonly TestStorage _storage = new();
    private readonly TestRepository _repository;
    private readonly string _basePack, _deltaPack;

    public PendingDeltaTests()
    {
        _repository = new TestRepository(_storage);
        Directory.CreateDirectory(_place["tree"]);
        TestFiles.Write(_place["tree/table"], TableLines.Make(100_000));
        _repository.Backup(_place["tree"]);
        TestFiles.Write(_place["tree/table"], TableLines.Make(100_000, changedPerMille: 10, seed: 1));
        Assert.True(_repository.Backup(_place["tree"]).Manifest.Counts.DeltaBlobsNew > 100);
        using Repository opened = _repository.Open();
        _deltaPack = opened.Index.FindPack(opened.Index.Deltas().First().Delta)!.Value.Name;
        _basePack = opened.Index.FindPack(opened.Index.Deltas().First().Base)!.Value.Name;
        Assert.NotEqual(_deltaPack, _basePack);
    }

    public void Dispose()
    {
        _storage.Dispose();
        _place.Dispose();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void No_base_is_read_a_second_time(int workers)
    {
        ConcurrentBag<int> read = [];
        _storage.OnRead = (key, _, bytes) =>
        {
            if (key.Name == _basePack)
                read.Add(bytes.Length);
        };
        Assert.False(Check(_storage, workers).HasDamage);

        // Once whole, and what stands at its end: the directory.
        Assert.InRange(read.Sum(), _storage[_basePack].Length, _storage[_basePack].Length * 1.2);
    }

    [Fact]
    public void Where_only_the_pack_of_deltas_is_read_its_bases_are_fetched()
    {
        using Repository opened = _repository.Open();
        ConcurrentBag<int> read = [];
        _storage.OnRead = (key, _, bytes) =>
        {
            if (key.Name == _basePack)
                read.Add(bytes.Length);
        };
        Assert.True(StorageKey.TryParse(_deltaPack)!.Value.TryParsePack(out _, out ObjectHash hash));
        const int Parts = 1 << 16;
        ReadDataSelection selection = ReadDataSelection.Part((int)(BinaryPrimitives.ReadUInt32LittleEndian(hash.Span) % Parts) + 1, Parts);
        CheckReport report = Checker.Run(opened, new CheckOptions { ReadData = selection, Workers = 0 }, new CheckProgress(), default);
        Assert.Equal(1, report.PacksRead);
        Assert.False(report.HasDamage);
        Assert.True(read.Sum() > _storage[_basePack].Length / 2, $"{read.Sum()} of {_storage[_basePack].Length} bytes");
    }

    [Theory]
    [InlineData(0, true, 2)]
    [InlineData(2, true, 2)]
    [InlineData(0, false, 1)]
    [InlineData(2, false, 1)]
    public void Damage_is_that_of_the_pack_it_stands_in_and_of_all_snapshots_that_need_it(int workers, bool isInBase, int snapshots)
    {
        string name = isInBase ? _basePack : _deltaPack;
        TestStorage damaged = _storage.Copy();
        byte[] bytes = [.. damaged[name]];
        bytes[bytes.Length / 3] ^= 1;
        damaged[name] = bytes;
        CheckReport report = Check(damaged, workers);
        Assert.All(report.Findings.Where(finding => finding.Kind == FindingKind.Damage), finding => Assert.Equal(name, finding.Object));
        Assert.True(report.HasDamage);
        Assert.Equal(snapshots, report.SnapshotsAffected);
        Assert.Equal(report.Packs, report.PacksRead);
    }

    [Fact]
    public void A_base_that_is_read_wrongly_once_is_a_note_and_its_deltas_are_sound()
    {
        int reads = 0;
        _storage.OnRead = (key, offset, bytes) =>
        {
            if (key.Name == _basePack && offset > 0 && bytes.Length > 100_000 && Interlocked.Increment(ref reads) == 2)
                bytes[bytes.Length / 2] ^= 1;
        };
        CheckReport report = Check(_storage, workers: 0);
        Assert.False(report.HasDamage);
        Assert.Contains(report.Findings, finding => finding.Kind == FindingKind.Note && finding.Object == _basePack);
    }

    private CheckReport Check(TestStorage storage, int workers)
    {
        using Repository opened = _repository.OpenOn(_ => storage);
        return Checker.Run(opened, new CheckOptions { ReadData = ReadDataSelection.All, Workers = workers }, new CheckProgress(), default);
    }
}
