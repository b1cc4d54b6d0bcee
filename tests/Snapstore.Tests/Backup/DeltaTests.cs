using Snapstore.Backup;
using Snapstore.Chunking;
using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Backup;

/// <summary>Chunks that are stored as differences from the parent's.</summary>
public sealed class DeltaTests
{
    private const int Rows = 100_000;

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void A_table_of_which_a_hundredth_changed_is_stored_in_a_hundredth(int workers)
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        // One key for every run: under one in twenty a changed row moves a cut or two, and these chunks are stored afresh.
        using KeyRing ids = KeyRing.Of([new(KeyPurpose.BlobId, TestFiles.Bytes(1, KeyRing.KeySize)), new(KeyPurpose.Chunker, TestFiles.Bytes(2, KeyRing.KeySize))]);
        TestRepository repository = new(new MemoryStorage(), ids) { Workers = workers };
        TestFiles.Write(place["tree/table"], TableLines.Make(Rows));
        BackupReport first = repository.Backup(place["tree"]);
        TestFiles.Write(place["tree/table"], TableLines.Make(Rows, changedPerMille: 10, seed: 1));

        BackupReport second = repository.Backup(place["tree"]);

        SnapshotCounts counts = second.Manifest.Counts;
        Assert.True(counts.DataBlobsNew > 100, $"only {counts.DataBlobsNew} chunks are new");
        Assert.True(counts.DeltaBlobsNew > counts.DataBlobsNew * 19 / 20, $"{counts.DeltaBlobsNew} of {counts.DataBlobsNew} new chunks are deltas");
        Assert.InRange(counts.DeltaBytesNew, counts.DataBytesNew * 19 / 20, counts.DataBytesNew);
        double share = (double)counts.BytesStored / first.Manifest.Counts.BytesStored;
        Assert.True(share < 0.015, $"the second snapshot stored {share:P2} of the first");
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Fact]
    public void Rows_that_grow_and_rows_put_in_between_do_not_lose_the_way()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestRepository repository = new() { Workers = 0 };
        byte[] before = TableLines.Make(Rows);
        TestFiles.Write(place["tree/table"], before);
        BackupReport first = repository.Backup(place["tree"]);

        byte[] changed = TableLines.Make(Rows, changedPerMille: 10, seed: 1);
        int cut = Array.IndexOf(changed, (byte)'\n', changed.Length / 3) + 1;
        TestFiles.Write(place["tree/table"], [.. TestFiles.Bytes(5, 3_000), .. changed[..cut], .. TestFiles.Bytes(6, 700_001), .. changed[cut..]]);
        BackupReport second = repository.Backup(place["tree"]);

        SnapshotCounts counts = second.Manifest.Counts;
        Assert.True(counts.DeltaBlobsNew > counts.DataBlobsNew * 8 / 10, $"{counts.DeltaBlobsNew} of {counts.DataBlobsNew} new chunks are deltas");
        // Where something was put in, a chunk or two have no base.
        Assert.True(counts.BytesStored - 703_001 < first.Manifest.Counts.BytesStored / 10, $"it stored {counts.BytesStored}");
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Fact]
    public void A_base_is_never_a_delta_however_many_snapshots_follow()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestRepository repository = new() { Workers = 0 };
        Func<int, int> version = static _ => 0;
        for (int round = 0; round < 5; round++)
        {
            Func<int, int> before = version;
            int seed = round;
            version = row => TableLines.Version(row, 10, seed, before);
            TestFiles.Write(place["tree/table"], TableLines.Make(Rows / 4, changedPerMille: 10, seed, before));
            BackupReport report = repository.Backup(place["tree"]);
            repository.AssertRestores(report.Id, place["tree"], place[$"restored{round}"]);
            Assert.Equal(round > 0, report.Manifest.Counts.DeltaBlobsNew > 0);
        }

        using Repository opened = repository.Open();
        Assert.True(opened.Index.DeltaCount > 100);
        Assert.All(opened.Index.Deltas(), delta => Assert.True(opened.Index.ContainsPlain(delta.Base)));
    }

    [Fact]
    public void Deltas_that_grow_from_snapshot_to_snapshot_get_a_new_base_in_time()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestRepository repository = new() { Workers = 0 };
        Func<int, int> version = static _ => 0;
        List<long> stored = [];
        for (int round = 0; round < 48; round++)
        {
            (Func<int, int> before, int seed) = (version, round);
            Dictionary<int, int> versions = Enumerable.Range(0, Rows / 2).ToDictionary(row => row, row => TableLines.Version(row, 10, seed, before));
            version = row => versions[row];
            TestFiles.Write(place["tree/table"], TableLines.Make(Rows / 2, changedPerMille: 10, seed, before));
            stored.Add(repository.Backup(place["tree"]).Manifest.Counts.BytesStored);
        }

        // Without that 4.6, and each one more than the one before.
        double copies = (double)stored.Skip(1).Sum() / stored[0];
        Assert.True(copies < 3.8, $"48 snapshots took {copies:F2} copies: {string.Join(' ', stored)}");
    }

    [Fact]
    public void A_file_that_was_replaced_wholly_is_stored_as_it_is()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestRepository repository = new() { Workers = 0 };
        TestFiles.Write(place["tree/file"], TestFiles.Bytes(1, 20 << 20));
        repository.Backup(place["tree"]);
        TestFiles.Write(place["tree/file"], TestFiles.Bytes(2, 20 << 20));

        BackupReport second = repository.Backup(place["tree"]);

        Assert.Equal(0, second.Manifest.Counts.DeltaBlobsNew);
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Fact]
    public void Without_compression_there_are_no_deltas()
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestRepository repository = new() { Workers = 0 };
        TestFiles.Write(place["tree/table"], TableLines.Make(10_000));
        BackupOptions options = repository.Options with { Compression = CompressionLevel.Off };
        repository.Backup(place["tree"], options: options);
        TestFiles.Write(place["tree/table"], TableLines.Make(10_000, changedPerMille: 10, seed: 1));
        BackupReport second = repository.Backup(place["tree"], options: options);
        Assert.True(second.Manifest.Counts.DataBlobsNew > 5);
        Assert.Equal(0, second.Manifest.Counts.DeltaBlobsNew);
    }

    [Theory]
    [InlineData("fixed:64KiB", 32 << 12)]
    [InlineData("content", 32 << 13)]
    public void A_page_written_in_place_costs_about_a_page_and_not_a_block(string chunker, int bytesMax)
    {
        using TestDirectory place = new();
        Directory.CreateDirectory(place["tree"]);
        TestRepository repository = new() { Workers = 0 };
        BackupOptions options = repository.Options with { Chunker = ChunkerChoice.Parse(chunker) };
        byte[] image = TestFiles.Bytes(3, 8 << 20);
        TestFiles.Write(place["tree/image"], image);
        repository.Backup(place["tree"], options: options);
        for (int page = 5; page < image.Length >> 12; page += 64)
            TestFiles.Bytes(page, 4096).CopyTo(image, page << 12);
        TestFiles.Write(place["tree/image"], image);

        BackupReport second = repository.Backup(place["tree"], options: options);

        SnapshotCounts counts = second.Manifest.Counts;
        Assert.InRange(counts.DeltaBlobsNew, counts.DataBlobsNew - 2, counts.DataBlobsNew);
        Assert.InRange(counts.BytesStored, 32 << 12, bytesMax + 50_000);
        repository.AssertRestores(second.Id, place["tree"], place["restored"]);
    }

    [Fact]
    public void Keeps_only_what_is_under_half_of_a_fresh_chunk()
    {
        using DeltaEncoder encoder = new(CompressionLevel.Default);
        byte[] old = TableLines.Make(700);
        byte[] close = TableLines.Make(700, changedPerMille: 10, seed: 1);
        byte[] far = TestFiles.Bytes(1, 60_000);
        using ZstdCompressor fresh = new(CompressionLevel.Default);
        byte[] room = new byte[ZstdCompressor.Bound(far.Length)];

        Assert.InRange(encoder.Encode(close, old, before: 0)!.Length, 1, fresh.Compress(close, room) / 20);
        Assert.Null(encoder.Encode(far, old, before: 0));

        // What compresses to nothing anyway gains nothing by a base, be the frame as small as it may.
        encoder.Begin();
        Assert.Null(encoder.Encode(new byte[64 << 10], new byte[64 << 10], before: 0));
    }
}
