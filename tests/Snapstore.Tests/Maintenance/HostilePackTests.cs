using Snapstore.Compression;
using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Maintenance;
using Snapstore.Repositories;
using Snapstore.Storage;

namespace Snapstore.Tests.Maintenance;

/// <summary>Packs sealed with the real keys whose insides lie.</summary>
public sealed class HostilePackTests : IDisposable
{
    private const byte Raw = 0, Zstd = 1;
    private const long MemoryMax = 128 << 20;

    private readonly RepositoryBuilder _builder = new();
    private readonly byte[] _plain = new byte[10_000];

    private BlobRecord Blob => new(_builder.Repository.Keys.DataId(_plain), _plain.Length);

    [Fact]
    public void A_right_pack_made_by_hand_is_whole()
    {
        PutPack(Record([Zstd, .. Frame(_plain)], Blob), [Zstd, .. Frame(_plain)]);
        Assert.False(Check().HasDamage);
    }

    [Fact]
    public void A_frame_that_announces_16_EiB_is_damage()
    {
        // Magic, a descriptor with an 8-byte content size, the window, then the size (RFC 8878, 3.1.1.1).
        byte[] bomb = [0x28, 0xb5, 0x2f, 0xfd, 0xc0, 0, .. BitConverter.GetBytes(ulong.MaxValue - 2), 1, 0, 0];
        AssertDamage([Zstd, .. bomb], Blob);
    }

    [Fact]
    public void A_frame_that_holds_more_or_less_than_its_blobs_is_damage()
    {
        AssertDamage([Zstd, .. Frame(new byte[64 << 20])], Blob);
        AssertDamage([Zstd, .. Frame(new byte[9999])], Blob);
        AssertDamage([Zstd, .. Frame(_plain)[..^3]], Blob);
        AssertDamage([Zstd], Blob);
        AssertDamage([Raw, .. _plain[..^1]], Blob);
        AssertDamage([Raw, .. _plain, 0], Blob);
        AssertDamage([], Blob);
    }

    [Fact]
    public void An_unknown_codec_is_damage() => AssertDamage([7, .. _plain], Blob);

    [Fact]
    public void Bytes_of_another_blob_are_damage() =>
        AssertDamage([Raw, .. _plain], new BlobRecord(new BlobId(new byte[32]), _plain.Length));

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData((ulong)int.MaxValue)]
    [InlineData((ulong)uint.MaxValue + 1)]
    [InlineData((ulong)Limits.BlobSizeMax + 1)]
    public void Lengths_and_counts_beyond_bounds_are_damage(ulong number)
    {
        byte[] payload = [Raw, .. _plain];
        AssertDamage(number, 0, 1, (ulong)_plain.Length, payload, segments: 1);
        AssertDamage((ulong)(payload.Length + Sealer.Overhead), number, 1, (ulong)_plain.Length, payload, segments: 1);
        AssertDamage((ulong)(payload.Length + Sealer.Overhead), 0, number, (ulong)_plain.Length, payload, segments: 1);
        AssertDamage((ulong)(payload.Length + Sealer.Overhead), 0, 1, number, payload, segments: 1);
        AssertDamage((ulong)(payload.Length + Sealer.Overhead), 0, 1, (ulong)_plain.Length, payload, segments: number);
    }

    [Fact]
    public void An_index_that_describes_another_pack_is_damage()
    {
        byte[] payload = [Raw, .. _plain];
        byte[] stored = Seal(payload);
        IndexedPack pack = PutPack(Directory(stored.Length, Blob), payload);
        PackDirectory lie = new();
        lie.Add(stored.Length, [Blob with { Id = new BlobId(new byte[32]) }]);
        byte[] record = IndexObject.Encode([pack with { Directory = lie }]);
        Assert.True(_builder.Repository.Put(StorageKey.Index(pack.Session, 7), SealKind.Index, record, pack.Session, 7));
        CheckReport report = Check();
        Assert.Contains(report.Findings, f => f.Object == StorageKey.Pack(pack.Session, pack.Hash).Name && f.Kind == FindingKind.Damage);
    }

    public void Dispose() => _builder.Dispose();

    private static byte[] Frame(byte[] plain)
    {
        using ZstdCompressor compressor = new(CompressionLevel.Default);
        byte[] frame = new byte[ZstdCompressor.Bound(plain.Length)];
        return frame[..compressor.Compress(plain, frame)];
    }

    private static ByteWriter Record(ulong stored, ulong form, ulong blobs, ulong length, ulong segments)
    {
        ByteWriter record = new();
        record.Varint(segments);
        record.Varint(stored);
        record.Varint(form);
        record.Varint(blobs);
        record.Raw(new byte[32]);
        record.Varint(length);
        return record;
    }

    private static PackDirectory Directory(int storedLength, BlobRecord blob)
    {
        PackDirectory directory = new();
        directory.Add(storedLength, [blob]);
        return directory;
    }

    private static ByteWriter Record(byte[] payload, BlobRecord blob)
    {
        ByteWriter record = new();
        Directory(payload.Length + Sealer.Overhead, blob).Encode(record);
        return record;
    }

    private void AssertDamage(byte[] payload, BlobRecord blob) => AssertDamage(Record(payload, blob), payload);

    private void AssertDamage(ulong stored, ulong form, ulong blobs, ulong length, byte[] payload, ulong segments) =>
        AssertDamage(Record(stored, form, blobs, length, segments), payload);

    private void AssertDamage(ByteWriter record, byte[] payload)
    {
        string name = PutPack(record, payload);
        long before = GC.GetAllocatedBytesForCurrentThread();
        CheckReport report = Check();
        Assert.Contains(report.Findings, f => f.Object == name && f.Kind == FindingKind.Damage);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < MemoryMax);
        _builder.Test.Remove(name);
    }

    private CheckReport Check()
    {
        using Repository repository = _builder.OpenOn(_builder.Storage);
        return SmallCorpus.Check(repository, ReadDataSelection.All);
    }

    private IndexedPack PutPack(PackDirectory directory, byte[] payload)
    {
        ByteWriter record = new();
        directory.Encode(record);
        byte[] bytes = _builder.Test[PutPack(record, payload)];
        return new IndexedPack(_builder.Session, Repository.HashOf(bytes), bytes.Length, PackKind.Data, directory);
    }

    private string PutPack(ByteWriter record, byte[] payload)
    {
        SealContext context = new(SealKind.PackDirectory, _builder.Repository.Id, _builder.Session);
        byte[] envelope = Envelope.Seal(_builder.Repository.Keys, context, record.Written);
        byte[] pack = [.. PackFrame.Header(PackKind.Data), .. Seal(payload), .. envelope, .. PackFrame.Trailer(envelope.Length)];
        string name = StorageKey.Pack(_builder.Session, Repository.HashOf(pack)).Name;
        _builder.Test[name] = pack;
        return name;
    }

    private byte[] Seal(byte[] payload)
    {
        SealContext bound = new(SealKind.DataSegment, _builder.Repository.Id);
        byte[] context = new byte[SealContext.Size];
        bound.Encode(context);
        byte[] stored = new byte[payload.Length + Sealer.Overhead];
        Sealer.Seal(_builder.Repository.Keys, bound.Purpose, context, payload, stored);
        return stored;
    }
}
