using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Repositories;

namespace Snapstore.Tests.Garbage;

/// <summary>Segments of which little is waste are moved as they are stored, as far as waste may stay.</summary>
public sealed class MovedWasteTests
{
    private const int Files = 680, FileSize = 30_000;

    private static PruneOptions Options => PrunedRepository.Options;

    [Fact]
    public void A_segment_with_little_waste_keeps_its_bytes_and_one_with_much_is_taken_apart()
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        SessionId second = BackUpHalfWasted(repository, place);

        PruneReport report = Prune(repository, Options);

        PruneTotals plan = report.Plan!;
        Assert.InRange(plan.RepackWasteBytes, 8 * FileSize, 20 * FileSize);
        Assert.InRange(plan.UnusedAfterBytes, plan.RepackWasteBytes, (plan.Bytes - plan.FreedBytes) / 20);
        AssertWhole(repository, second, place);
        PruneTotals next = Prune(repository, Options with { IsDryRun = true }).Plan!;
        Assert.InRange(next.UnusedAfterBytes, plan.UnusedAfterBytes * 9 / 10, plan.UnusedAfterBytes * 11 / 10);
        Assert.Equal((0, 0), (next.DeletePacks, next.RepackPacks));
    }

    [Fact]
    public void Where_no_waste_may_stay_none_is_moved()
    {
        using TestDirectory place = new();
        TestRepository repository = new();
        SessionId second = BackUpHalfWasted(repository, place);

        Prune(repository, Options);
        PruneReport report = Prune(repository, Options with { UnusedShareMax = 0 });

        Assert.Equal((0L, 0L), (report.Plan!.RepackWasteBytes, report.Plan.UnusedAfterBytes));
        Assert.True(report.Plan.FreedBytes > 8 * FileSize);
        Assert.Equal((0, 0L), Prune(repository, Options with { UnusedShareMax = 0, IsDryRun = true }).Plan is { } left ? (left.RepackPacks, left.UnusedAfterBytes) : default);
        AssertWhole(repository, second, place);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Waste_that_is_not_what_it_is_said_to_be_is_left_behind(bool isIntact)
    {
        using MemoryStorage storage = new();
        byte[][] blobs = [.. Enumerable.Range(0, 20).Select(i => TestFiles.Bytes(i, FileSize))];
        using Repository repository = SmallRepository.Over(storage);
        BlobId waste = repository.Keys.DataId(isIntact ? blobs[7] : "others"u8);
        using (BlobWriter writer = SmallRepository.Writer(repository))
        {
            for (int i = 0; i < blobs.Length; i++)
                writer.PutData(i == 7 ? waste : repository.Keys.DataId(blobs[i]), blobs[i]);
            writer.Finish();
        }

        IndexedPack pack = Assert.Single(PackCatalog.List(repository).Read());
        SessionId session = SessionId.NewRandom();
        using (Repacker repacker = new(repository, session, workers: 0, TimeProvider.System) { Tolerance = 0.1 })
        {
            repacker.Add([pack], (in BlobRecord blob, DeltaRecord? _) => blob.Id != waste, default);
            repacker.Finish();
        }

        IndexedPack moved = Assert.Single(PackCatalog.List(repository).Read(), found => found.Session == session);
        Assert.Equal(isIntact ? 20 : 19, moved.Directory.Blobs.Length);
        Assert.Equal(isIntact, moved.Directory.Blobs.ToArray().Any(blob => blob.Id == waste));
    }

    // Every 20th file of the first half is gone, and every other of the second.
    private static SessionId BackUpHalfWasted(TestRepository repository, TestDirectory place)
    {
        Directory.CreateDirectory(place["tree"]);
        for (int i = 0; i < Files; i++)
            TestFiles.Write(place[$"tree/{i:d3}"], TestFiles.Bytes(i, FileSize));
        SessionId first = repository.Backup(place["tree"]).Id!.Value;
        for (int i = 0; i < Files; i += i < Files / 2 ? 20 : 2)
            File.Delete(place[$"tree/{i:d3}"]);
        SessionId second = repository.Backup(place["tree"]).Id!.Value;
        using Repository opened = repository.Open();
        Forgetter.Forget(opened, first, PrunedRepository.Origin);
        return second;
    }

    private static PruneReport Prune(TestRepository repository, PruneOptions options)
    {
        using Repository opened = repository.Open();
        return Pruner.Run(opened, options, new PruneProgress(), default);
    }

    private static void AssertWhole(TestRepository repository, SessionId snapshot, TestDirectory place)
    {
        repository.AssertRestores(snapshot, place["tree"], place["restored"]);
        using Repository opened = repository.Open();
        Assert.False(Checker.Run(opened, new CheckOptions { ReadData = ReadDataSelection.All }, new CheckProgress(), default).HasDamage);
    }
}
