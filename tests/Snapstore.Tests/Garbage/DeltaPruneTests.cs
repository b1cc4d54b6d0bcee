using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repair;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;

namespace Snapstore.Tests.Garbage;

/// <summary>Deltas under everything that removes packs: a base stays as long as a delta needs it, and what is lost is named and heals.</summary>
public sealed class DeltaPruneTests
{
    private const int Rows = 20_000;

    private readonly PrunedRepository _repository = new();

    private static PruneOptions Strict(PruneOptions options) => options with { UnusedBytesMax = 0, UnusedShareMax = 0 };

    [Fact]
    public void A_base_outlives_the_snapshot_that_brought_it()
    {
        SessionId first = _repository.Snapshot(TableLines.Make(Rows));
        SessionId second = _repository.Snapshot(TableLines.Make(Rows, changedPerMille: 10, seed: 1));
        long before = _repository.StoredBytes;
        long deltas = Deltas();
        Assert.True(deltas > 10);

        _repository.Forget(first);
        _repository.Prune(Strict);
        _repository.AssertWhole();
        Assert.Equal(deltas, Deltas());

        _repository.Forget(second);
        _repository.Prune(Strict);
        Assert.Equal(0, Deltas());
        Assert.True(_repository.StoredBytes < before / 10, $"{_repository.StoredBytes} of {before} bytes are left");
    }

    [Fact]
    public void A_pack_of_which_only_bases_are_needed_is_rewritten_and_deltas_stay_deltas()
    {
        byte[] other = PrunedRepository.Bytes(1, 3_000_000);
        SessionId first = _repository.Snapshot([.. TableLines.Make(Rows), .. other]);
        _repository.Snapshot(TableLines.Make(Rows, changedPerMille: 10, seed: 1));
        SessionId third = _repository.Snapshot(TableLines.Make(Rows, changedPerMille: 20, seed: 2));
        long before = _repository.StoredBytes;
        long deltas = Deltas();
        _repository.Forget(first, third);

        PruneReport report = _repository.Prune(Strict);

        Assert.True(report.BytesWritten > 0);
        Assert.InRange(Deltas(), 10, deltas - 10);
        Assert.True(_repository.StoredBytes < before - 2_900_000);
        _repository.AssertWhole();
        Assert.Equal(0, _repository.Prune(Strict).PacksDeleted);
        _repository.AssertWhole();
    }

    [Fact]
    public void Whatever_is_snapshotted_forgotten_and_pruned_what_is_left_is_whole() => SeededValues.ForAll(
        static values =>
        {
            PrunedRepository repository = new();
            List<SessionId> snapshots = [];
            for (int round = 0; round < 8; round++)
            {
                byte[] table = TableLines.Make(4_000 + values.Int(4_000), changedPerMille: values.Int(60), seed: values.Int(5));
                snapshots.Add(repository.Snapshot(values.Bool() ? table : [.. PrunedRepository.Bytes(values.Int(3), 200_000), .. table]));
                if (values.Int(3) == 0 && snapshots.Count > 1)
                {
                    SessionId gone = snapshots[values.Int(snapshots.Count - 1)];
                    snapshots.Remove(gone);
                    repository.Forget(gone);
                }

                if (values.Int(3) == 0)
                    repository.Prune(values.Bool() ? Strict : null);
                repository.AssertWhole();
            }
        },
        cases: 12);

    [Fact]
    public void A_delta_whose_base_is_lost_counts_as_lost_and_is_stored_anew()
    {
        SessionId first = _repository.Snapshot(TableLines.Make(Rows));
        byte[] content = TableLines.Make(Rows, changedPerMille: 10, seed: 1);
        StoredObject bases = _repository.Packs(PackKind.Data)[0];
        SessionId second = _repository.Snapshot(content);
        _repository.Storage.Delete(bases.Key);

        Finding lost = Assert.Single(_repository.Check().Findings, finding => finding.Kind == FindingKind.Damage);
        Assert.Equal(bases.Key.Name, lost.Object);
        Assert.Equal(new[] { first, second }.Order(), lost.Affected.Select(affected => affected.Snapshot).Order());
        Assert.Throws<CorruptDataException>(() => _repository.Prune());
        Assert.ThrowsAny<SnapstoreException>(() => _repository.Read(second));

        _repository.Snapshot(content);
        Assert.Equal(content, _repository.Read(second));
        Assert.ThrowsAny<SnapstoreException>(() => _repository.Read(first));
        _repository.Forget(first);
        _repository.Prune(Strict);
        _repository.AssertWhole();
    }

    [Fact]
    public void Damage_to_a_base_is_damage_to_all_that_differ_from_it()
    {
        SessionId first = _repository.Snapshot(TableLines.Make(Rows));
        StoredObject bases = _repository.Packs(PackKind.Data)[0];
        SessionId second = _repository.Snapshot(TableLines.Make(Rows, changedPerMille: 10, seed: 1));
        _repository.Damage(bases.Key, 100_000);

        CheckReport all = _repository.Check();
        Finding found = Assert.Single(all.Findings, finding => finding.Kind == FindingKind.Damage);
        Assert.Equal(bases.Key.Name, found.Object);
        Assert.Equal(new[] { first, second }.Order(), found.Affected.Select(affected => affected.Snapshot).Order());

        // Also by a check that reads the deltas' pack only.
        using Repository repository = _repository.Open();
        PackReference deltas = repository.Index.Packs.Single(pack => pack.Kind == PackKind.Data && pack.Key != bases.Key);
        ReadDataSelection only = Enumerable.Range(1, 256).Select(n => ReadDataSelection.Parse($"{n}/256"))
            .First(part => Includes(part, deltas.Key) && !Includes(part, bases.Key));
        CheckReport some = Checker.Run(repository, new CheckOptions { ReadData = only, Workers = 0 }, new CheckProgress(), default);
        Assert.Equal(bases.Key.Name, Assert.Single(some.Findings, finding => finding.Kind == FindingKind.Damage).Object);

        static bool Includes(ReadDataSelection part, StorageKey key) => key.TryParsePack(out _, out ObjectHash hash) && part.Includes(hash);
    }

    [Fact]
    public void A_repair_saves_bases_and_deltas_and_the_next_snapshot_brings_back_the_rest()
    {
        byte[] before = TableLines.Make(Rows * 2);
        byte[] after = TableLines.Make(Rows * 2, changedPerMille: 10, seed: 1);
        _repository.Snapshot(before);
        StoredObject bases = _repository.Packs(PackKind.Data)[0];
        _repository.Snapshot(after);
        StoredObject deltas = _repository.Packs(PackKind.Data).Single(pack => pack.Key != bases.Key);
        long count = Deltas();
        _repository.Damage(bases.Key, PackFrame.HeaderSize + 50);
        _repository.Damage(deltas.Key, deltas.Size - 100);

        using (Repository repository = _repository.Open())
        {
            PackRepairReport report = PackRepair.Run(repository, packs: null, PrunedRepository.Options, new CheckProgress(), default);
            Assert.Equal(2, report.Damaged.Count);
            Assert.Equal(2, report.PacksRemoved);
            Assert.All(report.Damaged, pack => Assert.InRange(pack.Saved, 1, pack.Blobs));
            Assert.All(report.Damaged, pack => Assert.InRange(pack.Lost, 1, pack.Blobs / 2));
        }

        Assert.InRange(Deltas(), 1, count - 1);
        _repository.Snapshot(after);
        _repository.Snapshot(before);
        _repository.AssertWhole();
        _repository.Prune(Strict);
        _repository.AssertWhole();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Readers_turn_to_the_other_copy_of_a_base_and_of_a_delta(bool damagesBase)
    {
        byte[] before = TableLines.Make(Rows);
        byte[] after = TableLines.Make(Rows, changedPerMille: 10, seed: 1);
        SessionId first = _repository.Snapshot(before);
        Dictionary<StorageKey, byte[]> hidden = Hide(first);
        SessionId again = _repository.Snapshot(before);
        Show(hidden);
        SessionId second = _repository.Snapshot(after);
        hidden = Hide(second);
        SessionId twice = _repository.Snapshot(after);
        Show(hidden);

        SessionId owner = damagesBase ? first : second;
        StoredObject pack = _repository.Packs(PackKind.Data).Single(found => found.Key.TryParsePack(out SessionId session, out _) && session == owner);
        _repository.Damage(pack.Key, 2_000);
        foreach (SessionId id in (SessionId[])[second, twice, first, again])
        {
            Assert.Equal(_repository.Contents[id], _repository.Read(id));
            Assert.Equal(_repository.Contents[id], ReadAhead(id));
        }

        using Repository repository = _repository.Open();
        Assert.All(PackRepair.Run(repository, packs: null, PrunedRepository.Options, new CheckProgress(), default).Damaged, found => Assert.Equal(0, found.Lost));
        _repository.AssertWhole();
    }

    private Dictionary<StorageKey, byte[]> Hide(SessionId session)
    {
        Dictionary<StorageKey, byte[]> hidden = [];
        foreach (StoredObject found in _repository.Packs(PackKind.Data))
        {
            if (!found.Key.TryParsePack(out SessionId owner, out _) || owner != session)
                continue;
            hidden[found.Key] = Repository.ReadWhole(_repository.Storage, found.Key);
            _repository.Storage.Delete(found.Key);
        }

        return hidden;
    }

    private void Show(Dictionary<StorageKey, byte[]> hidden)
    {
        foreach ((StorageKey key, byte[] content) in hidden)
            Assert.True(_repository.Storage.PutIfAbsent(key, content));
    }

    private byte[] ReadAhead(SessionId id)
    {
        using Repository repository = _repository.Open();
        using ContentReader contents = new(repository, workers: 2);
        using TreeReader trees = new(repository);
        MemoryStream output = new();
        contents.CopyTo(Assert.Single(trees.Entries(SnapshotList.Read(repository, id).Manifest.Root, "test")), "test", output, default);
        return output.ToArray();
    }

    private long Deltas()
    {
        using Repository repository = _repository.Open();
        return repository.Index.DeltaCount;
    }
}
