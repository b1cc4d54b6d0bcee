using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Repositories;

namespace Snapstore.Tests.Spec;

/// <summary>spec/formats/pack.md and index.md against the program.</summary>
public sealed class SpecPackTests
{
    private const int SegmentStart = PackFrame.HeaderSize, SegmentSize = 92;

    private static readonly SpecPage Packs = SpecPage.Read("pack.md");
    private static readonly SpecPage Indexes = SpecPage.Read("index.md");

    private static ReadOnlySpan<byte> Plain => "helloworld!"u8;

    [Fact]
    public void A_segment_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        byte[] segment = Packs.Bytes("pack")[SegmentStart..(SegmentStart + SegmentSize)];
        Assert.Equal(segment, Seal(keys, Packs.Bytes("segment-plaintext")));
        Assert.Equal(Packs.Bytes("segment-plaintext"), Open(keys, segment));

        using SegmentCodec codec = new(keys, SpecValues.Repository, CompressionLevel.Off);
        byte[] plain = new byte[Plain.Length];
        codec.Decode(PackKind.Data, segment, plain, "the page");
        Assert.Equal(Plain, plain);

        byte[] stored = new byte[SegmentCodec.StoredBound(Plain.Length)];
        int length = codec.Encode(PackKind.Data, Plain, stored);
        Assert.Equal(Packs.Bytes("segment-plaintext"), Open(keys, stored[..length]));
    }

    [Fact]
    public void A_zstd_segment_of_another_program_is_read()
    {
        using KeyRing keys = SpecValues.NewKeys();
        using SegmentCodec codec = new(keys, SpecValues.Repository, CompressionLevel.Default);
        byte[] plain = new byte[Plain.Length];
        codec.Decode(PackKind.Data, Seal(keys, Packs.Bytes("segment-plaintext-zstd")), plain, "the page");
        Assert.Equal(Plain, plain);
    }

    [Fact]
    public void A_delta_of_another_program_is_read()
    {
        ReadOnlySpan<byte> frame = Packs.Bytes("segment-plaintext-deltas").AsSpan(1);
        using ZstdDecompressor frames = new();
        byte[] plain = new byte["hello, world!"u8.Length];
        frames.Decompress(frame, "hello, world?"u8, plain);
        Assert.Equal("hello, world!"u8, plain);
    }

    [Fact]
    public void A_directory_of_deltas_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        int frameLength = Packs.Bytes("segment-plaintext-deltas").Length - 1;
        PackDirectory directory = new();
        directory.Add(
            Seal(keys, Packs.Bytes("segment-plaintext-deltas")).Length,
            [new BlobRecord(keys.DataId("hello, world!"u8), frameLength)],
            [new DeltaRecord(new BlobKey(keys.DataId("hello, world?"u8)), 13)]);
        ByteWriter output = new();
        directory.Encode(output);
        Assert.Equal(Packs.Bytes("pack-directory-deltas"), output.ToArray());
        ByteReader reader = new(Packs.Bytes("pack-directory-deltas"), "the page");
        Assert.True(PackDirectory.Decode(ref reader).IsSameAs(directory));
        reader.End();
    }

    [Fact]
    public void A_directory_is_that_of_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        ByteWriter output = new();
        Directory(keys).Encode(output);
        Assert.Equal(Packs.Bytes("pack-directory"), output.ToArray());
        ByteReader reader = new(Packs.Bytes("pack-directory"), "the page");
        Assert.True(PackDirectory.Decode(ref reader).IsSameAs(Directory(keys)));
        reader.End();
    }

    [Fact]
    public void A_pack_is_put_together_as_on_the_page()
    {
        using KeyRing keys = SpecValues.NewKeys();
        byte[] record = Packs.Bytes("pack-directory");
        long sizeMin = Directory(keys).EndOffset + Envelope.Overhead + Padding.FramedLength(record.Length) + PackFrame.TrailerSize;
        long size = PackFrame.PaddedSize(sizeMin);
        SealContext context = new(SealKind.PackDirectory, SpecValues.Repository, SpecValues.Session);
        long room = size - Directory(keys).EndOffset - PackFrame.TrailerSize;
        byte[] envelope = Envelope.Seal(keys, context, record, room, SpecValues.Salt);
        byte[] pack =
        [
            .. PackFrame.Header(PackKind.Data),
            .. Seal(keys, Packs.Bytes("segment-plaintext")),
            .. envelope,
            .. PackFrame.Trailer(envelope.Length),
        ];
        Assert.Equal(Packs.Bytes("pack"), pack);
    }

    [Fact]
    public void The_pack_of_the_page_is_read_and_indexed_as_its_pages_say()
    {
        using MemoryStorage storage = new();
        byte[] pack = Packs.Bytes("pack");
        StorageKey key = StorageKey.Pack(SpecValues.Session, Repository.HashOf(pack));
        storage.PutIfAbsent(key, pack);
        using Repository repository = SmallRepository.Over(storage);

        IndexedPack read = PackReader.ReadDirectory(repository, key, pack.Length);
        Assert.True(read.Directory.IsSameAs(Directory(repository.Keys)));
        Assert.Equal(Indexes.Bytes("index-object"), IndexObject.Encode([read]));

        IndexedPack indexed = Assert.Single(IndexObject.Decode(Indexes.Bytes("index-object"), "the page"));
        Assert.True(indexed.Directory.IsSameAs(read.Directory));
        Assert.Equal(read with { Directory = indexed.Directory }, indexed);

        using BlobReader blobs = new(repository);
        Assert.Equal("world!"u8, blobs.Read(repository.Keys.DataId("world!"u8), "the page"));
    }

    private static PackDirectory Directory(KeyRing keys)
    {
        PackDirectory directory = new();
        directory.Add(SegmentSize, [new BlobRecord(keys.DataId("hello"u8), 5), new BlobRecord(keys.DataId("world!"u8), 6)]);
        return directory;
    }

    private static byte[] Seal(KeyRing keys, byte[] plaintext)
    {
        byte[] message = new byte[plaintext.Length + Sealer.Overhead];
        SpecValues.Salt.CopyTo(message, 0);
        Sealer.SealWithSalt(keys[KeyPurpose.Data], Context(), plaintext, message);
        return message;
    }

    private static byte[] Open(KeyRing keys, byte[] message)
    {
        byte[] plaintext = new byte[message.Length - Sealer.Overhead];
        Assert.True(Sealer.TryOpen(keys, KeyPurpose.Data, Context(), message, plaintext));
        return plaintext;
    }

    private static byte[] Context()
    {
        byte[] context = new byte[SealContext.Size];
        new SealContext(SealKind.DataSegment, SpecValues.Repository).Encode(context);
        return context;
    }
}
