using Snapstore.Crypto;
using Snapstore.Tests.Formats;
using Snapstore.Tests.Spec;

namespace Snapstore.Tests.Crypto;

public sealed class SealerTests : IDisposable
{
    private const int SaltSize = 32, CommitmentSize = 32;

    private static readonly byte[] Context = Encoded(new SealContext(SealKind.Manifest, SpecValues.Repository, SpecValues.Session, 1));

    private readonly KeyRing _keys = SpecValues.NewKeys();

    public void Dispose() => _keys.Dispose();

    [Fact]
    public void Opens_what_was_sealed() => SeededValues.ForAll(values =>
    {
        byte[] plaintext = values.Bytes(5_000);
        byte[] context = values.Bytes(SealContext.Size);
        KeyPurpose purpose = (KeyPurpose)(1 + values.Int(8));
        byte[] message = new byte[plaintext.Length + Sealer.Overhead];
        Sealer.Seal(_keys, purpose, context, plaintext, message);
        byte[] opened = new byte[plaintext.Length];
        Assert.True(Sealer.TryOpen(_keys, purpose, context, message, opened));
        Assert.Equal(plaintext, opened);
    });

    [Fact]
    public void Detects_every_flipped_bit_of_message_and_context()
    {
        byte[] message = Seal("some words"u8);
        for (int bit = 0; bit < message.Length * 8; bit++)
        {
            message[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Opens(_keys, KeyPurpose.Content, Context, message));
            message[bit / 8] ^= (byte)(1 << (bit % 8));
        }

        for (int bit = 0; bit < Context.Length * 8; bit++)
        {
            byte[] other = [.. Context];
            other[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Opens(_keys, KeyPurpose.Content, other, message));
        }

        Assert.True(Opens(_keys, KeyPurpose.Content, Context, message));
    }

    [Fact]
    public void Detects_every_truncation()
    {
        byte[] message = Seal("some words"u8);
        for (int length = 0; length < message.Length; length++)
            Assert.False(Opens(_keys, KeyPurpose.Content, Context, message[..length]));
        Assert.False(Opens(_keys, KeyPurpose.Content, Context, [.. message, 0]));
    }

    [Fact]
    public void Opens_under_no_other_key()
    {
        byte[] message = Seal("some words"u8);
        foreach (KeyPurpose purpose in Enum.GetValues<KeyPurpose>())
            Assert.Equal(purpose == KeyPurpose.Content, Opens(_keys, purpose, Context, message));
        using KeyRing others = KeyRing.Generate();
        Assert.False(Opens(others, KeyPurpose.Content, Context, message));
    }

    [Theory]
    [InlineData(SealKind.Config)]
    [InlineData(SealKind.PackDirectory)]
    [InlineData(SealKind.Index)]
    [InlineData(SealKind.Manifest)]
    [InlineData(SealKind.Session)]
    [InlineData(SealKind.Label)]
    [InlineData(SealKind.KeyLabel)]
    [InlineData(SealKind.DataSegment)]
    [InlineData(SealKind.MetaSegment)]
    public void Opens_as_no_other_kind_repository_owner_number_or_hash(SealKind kind)
    {
        SealContext context = new(kind, SpecValues.Repository, SpecValues.Session, 1, SpecValues.Hash(1));
        byte[] message = new byte[Sealer.Overhead + 1];
        Sealer.Seal(_keys, context.Purpose, Encoded(context), [7], message);
        Assert.True(Opens(_keys, context.Purpose, Encoded(context), message));

        SealContext[] others =
        [
            context with { Repository = SpecValues.Parent },
            context with { Owner = SpecValues.Parent },
            context with { Number = 2 },
            context with { Before = SpecValues.Hash(2) },
            .. Enum.GetValues<SealKind>().Where(other => other != kind).Select(other => context with { Kind = other }),
        ];
        foreach (SealContext other in others)
        {
            Assert.False(Opens(_keys, context.Purpose, Encoded(other), message));
            Assert.False(Opens(_keys, other.Purpose, Encoded(other), message));
        }
    }

    [Fact]
    public void Compares_the_commitment_before_it_decrypts()
    {
        // AES-GCM clears its output when the tag is wrong: an untouched output shows that it did not run.
        byte[] message = Seal("some words"u8);
        byte[] output = [.. Enumerable.Repeat((byte)0xaa, message.Length - Sealer.Overhead)];
        message[SaltSize] ^= 1;
        Assert.False(Sealer.TryOpen(_keys, KeyPurpose.Content, Context, message, output));
        Assert.All(output, static value => Assert.Equal(0xaa, value));

        message[SaltSize] ^= 1;
        message[^1] ^= 1;
        Assert.False(Sealer.TryOpen(_keys, KeyPurpose.Content, Context, message, output));
        Assert.All(output, static value => Assert.Equal(0, value));
    }

    [Fact]
    public void Salts_commitments_and_ciphertexts_never_repeat()
    {
        const int Messages = 100_000;
        HashSet<UInt128> salts = new(Messages);
        HashSet<UInt128> commitments = new(Messages);
        HashSet<UInt128> ciphertexts = new(Messages);
        byte[] message = new byte[Sealer.Overhead + 16];
        for (int i = 0; i < Messages; i++)
        {
            Sealer.Seal(_keys, KeyPurpose.Data, Context, new byte[16], message);
            Assert.True(salts.Add(First(message)) && commitments.Add(First(message.AsSpan(SaltSize))));
            Assert.True(ciphertexts.Add(First(message.AsSpan(SaltSize + CommitmentSize))));
        }

        static UInt128 First(ReadOnlySpan<byte> bytes) => System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes);
    }

    [Fact]
    public void Never_repeats_a_salt_from_several_threads_and_key_rings()
    {
        System.Collections.Concurrent.ConcurrentDictionary<string, bool> salts = [];
        using KeyRing others = KeyRing.Generate();
        Parallel.For(0, 4_000, i =>
        {
            byte[] message = new byte[Sealer.Overhead];
            Sealer.Seal(i % 2 == 0 ? _keys : others, KeyPurpose.Data, Context, [], message);
            Assert.True(Opens(i % 2 == 0 ? _keys : others, KeyPurpose.Data, Context, message));
            Assert.True(salts.TryAdd(Convert.ToHexString(message, 0, SaltSize), true));
        });
    }

    [Fact]
    public void Contexts_of_different_lengths_are_different_contexts()
    {
        // The length before the context keeps its end apart from the salt.
        byte[] message = Seal("some words"u8);
        Assert.False(Opens(_keys, KeyPurpose.Content, [.. Context, message[0]], message));
        Assert.False(Opens(_keys, KeyPurpose.Content, Context[..^1], message));
    }

    private static byte[] Encoded(SealContext context)
    {
        byte[] bytes = new byte[SealContext.Size];
        context.Encode(bytes);
        return bytes;
    }

    private static bool Opens(KeyRing keys, KeyPurpose purpose, byte[] context, byte[] message) =>
        Sealer.TryOpen(keys, purpose, context, message, new byte[Math.Max(0, message.Length - Sealer.Overhead)]);

    private byte[] Seal(ReadOnlySpan<byte> plaintext)
    {
        byte[] message = new byte[plaintext.Length + Sealer.Overhead];
        Sealer.Seal(_keys, KeyPurpose.Content, Context, plaintext, message);
        return message;
    }
}
