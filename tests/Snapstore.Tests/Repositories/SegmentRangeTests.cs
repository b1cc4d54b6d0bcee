using Snapstore.Backup;
using Snapstore.Formats;
using Snapstore.Garbage;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Storage;

namespace Snapstore.Tests.Repositories;

/// <summary>Segments that follow one another are fetched together from far away, and one by one from near.</summary>
public sealed class SegmentRangeTests
{
    private static readonly PackReference One = Pack(1), Other = Pack(2);

    [Fact]
    public void Neighbours_are_joined_up_to_a_bound()
    {
        SegmentLocation[] segments =
        [
            new(One, 16, 1_200_000, 1), new(One, 1_200_016, 1_200_000, 1), new(One, 2_400_016, 1_200_000, 1), new(One, 3_600_016, 1_200_000, 1),
            new(One, 5_200_016, 10, 1), new(Other, 5_200_026, 10, 1), new(Other, 16, 8_000_000, 1),
        ];

        const int LengthMax = 4 << 20;
        Assert.Equal([3, 1, 1, 1, 1], SegmentRange.Join(new FarStorage(8), segments, segment => segment, LengthMax).Select(run => run.Count));
        Assert.All(SegmentRange.Join(new MemoryStorage(), segments, segment => segment, LengthMax), run => Assert.Single(run));
    }

    [Fact]
    public void A_restore_and_a_prune_of_what_is_far_read_less_often_and_give_the_same()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestFiles.Write(place["tree/large"], Letters(1, 20_000_000));
        for (int i = 0; i < 400; i++)
            TestFiles.Write(place[$"tree/{i}"], Letters(i + 2, 30_000));
        FarStorage far = new(8);
        TestRepository repository = new(far);
        BackupReport first = repository.Backup(place["tree"]);
        int before = far.Reads;
        repository.AssertRestores(first.Id, place["tree"], place["restored"]);
        long segments = Segments(repository);
        Assert.True(far.Reads - before < segments, $"{far.Reads - before} reads for {segments} segments");

        for (int i = 0; i < 400; i += 2)
            File.Delete(place[$"tree/{i}"]);
        BackupReport second = repository.Backup(place["tree"]);
        using (Repository opened = repository.Open())
        {
            Forgetter.Forget(opened, first.Id!.Value, new RecordOrigin("host", "user", "test", 0));
            Assert.True(Pruner.Run(opened, new PruneOptions { Origin = new RecordOrigin("host", "user", "test", 0), UnusedShareMax = 0 }, new PruneProgress(), default).PacksDeleted > 0);
        }

        repository.AssertRestores(second.Id, place["tree"], place["again"]);
        using Repository checkedOne = repository.Open();
        Assert.False(Checker.Run(checkedOne, new CheckOptions { ReadData = ReadDataSelection.All }, new CheckProgress(), default).HasDamage);
    }

    [Fact]
    public void A_restore_fetches_much_of_a_large_file_at_a_time_and_of_small_ones_about_a_thousand()
    {
        using TestDirectory place = new();
        foreach ((string name, int files, int size) in new[] { ("large", 1, 12_000_000), ("small", 6_000, 1_200) })
        {
            Directory.CreateDirectory(place[name]);
            for (int i = 0; i < files; i++)
                TestFiles.Write(place[$"{name}/{i}"], TestFiles.Bytes(i, size));
        }

        (int large, int small) = (LongestReadOf(place, "large"), LongestReadOf(place, "small"));
        Assert.InRange(large, 3 << 20, 6 << 20);
        Assert.InRange(small, 1, 2 << 20);
    }

    private static int LongestReadOf(TestDirectory place, string name)
    {
        FarStorage far = new(8);
        TestRepository repository = new(far);
        BackupReport report = repository.Backup(place[name]);
        far.ForgetReads();
        repository.AssertRestores(report.Id, place[name], place["restored-" + name]);
        return far.LongestRead;
    }

    /// <summary>Four letters by chance: compression leaves a quarter.</summary>
    private static byte[] Letters(int seed, int length) => Array.ConvertAll(TestFiles.Bytes(seed, length), one => (byte)('a' + (one & 3)));

    private static long Segments(TestRepository repository)
    {
        using Repository opened = repository.Open();
        return PackCatalog.List(opened).Read().Sum(pack => (long)pack.Directory.Segments.Length);
    }

    private static PackReference Pack(byte number)
    {
        byte[] hash = new byte[ObjectHash.Size];
        hash[0] = number;
        return new PackReference(StorageKey.Pack(SessionId.NewRandom(), new ObjectHash(hash)), 4_000_000, PackKind.Data);
    }
}
