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

    [Fact]
    public void Deltas_that_lie_are_damage_and_right_ones_are_not()
    {
        byte[] old = new byte[20_000];
        new Random(1).NextBytes(old);
        PutPack(Record([Raw, .. old], new BlobRecord(_builder.Repository.Keys.DataId(old), old.Length)), [Raw, .. old]);
        byte[] changed = [.. old[..9_000], 1, 2, 3, .. old[9_000..]];
        byte[] frame = Frame(changed, old);
        BlobKey key = new(_builder.Repository.Keys.DataId(changed)), prefix = new(_builder.Repository.Keys.DataId(old));
        Assert.True(frame.Length < 100);
        string right = PutPack(Deltas((key, frame, changed.Length, prefix)), [Raw, .. frame]);
        Assert.False(Check().HasDamage);
        _builder.Test.Remove(right);

        foreach ((byte[] Frame, int Length) lie in ((byte[], int)[])[
            (frame, changed.Length - 1), (frame, Limits.BlobSizeMax), (frame[..^1], changed.Length), ([.. frame, 0], changed.Length), ([.. frame, .. frame], changed.Length),
            (Frame(new byte[64 << 20], old), changed.Length), (Frame(new byte[changed.Length], old), changed.Length), (Frame(changed, [.. old, 1]), changed.Length)])
        {
            AssertDamage(Deltas((key, lie.Frame, lie.Length, prefix)), [Raw, .. lie.Frame]);
        }
    }

    [Fact]
    public void Deltas_of_each_other_count_as_not_there()
    {
        byte[] one = new byte[5_000], two = new byte[5_001];
        BlobId first = _builder.Repository.Keys.DataId(one), second = _builder.Repository.Keys.DataId(two);
        byte[] of = Frame(one, two), back = Frame(two, one);
        PutPack(Deltas((new(first), of, one.Length, new(second)), (new(second), back, two.Length, new(first))), [Raw, .. of, .. back]);
        using Repository repository = _builder.OpenOn(_builder.Storage);
        using BlobReader blobs = new(repository);
        using Snapstore.Garbage.LiveBlobs live = new(repository);
        live.FindBases(repository.Index);
        foreach (BlobId id in (BlobId[])[first, second])
        {
            Assert.NotNull(repository.Index.FindPack(new BlobKey(id)));
            Assert.False(repository.Index.Contains(id));
            Assert.Throws<CorruptDataException>(() => blobs.Read(id, "test").Length);
            Assert.False(live.IsBase(id));
        }
    }

    public void Dispose() => _builder.Dispose();

    private static byte[] Frame(byte[] plain, byte[] prefix)
    {
        using ZstdCompressor compressor = new(CompressionLevel.Default);
        byte[] frame = new byte[ZstdCompressor.Bound(plain.Length)];
        return frame[..compressor.Compress(plain, prefix, frame)];
    }

    private static ByteWriter Deltas(params (BlobKey Key, byte[] Frame, int Length, BlobKey Base)[] deltas)
    {
        PackDirectory directory = new();
        BlobRecord[] blobs = [.. deltas.Select(delta => new BlobRecord(delta.Key.Padded(), delta.Frame.Length))];
        directory.Add(1 + blobs.Sum(blob => blob.Length) + Sealer.Overhead, blobs, [.. deltas.Select(delta => new DeltaRecord(delta.Base, delta.Length))]);
        ByteWriter record = new();
        directory.Encode(record);
        return record;
    }

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
