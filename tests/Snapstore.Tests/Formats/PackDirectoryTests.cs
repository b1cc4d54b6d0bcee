using Snapstore.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

/// <summary>Pack directories and the index objects that copy them.</summary>
public sealed class PackDirectoryTests
{
    [Fact]
    public void Decodes_what_was_encoded() => SeededValues.ForAll(values =>
    {
        PackDirectory directory = values.Directory();
        ByteReader reader = new(Encode(directory), "directory");
        PackDirectory decoded = PackDirectory.Decode(ref reader);
        reader.End();
        Assert.True(decoded.IsSameAs(directory));
        Assert.Equal(directory.EndOffset, decoded.EndOffset);
        Assert.Equal(Encode(directory), Encode(decoded));
    });

    [Fact]
    public void Segments_follow_each_other_without_gaps() => SeededValues.ForAll(static values =>
    {
        PackDirectory directory = values.Directory();
        long offset = PackFrame.HeaderSize;
        int blob = 0;
        foreach (SegmentRecord segment in directory.Segments)
        {
            Assert.Equal(offset, segment.Offset);
            Assert.Equal(blob, segment.FirstBlob);
            int plainLength = 0;
            foreach (BlobRecord record in directory.BlobsOf(segment))
                plainLength += record.Length;
            Assert.Equal(plainLength, segment.PlainLength);
            offset += segment.StoredLength;
            blob += segment.BlobCount;
        }

        Assert.Equal(directory.Blobs.Length, blob);
        Assert.Equal(directory.EndOffset, offset);
    });

    [Fact]
    public void Index_objects_decode_to_what_was_encoded() => SeededValues.ForAll(values =>
    {
        List<IndexedPack> packs = [];
        for (int i = values.Int(4); i > 0; i--)
        {
            PackDirectory directory = values.Directory();
            packs.Add(new IndexedPack(values.Session(), new ObjectHash(values.Fill(32)), directory.EndOffset + values.Int(1000), (PackKind)(1 + values.Int(2)), directory));
        }

        byte[] record = IndexObject.Encode(packs);
        List<IndexedPack> decoded = IndexObject.Decode(record, "index");
        Assert.Equal(packs.Count, decoded.Count);
        for (int i = 0; i < packs.Count; i++)
        {
            Assert.True(packs[i].Directory.IsSameAs(decoded[i].Directory));
            Assert.Equal(packs[i], decoded[i] with { Directory = packs[i].Directory });
        }

        Assert.Equal(record, IndexObject.Encode(decoded));
    });

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes()
    {
        AnyBytes.GiveAValueOrAnError(
            static bytes =>
            {
                ByteReader reader = new(bytes, "directory");
                _ = PackDirectory.Decode(ref reader);
            },
            [SpecPage.Read("pack.md").Bytes("pack-directory"), SpecPage.Read("pack.md").Bytes("pack-directory-deltas")],
            firstBytes: []);
        AnyBytes.GiveAValueOrAnError(
            static bytes => _ = IndexObject.Decode(bytes, "index"), [SpecPage.Read("index.md").Bytes("index-object")], firstBytes: []);
    }

    [Fact]
    public void Refuses_segments_beyond_their_bounds()
    {
        Decode(1 << 20, [8 << 20, 8 << 20]);
        Assert.Throws<CorruptDataException>(static () => Decode(1 << 20, [8 << 20, (8 << 20) + 1]));
        Assert.Throws<CorruptDataException>(static () => Decode(1 << 20, [(16 << 20) + 1]));
        Assert.Throws<CorruptDataException>(static () => Decode(0, [1]));
        Assert.Throws<CorruptDataException>(static () => Decode(1, []));
        Assert.Throws<CorruptDataException>(static () => Decode((16 << 20) + (64 << 10) + 1, [1]));
    }

    [Fact]
    public void Refuses_a_segment_of_a_form_it_does_not_know()
    {
        byte[] record = SpecPage.Read("pack.md").Bytes("pack-directory");
        record[2] = 2;
        Assert.Throws<UnsupportedException>(() =>
        {
            ByteReader reader = new(record, "directory");
            _ = PackDirectory.Decode(ref reader);
        });
    }

    [Fact]
    public void Keeps_what_there_is_to_say_of_deltas() => SeededValues.ForAll(static values =>
    {
        PackDirectory directory = values.DirectoryWithDeltas();
        byte[] record = Encode(directory);
        ByteReader reader = new(record, "directory");
        PackDirectory decoded = PackDirectory.Decode(ref reader);
        reader.End();
        Assert.True(decoded.IsSameAs(directory));
        Assert.Equal(record, Encode(decoded));
        foreach (SegmentRecord segment in decoded.Segments)
        {
            Assert.Equal(segment.HasDeltas ? segment.BlobCount : 0, decoded.DeltasOf(segment).Length);
            Assert.Equal(segment.PlainLength, decoded.BlobsOf(segment).ToArray().Sum(blob => blob.Length));
        }
    });

    [Fact]
    public void Tells_directories_apart_that_differ_in_a_base()
    {
        PackDirectory one = OfDelta(1, frameLength: 20, length: 30);
        Assert.True(one.IsSameAs(OfDelta(1, frameLength: 20, length: 30)));
        Assert.False(one.IsSameAs(OfDelta(3, frameLength: 20, length: 30)));
        Assert.False(one.IsSameAs(OfDelta(1, frameLength: 20, length: 31)));
    }

    [Fact]
    public void Refuses_deltas_beyond_their_bounds()
    {
        DecodeDelta(1, Limits.SegmentSizeMax, Limits.BlobSizeMax);
        Assert.Throws<CorruptDataException>(static () => DecodeDelta(1, Limits.SegmentSizeMax + 1, 1));
        Assert.Throws<CorruptDataException>(static () => DecodeDelta(1, 1, Limits.BlobSizeMax + 1));
        Assert.Throws<CorruptDataException>(static () => DecodeDelta(1, 0, 1));

        // Its own base.
        Assert.Throws<CorruptDataException>(static () => DecodeDelta(2, 20, 30));
    }

    [Fact]
    public void Refuses_deltas_among_nodes()
    {
        IndexedPack pack = new(SpecValues.Session, SpecValues.Hash(2), 2000, PackKind.Data, OfDelta(1, 20, 30));
        _ = IndexObject.Decode(IndexObject.Encode([pack]), "index");
        Assert.Throws<CorruptDataException>(() => IndexObject.Decode(IndexObject.Encode([pack with { Kind = PackKind.Meta }]), "index"));
    }

    [Fact]
    public void Refuses_an_index_whose_segments_do_not_fit_in_the_pack()
    {
        PackDirectory directory = new();
        directory.Add(1000, [new BlobRecord(SpecValues.Id(1), 1)]);
        IndexedPack pack = new(SpecValues.Session, SpecValues.Hash(2), 1016, PackKind.Data, directory);
        _ = IndexObject.Decode(IndexObject.Encode([pack]), "index");
        Refuses(pack with { Size = 1015 });
        Refuses(pack with { Size = Limits.PackSizeMax + 1 });
        Refuses(pack with { Kind = (PackKind)3 });
        Refuses(pack with { Kind = 0 });

        static void Refuses(IndexedPack pack) =>
            Assert.Throws<CorruptDataException>(() => IndexObject.Decode(IndexObject.Encode([pack]), "index"));
    }

    private static PackDirectory OfDelta(byte prefix, int frameLength, int length)
    {
        PackDirectory directory = new();
        directory.Add(1000, [new BlobRecord(SpecValues.Id(2), frameLength)], [new DeltaRecord(new BlobKey(SpecValues.Id(prefix)), length)]);
        return directory;
    }

    private static void DecodeDelta(byte prefix, int frameLength, int length)
    {
        ByteReader reader = new(Encode(OfDelta(prefix, frameLength, length)), "directory");
        _ = PackDirectory.Decode(ref reader);
    }

    private static void Decode(int storedLength, int[] lengths)
    {
        PackDirectory directory = new();
        directory.Add(storedLength, [.. lengths.Select(length => new BlobRecord(SpecValues.Id(1), length))]);
        ByteReader reader = new(Encode(directory), "directory");
        _ = PackDirectory.Decode(ref reader);
    }

    private static byte[] Encode(PackDirectory directory)
    {
        ByteWriter output = new();
        directory.Encode(output);
        return output.ToArray();
    }
}
