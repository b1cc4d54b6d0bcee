using System.Globalization;
using Snapstore.Formats;

namespace Snapstore.Tests.Spec;

/// <summary>spec/formats/records.md and manifest.md against the program.</summary>
public sealed class SpecRecordTests
{
    private static readonly SpecPage Records = SpecPage.Read("records.md");
    private static readonly SpecPage Manifests = SpecPage.Read("manifest.md");
    private static readonly SpecPage Garbage = SpecPage.Read("garbage.md");
    private static readonly RecordOrigin Origin = new("host", "ada", "snapstore 0.1", SpecValues.NewYear * 1_000_000_000);

    [Fact]
    public void Varints_are_those_of_the_page()
    {
        foreach (SpecLine line in Records.Lines("varints"))
        {
            ulong value = ulong.Parse(line.Remark, CultureInfo.InvariantCulture);
            ByteWriter writer = new();
            writer.Varint(value);
            Assert.Equal(line.Bytes, writer.ToArray());
            ByteReader reader = new(line.Bytes, "the page");
            Assert.Equal(value, reader.Varint());
            reader.End();
        }
    }

    [Fact]
    public void Zigzags_are_those_of_the_page()
    {
        foreach (SpecLine line in Records.Lines("zigzags"))
        {
            long value = long.Parse(line.Remark, CultureInfo.InvariantCulture);
            ByteWriter writer = new();
            writer.Zigzag(value);
            Assert.Equal(line.Bytes, writer.ToArray());
            ByteReader reader = new(line.Bytes, "the page");
            Assert.Equal(value, reader.Zigzag());
            reader.End();
        }
    }

    [Fact]
    public void Text_is_that_of_the_page()
    {
        ByteWriter writer = new();
        writer.Text("Grüße");
        Assert.Equal(Records.Bytes("text"), writer.ToArray());
        ByteReader reader = new(Records.Bytes("text"), "the page");
        Assert.Equal("Grüße", reader.Text());
    }

    [Fact]
    public void Tagged_fields_are_those_of_the_page()
    {
        FieldWriter writer = new();
        writer.Varint(1, critical: true, 300);
        writer.Text(4, critical: false, "host");
        writer.TextList(9, critical: false, ["a", "bc"]);
        Assert.Equal(Records.Bytes("fields"), writer.Written.ToArray());

        FieldReader reader = new(Records.Bytes("fields"), "the page", static _ => true);
        Assert.Equal(300UL, reader.Varint(1));
        Assert.Equal("host", reader.Text(4));
        Assert.Equal(["a", "bc"], reader.TextList(9));
    }

    [Fact]
    public void Padding_is_that_of_the_page()
    {
        Assert.Equal(Records.Bytes("padded"), Padding.Pad("hello"u8));
        Assert.Equal("hello"u8, Padding.Unpad(Records.Bytes("padded"), "the page"));
    }

    [Fact]
    public void A_manifest_is_that_of_the_page()
    {
        Manifest example = new()
        {
            Root = SpecValues.Id(0x11),
            Source = SourceKind.Command,
            Paths = ["/dump.sql"u8.ToArray()],
            Host = "host",
            User = "ada",
            TimeNanoseconds = (SpecValues.NewYear * 1_000_000_000) + 1,
            StartNanoseconds = (SpecValues.NewYear * 1_000_000_000) + 1,
            EndNanoseconds = (SpecValues.NewYear + 2) * 1_000_000_000,
            Tags = ["home", "weekly"],
            Program = "snapstore 0.1",
            Parent = SpecValues.Parent,
            Sequence = 2,
            ParentHash = SpecValues.Hash(0x22),
            Counts = new SnapshotCounts
            {
                Files = 3,
                Directories = 2,
                Others = 1,
                Bytes = 4096,
                FilesNew = 1,
                FilesChanged = 1,
                FilesUnchanged = 1,
                DirectoriesUnchanged = 0,
                DataBlobsNew = 2,
                DataBytesNew = 300,
                MetaBlobsNew = 3,
                MetaBytesNew = 500,
                BytesStored = 66000,
            },
            WarningCount = 1,
            Warnings = ["/x: gone"],
            Command = new CommandFacts(["pg_dump", "db"], 0, TimeSpan.FromSeconds(1.5), "done"u8.ToArray()),
            Excludes = ["*.tmp"],
        };
        byte[] page = Manifests.Bytes("manifest");
        Assert.Equal(page, example.Encode());
        Assert.Equivalent(example, Manifest.Decode(page), strict: true);
        Assert.Equal(page, Manifest.Decode(page).Encode());
    }

    [Fact]
    public void A_session_record_is_that_of_the_page()
    {
        SessionRecord example = new("host", "ada", "snapstore 0.1", 4711, SpecValues.NewYear * 1_000_000_000, "m1 b1 pid:[1] 99");
        Assert.Equal(Manifests.Bytes("session-record"), example.Encode());
        Assert.Equal(example, SessionRecord.Decode(Manifests.Bytes("session-record")));
    }

    [Fact]
    public void A_label_is_that_of_the_page()
    {
        SnapshotLabel example = new(["home", "weekly"], SpecValues.NewYear * 1_000_000_000);
        Assert.Equal(Manifests.Bytes("label"), example.Encode());
        Assert.Equivalent(example, SnapshotLabel.Decode(Manifests.Bytes("label")), strict: true);
    }

    [Fact]
    public void The_label_of_a_held_snapshot_is_that_of_the_page()
    {
        SnapshotLabel example = new(["home", "weekly"], SpecValues.NewYear * 1_000_000_000, IsHeld: true);
        Assert.Equal(Manifests.Bytes("label-held"), example.Encode());
        Assert.Equivalent(example, SnapshotLabel.Decode(Manifests.Bytes("label-held")), strict: true);
    }

    [Fact]
    public void The_records_of_garbage_collection_are_those_of_the_page()
    {
        Assert.Equal(Garbage.Bytes("origin-record"), OriginRecord.Encode(Origin));
        Assert.Equal(Origin, OriginRecord.Decode(Garbage.Bytes("origin-record"), "example"));

        PackListRecord packs = new(Origin, [new PackName(SpecValues.Session, SpecValues.Hash(0x11)), new PackName(SpecValues.Session, SpecValues.Hash(0x22))]);
        Assert.Equal(Garbage.Bytes("pack-list-record"), packs.Encode());
        Assert.Equivalent(packs, PackListRecord.Decode(Garbage.Bytes("pack-list-record"), "example"), strict: true);

        PackListRecord damaged = new(Origin, packs.Packs.Take(1).ToList(), AreDamaged: true);
        Assert.Equal(Garbage.Bytes("damaged-plan-record"), damaged.Encode());
        Assert.Equivalent(damaged, PackListRecord.Decode(Garbage.Bytes("damaged-plan-record"), "example"), strict: true);

        WatchRecord watch = new(Origin, [new WatchedSession(SpecValues.Session, 3), new WatchedSession(SpecValues.Parent, 0)]);
        Assert.Equal(Garbage.Bytes("watch-record"), watch.Encode());
        Assert.Equivalent(watch, WatchRecord.Decode(Garbage.Bytes("watch-record"), "example"), strict: true);
    }
}
