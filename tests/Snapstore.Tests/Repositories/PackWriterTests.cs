using Snapstore.Compression;
using Snapstore.Formats;
using Snapstore.Repositories;
using Snapstore.Storage;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Repositories;

public sealed class PackWriterTests
{
    [Fact]
    public void A_reader_finds_what_was_written() => SeededValues.ForAll(
        static values =>
        {
            using MemoryStorage storage = new();
            using Repository repository = SmallRepository.Over(storage);
            PackKind kind = (PackKind)(1 + values.Int(2));
            IndexedPack written = Write(repository, kind, values, segments: 1 + values.Int(20));
            StoredObject stored = Assert.Single(storage.List(""));
            Assert.Equal(StorageKey.Pack(written.Session, written.Hash), stored.Key);
            Assert.Equal(written.Size, stored.Size);
            Assert.Equal(written.Hash, Repository.HashOf(SmallRepository.Read(storage, stored.Key)));

            IndexedPack read = PackReader.ReadDirectory(repository, stored.Key, stored.Size);
            Assert.True(read.Directory.IsSameAs(written.Directory));
            Assert.Equal(written, read with { Directory = written.Directory });
        },
        cases: 60);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(1, 20)]
    [InlineData(200, 3)]
    [InlineData(1000, 40)]
    [InlineData(3000, 40)]
    public void Sizes_tell_little(int segments, int blobsEach)
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        SeededValues values = new(segments);
        IndexedPack pack = Write(repository, PackKind.Data, values, segments, blobsEach);
        bool isFewSizes = pack.Size > 1 << 20 ? pack.Size % (64 << 10) == 0 : Padding.Padme(pack.Size) == pack.Size;
        Assert.True(isFewSizes, $"the pack has {pack.Size} bytes");
        Assert.Equal(pack.Size, Assert.Single(storage.List("")).Size);
    }

    [Fact]
    public void Every_flipped_bit_of_frame_and_directory_is_detected()
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        IndexedPack pack = Write(repository, PackKind.Data, new SeededValues(3), segments: 2, blobsEach: 2);
        StorageKey key = StorageKey.Pack(pack.Session, pack.Hash);
        byte[] content = SmallRepository.Read(storage, key);
        for (int i = 0; i < content.Length; i++)
        {
            if (i >= PackFrame.HeaderSize && i < pack.Directory.EndOffset)
                continue;
            // The kind of the pack is in the header alone; the segments' kinds answer for it.
            if (i == 9)
                continue;
            content[i] ^= 1;
            SmallRepository.Overwrite(storage, key, content);
            Assert.ThrowsAny<SnapstoreException>(() => PackReader.ReadDirectory(repository, key, content.Length));
            content[i] ^= 1;
        }
    }

    [Fact]
    public void Refuses_a_pack_under_another_sessions_name()
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        IndexedPack pack = Write(repository, PackKind.Data, new SeededValues(4), segments: 1);
        StorageKey moved = StorageKey.Pack(SpecValues.Parent, pack.Hash);
        storage.PutIfAbsent(moved, SmallRepository.Read(storage, StorageKey.Pack(pack.Session, pack.Hash)));
        Assert.Throws<CorruptDataException>(() => PackReader.ReadDirectory(repository, moved, pack.Size));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(115)]
    [InlineData(Limits.PackSizeMax + 1)]
    public void Refuses_sizes_that_no_pack_has(long size)
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        StorageKey key = StorageKey.Pack(SpecValues.Session, SpecValues.Hash(1));
        Assert.Throws<CorruptDataException>(() => PackReader.ReadDirectory(repository, key, size));
    }

    [Fact]
    public void A_segment_codec_opens_what_it_made_and_notices_every_flipped_bit()
    {
        using Snapstore.Crypto.KeyRing keys = SpecValues.NewKeys();
        using SegmentCodec codec = new(keys, SpecValues.Repository, CompressionLevel.Default);
        SeededValues.ForAll(
            values =>
            {
                byte[] plain = values.Bool() ? values.Bytes(100_000) : new byte[values.Int(100_000)];
                byte[] stored = new byte[SegmentCodec.StoredBound(plain.Length)];
                PackKind kind = (PackKind)(1 + values.Int(2));
                int length = codec.Encode(kind, plain, stored);
                byte[] opened = new byte[plain.Length];
                codec.Decode(kind, stored.AsSpan(0, length), opened, "segment");
                Assert.Equal(plain, opened);
                Assert.Throws<CorruptDataException>(() => codec.Decode((PackKind)(3 - (int)kind), stored.AsSpan(0, length), opened, "segment"));

                stored[values.Int(length)] ^= (byte)(1 << values.Int(8));
                Assert.Throws<CorruptDataException>(() => codec.Decode(kind, stored.AsSpan(0, length), opened, "segment"));
            },
            cases: 50);
    }

    [Fact]
    public void Blob_readers_verify_what_they_give()
    {
        using MemoryStorage storage = new();
        using Repository repository = SmallRepository.Over(storage);
        byte[] lie = "not what the id says"u8.ToArray();
        using SegmentCodec codec = new(repository.Keys, repository.Id, CompressionLevel.Off);
        byte[] stored = new byte[SegmentCodec.StoredBound(lie.Length)];
        int length = codec.Encode(PackKind.Data, lie, stored);
        using (PackWriter writer = new(repository, SpecValues.Session, PackKind.Data))
        {
            writer.Add(stored.AsSpan(0, length), [new BlobRecord(SpecValues.Id(1), lie.Length)]);
            writer.Publish();
        }

        using BlobReader reader = new(repository);
        CorruptDataException refusal = Assert.Throws<CorruptDataException>(() => reader.Read(SpecValues.Id(1), "/home/x"));
        Assert.Contains(SpecValues.Id(1).ToString(), refusal.Message, StringComparison.Ordinal);
        Assert.Throws<CorruptDataException>(() => reader.Read(SpecValues.Id(2), "/home/x"));
    }

    private static IndexedPack Write(Repository repository, PackKind kind, SeededValues values, int segments, int blobsEach = 3)
    {
        using PackWriter writer = new(repository, SessionId.NewRandom(), kind);
        for (int i = 0; i < segments; i++)
        {
            BlobRecord[] blobs = [.. Enumerable.Range(0, blobsEach).Select(_ => new BlobRecord(values.Id(), values.Int(1000)))];
            writer.Add(values.Fill(100 + values.Int(300)), blobs);
        }

        return writer.Publish();
    }
}
