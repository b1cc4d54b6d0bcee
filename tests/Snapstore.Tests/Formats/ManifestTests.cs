using Snapstore.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

/// <summary>Manifests, session records and labels.</summary>
public sealed class ManifestTests
{
    [Fact]
    public void Decodes_what_was_encoded_and_encodes_it_to_the_same_bytes() => SeededValues.ForAll(values =>
    {
        Manifest manifest = Sample(values);
        byte[] record = manifest.Encode();
        Manifest decoded = Manifest.Decode(record);
        Assert.Equivalent(manifest, decoded, strict: true);
        Assert.Equal(record, decoded.Encode());
    });

    [Fact]
    public void Session_records_and_labels_decode_to_what_was_encoded() => SeededValues.ForAll(values =>
    {
        SessionRecord session = new(values.Text(), values.Text(), values.Text(), values.Int(int.MaxValue), values.Int64());
        Assert.Equal(session, SessionRecord.Decode(session.Encode()));
        SnapshotLabel label = new(values.Texts(), values.Int64());
        Assert.Equivalent(label, SnapshotLabel.Decode(label.Encode()), strict: true);
    });

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes()
    {
        SpecPage page = SpecPage.Read("manifest.md");
        AnyBytes.GiveAValueOrAnError(static bytes => _ = Manifest.Decode(bytes), [page.Bytes("manifest")], firstBytes: [3]);
        AnyBytes.GiveAValueOrAnError(static bytes => _ = SessionRecord.Decode(bytes), [page.Bytes("session-record")], firstBytes: [2]);
        AnyBytes.GiveAValueOrAnError(static bytes => _ = SnapshotLabel.Decode(bytes), [page.Bytes("label")], firstBytes: [2]);
    }

    [Fact]
    public void Refuses_a_source_that_it_does_not_know()
    {
        Assert.Throws<UnsupportedException>(static () => Manifest.Decode(Record(source: 5)));
        Assert.Throws<UnsupportedException>(static () => Manifest.Decode(Record(source: 0)));
        Assert.Throws<UnsupportedException>(static () => Manifest.Decode(Record(source: ulong.MaxValue)));
        Assert.Equal(SourceKind.Stream, Manifest.Decode(Record(source: 2)).Source);
    }

    [Fact]
    public void Refuses_a_manifest_without_root_source_or_time()
    {
        FieldWriter fields = new();
        Assert.Throws<CorruptDataException>(static () => Manifest.Decode([]));
        fields.Bytes(1, critical: true, SpecValues.Id(1).Span);
        byte[] noSource = fields.Written.ToArray();
        fields.Varint(2, critical: true, 1);
        byte[] noTime = fields.Written.ToArray();
        Assert.Throws<CorruptDataException>(() => Manifest.Decode(noSource));
        Assert.Throws<CorruptDataException>(() => Manifest.Decode(noTime));
        Assert.Throws<CorruptDataException>(static () => Manifest.Decode([3, 1, 0]));
    }

    [Fact]
    public void Refuses_a_critical_field_of_a_later_program_and_skips_others()
    {
        FieldWriter fields = new();
        fields.Varint(40, critical: false, 1);
        byte[] skipped = [.. Record(source: 1), .. fields.Written];
        Assert.Equal(SourceKind.Files, Manifest.Decode(skipped).Source);
        fields.Varint(41, critical: true, 1);
        byte[] refused = [.. Record(source: 1), .. fields.Written];
        Assert.Throws<UnsupportedException>(() => Manifest.Decode(refused));
    }

    [Fact]
    public void Keeps_the_first_hundred_warnings_and_counts_all()
    {
        Manifest manifest = Manifest.Decode(Record(source: 1)) with
        {
            Warnings = [.. Enumerable.Range(0, 150).Select(static number => $"warning {number}")],
            WarningCount = 150,
        };
        Manifest decoded = Manifest.Decode(manifest.Encode());
        Assert.Equal(100, decoded.Warnings.Count);
        Assert.Equal("warning 99", decoded.Warnings[^1]);
        Assert.Equal(150, decoded.WarningCount);
    }

    private static byte[] Record(ulong source)
    {
        FieldWriter fields = new();
        fields.Bytes(1, critical: true, SpecValues.Id(1).Span);
        fields.Varint(2, critical: true, source);
        fields.Zigzag(6, critical: true, 1);
        return fields.Written.ToArray();
    }

    private static Manifest Sample(SeededValues values) => new()
    {
        Root = values.Id(),
        Source = (SourceKind)(1 + values.Int(4)),
        Paths = [.. Enumerable.Range(0, values.Int(4)).Select(_ => values.Bytes(20))],
        Host = values.Text(),
        User = values.Text(),
        TimeNanoseconds = values.Int64(),
        StartNanoseconds = values.Int64(),
        EndNanoseconds = values.Int64(),
        Tags = values.Texts(),
        Program = values.Text(),
        Parent = values.Bool() ? values.Session() : null,
        Sequence = values.Size(),
        ParentHash = values.Bool() ? new ObjectHash(values.Fill(ObjectHash.Size)) : null,
        Counts = new SnapshotCounts { Files = values.Size(), Bytes = values.Size(), BytesStored = values.Size() },
        WarningCount = values.Size(),
        Warnings = values.Texts(),
        Command = values.Bool()
            ? new CommandFacts(values.Texts(), values.Int(256), TimeSpan.FromTicks(values.Size() / TimeSpan.NanosecondsPerTick), values.Bytes(50))
            : null,
        Excludes = values.Texts(),
        Origin = values.Bool() ? new SnapshotOrigin(values.Session(), values.Session()) : null,
        Database = values.Bool()
            ? new DatabaseFacts { Engine = values.Text(), Version = values.Text(), Position = [(values.Text(), values.Text())], Tables = values.Size(), Rows = values.Size() }
            : null,
    };
}
