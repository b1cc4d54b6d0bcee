using Snapstore.Crypto;
using Snapstore.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Formats;

public sealed class EnvelopeTests : IDisposable
{
    private static readonly SealContext Context = new(SealKind.Label, SpecValues.Repository, SpecValues.Session, 3);

    private readonly KeyRing _keys = SpecValues.NewKeys();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Opens_what_was_sealed() => SeededValues.ForAll(values =>
    {
        byte[] record = values.Bytes(2_000);
        long length = values.Int(3_000);
        byte[] envelope = Envelope.Seal(_keys, Context, record, length);
        Assert.Equal(record, Envelope.Open(_keys, Context, envelope, "object"));
        long sizeMin = Envelope.Overhead + Padding.FramedLength(record.Length);
        Assert.Equal(length >= sizeMin ? length : Envelope.Overhead + Padding.Padme(Padding.FramedLength(record.Length)), envelope.Length);
    });

    [Fact]
    public void Records_of_similar_size_look_the_same() => Assert.Equal(
        Envelope.Seal(_keys, Context, new byte[10]).Length, Envelope.Seal(_keys, Context, new byte[500]).Length);

    [Fact]
    public void Detects_every_flipped_bit()
    {
        byte[] envelope = Envelope.Seal(_keys, Context, "hello"u8);
        for (int bit = 0; bit < envelope.Length * 8; bit++)
        {
            envelope[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.ThrowsAny<SnapstoreException>(() => Envelope.Open(_keys, Context, envelope, "object"));
            envelope[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Detects_every_truncation_and_what_is_added()
    {
        byte[] envelope = Envelope.Seal(_keys, Context, "hello"u8);
        for (int length = 0; length < envelope.Length; length++)
            Assert.Throws<CorruptDataException>(() => Envelope.Open(_keys, Context, envelope.AsSpan(0, length), "object"));
        Assert.Throws<CorruptDataException>(() => Envelope.Open(_keys, Context, [.. envelope, 0], "object"));
        Assert.Throws<CorruptDataException>(() => Envelope.Open(_keys, Context, [0, .. envelope], "object"));
    }

    [Fact]
    public void Opens_under_no_other_name_repository_or_kind()
    {
        byte[] envelope = Envelope.Seal(_keys, Context, "hello"u8);
        SealContext[] others =
        [
            Context with { Repository = SpecValues.Parent },
            Context with { Owner = SpecValues.Parent },
            Context with { Owner = default },
            Context with { Number = 4 },
            Context with { Number = 0 },
            Context with { Before = SpecValues.Hash(1) },
            Context with { Kind = SealKind.Manifest },
            Context with { Kind = SealKind.KeyLabel },
            Context with { Kind = SealKind.Index },
        ];
        foreach (SealContext other in others)
            Assert.Throws<CorruptDataException>(() => Envelope.Open(_keys, other, envelope, "object"));
    }

    [Fact]
    public void A_kind_that_was_changed_in_the_header_does_not_open_either()
    {
        byte[] envelope = Envelope.Seal(_keys, Context, "hello"u8);
        envelope[5] = (byte)SealKind.Manifest;
        Assert.Throws<CorruptDataException>(() => Envelope.Open(_keys, Context with { Kind = SealKind.Manifest }, envelope, "object"));
    }

    [Theory]
    [InlineData(4, "version 2")]
    [InlineData(6, "method 2")]
    [InlineData(7, "flags 2")]
    [InlineData(8, "key epoch 2")]
    public void Refuses_by_name_what_a_later_program_wrote(int offset, string named)
    {
        byte[] envelope = Envelope.Seal(_keys, Context, "hello"u8);
        envelope[offset] = 2;
        UnsupportedException refusal = Assert.Throws<UnsupportedException>(() => Envelope.Open(_keys, Context, envelope, "snapshots/7"));
        Assert.Contains(named, refusal.Message, StringComparison.Ordinal);
        Assert.Contains("snapshots/7", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Refuses_padding_that_is_not_zero_though_it_is_authentic()
    {
        byte[] bound = new byte[SealContext.Size];
        Context.Encode(bound);
        byte[] header = Envelope.Seal(_keys, Context, [])[..12];
        byte[] message = new byte[10 + Sealer.Overhead];
        Sealer.Seal(_keys, KeyPurpose.Content, bound, [1, 7, 0, 0, 0, 0, 0, 0, 0, 1], message);
        Assert.Throws<CorruptDataException>(() => Envelope.Open(_keys, Context, [.. header, .. message], "object"));
    }

    [Fact]
    public void Gives_a_value_or_an_error_for_any_bytes() => SeededValues.ForAll(values =>
    {
        byte[] bytes = values.Bytes(300);
        "SNPE"u8.CopyTo(bytes.Length >= 4 ? bytes : new byte[4]);
        AnyBytes.Give(sealedBytes => Envelope.Open(_keys, Context, sealedBytes, "object"), bytes);
    });
}
