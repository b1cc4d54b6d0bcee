using System.IO.Compression;
using System.Text;
using Snapstore.Browse;
using Snapstore.Formats;
using Snapstore.Hashing;
using Snapstore.Repositories;

namespace Snapstore.Tests.Browse;

public sealed class ZipExportTests
{
    [Fact]
    public void Holds_contents_modes_links_and_times()
    {
        ContentPart noise = ContentPart.Noise(300_000, 1);
        TestTree[] root =
        [
            TestTree.Directory("d", TestTree.File("\xc3\xa4.txt", "text").With(e => e with { Mode = 0x1ed })),
            TestTree.File("long", noise, ContentPart.Hole(100_000)),
            TestTree.Symlink("link", "d/x"),
            TestTree.File("old", "").With(e => e with { Mtime = new EntryTime(0, 0) }),
        ];
        (ZipArchive zip, ExportReport report, List<string> warnings) = Export(root);
        using (zip)
        {
            Assert.Empty(warnings);
            Assert.Equal((5, 400_004), (report.Entries, report.Bytes));
            Assert.Equal(["d/", "d/ä.txt", "link", "long", "old"], zip.Entries.Select(e => e.FullName));
            Assert.Equal("text", Text(zip, "d/ä.txt"));
            Assert.Equal(0x81ed, zip.GetEntry("d/ä.txt")!.ExternalAttributes >>> 16);
            Assert.Equal(0x41ed, zip.GetEntry("d/")!.ExternalAttributes >>> 16);
            Assert.Equal(0xa1ff, zip.GetEntry("link")!.ExternalAttributes >>> 16);
            Assert.Equal("d/x", Text(zip, "link"));
            Assert.Equal(root[1].Content(), Bytes(zip, "long"));
            Assert.Equal(new DateTime(1980, 1, 1), zip.GetEntry("old")!.LastWriteTime.DateTime);
            Assert.Equal(new DateTime(2023, 11, 14, 22, 13, 20), zip.GetEntry("long")!.LastWriteTime.DateTime);
        }
    }

    [Fact]
    public void Warns_of_what_zip_cannot_hold()
    {
        TestTree[] root =
        [
            TestTree.Other("fifo", EntryKind.Fifo),
            TestTree.Other("device", EntryKind.BlockDevice, 8, 1),
            TestTree.File("a", "same").With(Linked),
            TestTree.File("b", "same").With(Linked),
            TestTree.File("\xff", "bytes"),
        ];
        (ZipArchive zip, ExportReport report, List<string> warnings) = Export(root);
        using (zip)
        {
            Assert.Equal(["a", "b", "\\xff"], zip.Entries.Select(e => e.FullName));
            Assert.Equal("same", Text(zip, "b"));
            Assert.Equal(
                [
                    "b: zip cannot hold a hard link; it is a copy of a",
                    "device: zip cannot hold a device; it was left out",
                    "fifo: zip cannot hold a named pipe; it was left out",
                    "\\xff: zip holds names in UTF-8 only; it is stored under this escaped name",
                ],
                warnings);
            Assert.Equal(4, report.Warnings);
        }

        static TreeEntry Linked(TreeEntry entry) => entry with { Inode = 5, Device = 1, LinkCount = 2 };
    }

    [Fact]
    public void Holds_more_members_than_its_first_format_counts()
    {
        TestTree[] root = [.. Enumerable.Range(0, 66_000).Select(i => TestTree.File($"f{i:d5}", i % 1000 == 0 ? "some" : ""))];
        (ZipArchive zip, ExportReport report, List<string> _) = Export(root);
        using (zip)
        {
            Assert.Equal(66_000, report.Entries);
            Assert.Equal(66_000, zip.Entries.Count);
            Assert.Equal("f65999", zip.Entries[^1].FullName);
            Assert.Equal("some", Text(zip, "f65000"));
        }
    }

    [Fact]
    public void Sums_as_zip_does()
    {
        Crc32 sum = default;
        sum.Update("12345"u8);
        sum.Update("6789"u8);
        Assert.Equal(0xCBF43926, sum.Value);
        Crc32 whole = default;
        whole.Update("123456789"u8);
        Assert.Equal(sum.Value, whole.Value);
    }

    [Fact]
    public void Has_no_end_where_content_is_damaged()
    {
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(TestTree.File("f", ContentPart.Noise(100_000, 1)));
        test.Storage.Delete(test.Repository.Index.Packs.Single(p => p.Kind == PackKind.Data).Key);
        using MemoryStream output = new();
        Assert.ThrowsAny<SnapstoreException>(() => Run(test, snapshot, output, []));
        Assert.Throws<InvalidDataException>(() => new ZipArchive(new MemoryStream(output.ToArray())));
    }

    private static (ZipArchive Zip, ExportReport Report, List<string> Warnings) Export(TestTree[] root)
    {
        using BrowsedRepository test = new();
        Snapshot snapshot = test.Take(root);
        using MemoryStream output = new();
        List<string> warnings = [];
        ExportReport report = Run(test, snapshot, new ForwardOnly(output), warnings);
        return (new ZipArchive(new MemoryStream(output.ToArray())), report, warnings);
    }

    private static ExportReport Run(BrowsedRepository test, Snapshot snapshot, Stream output, List<string> warnings) =>
        ZipExport.Run(test.Repository, new SnapshotPath(snapshot, []), output, new ExportOptions { Warn = warnings.Add }, CancellationToken.None);

    private static string Text(ZipArchive zip, string name) => Encoding.UTF8.GetString(Bytes(zip, name));

    private static byte[] Bytes(ZipArchive zip, string name)
    {
        using Stream content = zip.GetEntry(name)!.Open();
        using MemoryStream copy = new();
        content.CopyTo(copy);
        return copy.ToArray();
    }

    /// <summary>A pipe, as far as seeking goes.</summary>
    private sealed class ForwardOnly(Stream inner) : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush() => inner.Flush();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => inner.Write(buffer, offset, count);
    }
}
